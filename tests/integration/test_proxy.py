"""Calls that leave by a company's proxy."""

import json
import subprocess
from urllib.parse import urlsplit

import pytest

from conftest import make_site
from support.client import Client
from support.process import environment, program
from support.proxy import Network

pytestmark = pytest.mark.anyio
KAIWA = program("KAIWA", "build/kaiwa", "build/dev/bin/kaiwa")
HOST = "services.far.test"


@pytest.fixture
def network(moto, models, tmp_path):
    made = Network(tmp_path, HOST, urlsplit(moto.url).port, urlsplit(models.url).port)
    yield made
    made.close()


def by_proxy(network, moto, password: str = "p@ss") -> dict[str, str]:
    return moto.env | {"KAIWA_SERVER__OUTBOUND_PROXY": "environment", "HTTPS_PROXY": network.url(password),
                       "HTTP_PROXY": network.url(password), "AWS_ENDPOINT_URL": f"https://{HOST}",
                       "AWS_CA_BUNDLE": str(network.certificate)}


def check(env: dict[str, str], folder) -> str:
    done = subprocess.run([KAIWA, "check", "aws"], capture_output=True, text=True, timeout=60, cwd=folder,
                          env=environment(env))
    assert "p@ss" not in done.stdout + done.stderr and "p%40ss" not in done.stdout + done.stderr
    return done.stdout


async def test_aws_and_models_are_reached_by_the_proxy_alone(network, moto, models, tmp_path):
    moto.client("secretsmanager").create_secret(Name="by-proxy", SecretString="key-by-proxy")
    providers = [{"name": "far", "kind": "openai", "base_url": f"http://{HOST}/v1", "api_key": "secret:aws-secret:by-proxy"}]
    site = make_site(tmp_path, None, by_proxy(network, moto) | {"KAIWA_PROVIDERS": json.dumps(providers)})
    try:
        async with Client(site.kaiwa.url, key=site.keys["ann"]) as ann:
            turn = await ann.ask(await ann.new_thread(settings={"model": "far/fixed;text=far away"}), "hi")
            events = await ann.sse(turn.generation)
            assert events[-1].type == "done", (events[-1].data, network.asked)
        assert models.requests("fixed;text=far away")[-1]["headers"]["authorization"] == "Bearer key-by-proxy"
        assert f"CONNECT {HOST}:443 HTTP/1.1" in network.asked
        assert any(line.split(" ")[1].startswith(f"http://{HOST}/v1/") for line in network.asked)
        assert "p%40ss" not in site.kaiwa.program.output()
    finally:
        site.kaiwa.close()


def test_check_aws_says_where_the_way_ends(network, moto, tmp_path):
    assert "ok    identity" in check(by_proxy(network, moto), tmp_path)
    assert "wants a user name and a password (407)" in check(by_proxy(network, moto, "wrong"), tmp_path)
    untrusted = {name: value for name, value in by_proxy(network, moto).items() if name != "AWS_CA_BUNDLE"}
    assert "TLS with services.far.test failed" in check(untrusted, tmp_path)
    elsewhere = by_proxy(network, moto) | {"AWS_ENDPOINT_URL": "https://other.far.test"}
    assert "lets nobody through to other.far.test:443: it answered 403" in check(elsewhere, tmp_path)
    asked = len(network.asked)
    direct = check(by_proxy(network, moto) | {"NO_PROXY": "far.test"}, tmp_path)
    not_asked_for = check(by_proxy(network, moto) | {"KAIWA_SERVER__OUTBOUND_PROXY": "none"}, tmp_path)
    assert "fails identity" in direct and "fails identity" in not_asked_for
    assert len(network.asked) == asked


def test_a_proxy_that_cannot_be_stops_the_start(network, moto, tmp_path):
    wrong = by_proxy(network, moto) | {"HTTPS_PROXY": "socks5://ann:p%40ss@proxy:1080"}
    done = subprocess.run([KAIWA, "check", "aws"], capture_output=True, text=True, timeout=60, cwd=tmp_path, env=environment(wrong))
    assert done.returncode == 2
    assert done.stderr == "kaiwa: HTTPS_PROXY: expected http://[user:password@]host[:port]\n"
