"""AWS as the program meets it: the secrets that it is told of."""

import os
import signal
import subprocess

import pytest

from conftest import make_site
from support.client import Client
from support.process import environment, program

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
            assert absent["state"] != "ready" and "secret:aws-secret:nowhere" in absent["reason"], absent

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
