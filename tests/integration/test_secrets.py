"""Secrets are where they belong and nowhere else."""

import http.server
import json
import threading

import httpx
import pytest

from conftest import make_site
from support.aws import free_port
from support.client import Client, new_id
from support.process import Program, program

pytestmark = pytest.mark.anyio
PROVIDER_KEY = "sk-canary-of-the-page-0123456789"
PROMPT = "canary-prompt-5b1f"


async def test_planted_secrets_show_nowhere(tmp_path, models):
    site = make_site(tmp_path, models, {"KAIWA_LOG__LEVEL": "debug"})
    kaiwa = site.kaiwa
    told: list[str] = []
    try:
        async with Client(kaiwa.url, key=site.keys["root"]) as root:
            provider = {"name": "page", "kind": "openai", "base_url": f"{models.url}/v1", "api_key": PROVIDER_KEY}
            told.append(json.dumps(await root.ok("POST", "/api/admin/providers", provider)))
            told.append((await root.call("PATCH", "/api/admin/providers/page", {"models": ["fixed*"]})).text)
            told.append((await root.call("GET", "/api/admin/providers")).text)
            bad = {"kind": "openai", "base_url": f"{models.url}/nothing", "api_key": PROVIDER_KEY}
            told.append((await root.call("POST", "/api/admin/providers/test", bad)).text)
            unreachable = bad | {"base_url": "http://127.0.0.1:1/v1"}
            told.append((await root.call("POST", "/api/admin/providers/test", unreachable)).text)
            thread = await root.new_thread()
            for model in ("fixed;status=401", "fixed;status=500", "echo", "echo;cut_head=20"):
                turn = await root.ask(thread, PROMPT, model)
                events = await root.sse(turn.generation)
                told += [json.dumps(event.data) for event in events if event.type == "failed"]
            body = {"message": {"id": new_id(), "text": PROMPT}, "model": "page/fixed;text=x"}
            ticket = await root.ok("POST", f"/api/threads/{thread}/turns", body)
            await root.sse(ticket["generation"])
            assert models.requests("fixed;text=x")[-1]["headers"]["authorization"] == f"Bearer {PROVIDER_KEY}"
            told.append((await root.call("POST", "/api/session", {"username": "ann", "password": site.password + "x"})).text)
            told.append((await root.call("PUT", "/api/session/password", {"current": site.password, "new": "x"})).text)
            told.append((await root.call("GET", "/metrics")).text)
            told.append((await root.call("GET", f"/api/generations/{PROMPT}/events?key={site.keys['ann']}")).text)
        async with httpx.AsyncClient(base_url=kaiwa.url, trust_env=False) as nobody:
            told.append((await nobody.get("/api/session", headers={"authorization": f"Bearer {site.keys['ann']}x"})).text)
        assert kaiwa.stop() == 0
    finally:
        kaiwa.close()

    tokens = [cookie.split("=")[1] for cookie in site.cookies.values()]
    secrets = [site.password, PROVIDER_KEY, "model-key-canary", *site.keys.values(), *tokens]
    log = kaiwa.log.read_text(errors="replace")
    for secret in [*secrets, PROMPT]:
        assert secret not in log, "a secret or a prompt is in the log"
        assert not any(secret in text for text in told), "a secret or a prompt is in an answer"
    stored = b"".join(p.read_bytes() for p in kaiwa.data.rglob("*") if p.is_file())
    assert PROMPT.encode() in stored, "the database was read"
    for secret in secrets:
        assert secret.encode() not in stored, "a secret is in the database as it is"
    assert kaiwa.data.stat().st_mode & 0o077 == 0, "others can look into the data folder"
    assert (kaiwa.data / "secret.key").stat().st_mode & 0o077 == 0


class Keeper(http.server.BaseHTTPRequestHandler):
    """Secrets Manager, as far as it holds one secret, and STS, as far as it knows one role."""
    SECRET = json.dumps({"Name": "seal", "SecretString": "s" * 40}).encode()
    ROLE = (b"<R><Credentials><AccessKeyId>AKIA</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>t</SessionToken>"
            b"<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></R>")

    def do_POST(self):
        asked = self.rfile.read(int(self.headers["content-length"]))
        body = self.ROLE if b"AssumeRoleWithWebIdentity" in asked else self.SECRET
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("identity", ["keys", "web identity"])
def test_the_start_waits_for_the_secret_that_opens_the_store(tmp_path, identity):
    port = free_port()
    (tmp_path / "token").write_text("web.identity.token")
    who = {"keys": {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x"},
           "web identity": {"AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"), "AWS_ROLE_ARN": "arn:aws:iam::1:role/pod"}}
    env = who[identity] | {"KAIWA_SECRET": "secret:aws-secret:seal", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
                           "AWS_REGION": "eu-west-1", "AWS_MAX_ATTEMPTS": "1"}
    command = [program("KAIWA", "build/kaiwa"), "serve", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data")]
    kaiwa = Program(command, tmp_path / "kaiwa.log", "secret_awaited", env)
    try:
        with http.server.ThreadingHTTPServer(("127.0.0.1", port), Keeper) as keeper:
            threading.Thread(target=keeper.serve_forever, daemon=True).start()
            kaiwa.wait_for("ready http", 30)
            keeper.shutdown()
        assert kaiwa.output().count("secret_awaited") == 1
    finally:
        kaiwa.kill()
