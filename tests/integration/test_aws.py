"""AWS as the program meets it: the secrets that it is told of."""

import os
import signal
import subprocess

import pytest

from conftest import make_site
from support.client import Client
from support.process import environment, program
from support.servers import ADMIN, Kaiwa

pytestmark = pytest.mark.anyio
KAIWA = program("KAIWA", "build/kaiwa", "build/dev/bin/kaiwa")


async def test_a_providers_key_is_kept_by_secrets_manager(moto, models, tmp_path):
    manager = moto.client("secretsmanager")
    manager.create_secret(Name="prod/models", SecretString='{"key": "first-canary"}')
    moto.client("ssm").put_parameter(Name="/kaiwa/key", Value="parameter-canary", Type="SecureString")
    providers = ('[{"name":"local","kind":"openai","base_url":"%(url)s","api_key":"secret:aws-secret:prod/models#key"},'
                 '{"name":"other","kind":"openai","base_url":"%(url)s","api_key":"secret:aws-ssm:/kaiwa/key"},'
                 '{"name":"absent","kind":"openai","base_url":"%(url)s","models":["m"],"api_key":"secret:aws-secret:nowhere"}]'
                 % {"url": f"{models.url}/v1"})
    env = moto.env | {"KAIWA_PROVIDERS": providers}
    site = make_site(tmp_path, models, env)
    try:
        async with Client(site.kaiwa.url, key=site.keys["ann"]) as ann:

            async def key_for(provider: str, text: str) -> str:
                thread = await ann.new_thread(settings={"model": f"{provider}/fixed;text={text}"})
                turn = await ann.ask(thread, "hi")
                await ann.sse(turn.generation)
                return models.requests(f"fixed;text={text}")[-1]["headers"]["authorization"]

            assert await key_for("local", "one") == "Bearer first-canary"
            assert await key_for("other", "two") == "Bearer parameter-canary"
            listed = (await ann.call("GET", "/api/models")).json()["items"]
            absent = next(model for model in listed if model["id"] == "absent/m")
            assert absent["state"] != "ready" and absent["reason"].endswith("the server's log says why"), absent
            async with Client(site.kaiwa.url, cookie=site.cookies[ADMIN[0]]) as root:
                [status] = [each for each in (await root.ok("GET", "/api/admin/providers"))["items"] if each["name"] == "absent"]
                assert "secret:aws-secret:nowhere" in status["reason"], status

            manager.put_secret_value(SecretId="prod/models", SecretString='{"key": "second-canary"}')
            os.kill(site.kaiwa.pid, signal.SIGHUP)
            site.kaiwa.program.wait_for("configuration_reloaded|configuration reloaded")
            assert await key_for("local", "three") == "Bearer second-canary"
        explained = subprocess.run([KAIWA, "config", "explain"], capture_output=True, text=True, cwd=tmp_path,
                                   env=environment(env)).stdout
        assert "secret:aws-secret:prod/models#key" in explained
        for canary in ("first-canary", "second-canary", "parameter-canary", moto.env["AWS_SECRET_ACCESS_KEY"]):
            assert canary not in explained
            assert canary not in site.kaiwa.program.output()
            for path in site.kaiwa.data.rglob("*"):
                assert not path.is_file() or canary.encode() not in path.read_bytes(), path
    finally:
        site.kaiwa.close()


async def test_what_seals_and_who_begins_are_kept_by_aws(moto, models, tmp_path):
    manager, parameters = moto.client("secretsmanager"), moto.client("ssm")
    manager.create_secret(Name="site", SecretString='{"seal": "sealing-canary-of-more-than-32-characters", "short": "x"}')
    parameters.put_parameter(Name="/site/password", Value="password-canary", Type="SecureString")
    env = moto.env | {"KAIWA_SECRET": "secret:aws-secret:site#seal", "ADMIN_USERNAME": "first",
                      "ADMIN_PASSWORD": "secret:aws-ssm:/site/password"}
    kaiwa = Kaiwa(tmp_path, models, env)
    try:
        kaiwa.program.wait_for("administrator_made|administrator made")
        async with Client(kaiwa.url) as first:
            await first.sign_in("first", "password-canary")
            provider = {"name": "page", "kind": "openai", "base_url": f"{models.url}/v1", "api_key": "page-canary"}
            await first.ok("POST", "/api/admin/providers", provider)
        assert "first" in kaiwa.run("user", "list")
        assert kaiwa.stop() == 0
        assert not (kaiwa.data / "secret.key").exists()
        # The same secret opens at the next start what it sealed; the password is asked for no more.
        parameters.delete_parameter(Name="/site/password")
        kaiwa.start()
        async with Client(kaiwa.url) as first:
            await first.sign_in("first", "password-canary")
            turn = await first.ask(await first.new_thread(settings={"model": "page/fixed;text=opened"}), "hi")
            await first.sse(turn.generation)
        assert models.requests("fixed;text=opened")[-1]["headers"]["authorization"] == "Bearer page-canary"
        explained = subprocess.run([KAIWA, "config", "explain"], capture_output=True, text=True, cwd=tmp_path,
                                   env=environment(env)).stdout
        assert '"secret:aws-secret:site#seal"' in explained
        everything = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
        for canary in ("sealing-canary", "password-canary", "page-canary"):
            assert canary not in explained
            assert not any(canary.encode() in text for text in everything)
        # It seals what moves to another store, too.
        assert kaiwa.stop() == 0
        kaiwa.env |= {"KAIWA_STORE__DYNAMODB__TABLE": "sealed", "KAIWA_STORE__DYNAMODB__USER_TABLE": "sealed-users",
                      "KAIWA_STORE__DYNAMODB__CREATE_TABLES": "true"}
        assert "1 providers" in kaiwa.run("migrate", "--from", "sqlite", "--to", "dynamodb")
        assert not (kaiwa.data / "secret.key").exists()
        kaiwa.env["KAIWA_STORE__KIND"] = "dynamodb"
        kaiwa.start()
        async with Client(kaiwa.url) as first:
            await first.sign_in("first", "password-canary")
            turn = await first.ask(await first.new_thread(settings={"model": "page/fixed;text=moved"}), "hi")
            await first.sse(turn.generation)
        assert models.requests("fixed;text=moved")[-1]["headers"]["authorization"] == "Bearer page-canary"
    finally:
        kaiwa.close()


@pytest.mark.parametrize("reference, words", [
    ("secret:aws-secret:site-of-nobody", "ResourceNotFoundException"),
    ("secret:aws-secret:short#short", "fewer than 32 characters"),
    ("secret:aws-secret:short#absent", 'no JSON with a text "absent"'),
    ("secret:aws-secret:", "expected secret:aws-secret:NAME"),
])
def test_a_sealing_secret_that_cannot_be_had_stops_the_start(moto, tmp_path, reference, words):
    manager = moto.client("secretsmanager")
    if not manager.list_secrets(Filters=[{"Key": "name", "Values": ["short"]}])["SecretList"]:
        manager.create_secret(Name="short", SecretString='{"short": "canary"}')
    done = subprocess.run([KAIWA, "serve", "--listen", "127.0.0.1:0"], capture_output=True, text=True, cwd=tmp_path, timeout=30,
                          env=environment(moto.env | {"KAIWA_SECRET": reference}))
    assert done.returncode in (1, 2) and words in done.stderr, done
    assert "KAIWA_SECRET" in done.stderr or "secret:" in done.stderr
    assert "canary" not in done.stderr and len(done.stderr.strip().splitlines()) == 1
