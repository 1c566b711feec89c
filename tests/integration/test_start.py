"""The first minutes of a new server."""

import contextlib
import http.server
import re
import threading
import time

import anyio
import httpx
import pytest

from support.client import Client, Refused
from support.servers import ADMIN, Kaiwa

pytestmark = pytest.mark.anyio


async def test_the_first_administrator_is_whoever_holds_the_link(tmp_path):
    kaiwa = Kaiwa(tmp_path, None)
    try:
        link = kaiwa.program.wait_for(r"/setup#token=(\S+)")
        async with Client(kaiwa.url) as client:
            assert await client.ok("GET", "/api/setup") == {"needed": True}
            wanted = {"token": "x" * 43, "username": "root", "password": "a good long password", "name": "Root"}
            with pytest.raises(Refused) as wrong:
                await client.ok("POST", "/api/setup", wanted)
            assert (wrong.value.status, wrong.value.code) == (403, "wrong_setup_token")
            assert await client.ok("GET", "/api/setup") == {"needed": True}

            foreign = await client.call("POST", "/api/setup", wanted | {"token": link[1]}, headers={"origin": "http://evil.example"})
            assert (foreign.status_code, foreign.json()["code"]) == (403, "bad_origin")

            made = await client.ok("POST", "/api/setup", wanted | {"token": link[1]})
            assert made["user"]["role"] == "administrator" and made["user"]["name"] == "Root"
            assert (await client.ok("GET", "/api/session")) == made
            assert await client.ok("GET", "/api/setup") == {"needed": False}
            with pytest.raises(Refused) as again:
                await client.ok("POST", "/api/setup", wanted | {"token": link[1], "username": "other"})
            assert (again.value.status, again.value.code) == (409, "setup_done")

            config = await client.ok("GET", "/api/config")
            assert config["model_connected"] is False and config["uploads"]["max_files"] == 20

            assert kaiwa.stop() == 0
            kaiwa.start()
            assert (await client.ok("GET", "/api/session")) == made, "the session outlives a restart"
        time.sleep(0.2)
        assert "#token=" not in kaiwa.program.output(), "no second link once there is an administrator"
    finally:
        kaiwa.close()


def test_the_administrator_of_the_environment_can_sign_in(tmp_path):
    kaiwa = Kaiwa(tmp_path, None, {"ADMIN_USERNAME": "boss", "ADMIN_PASSWORD": "a good long password"})
    try:
        deadline = time.monotonic() + 5
        body = {"username": "boss", "password": "a good long password"}
        while (answer := httpx.post(f"{kaiwa.url}/api/session", json=body, trust_env=False)).status_code != 200:
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.2)
        assert answer.json()["user"]["role"] == "administrator"
        assert "a good long password" not in kaiwa.log.read_text()
    finally:
        kaiwa.close()


class LlamaCpp(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.path == "/v1/models"
        body = b'{"data":[{"id":"tiny","owned_by":"llamacpp"}]}' if known else b"{}"
        self.send_response(200 if known else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def listen_at_a_usual_port() -> http.server.HTTPServer:
    for port in (8081, 1234, 8000):
        with contextlib.suppress(OSError):
            return http.server.ThreadingHTTPServer(("127.0.0.1", port), LlamaCpp)
    pytest.skip("all the usual ports of model servers are taken")


@pytest.mark.parametrize("looks", ["true", "false"])
async def test_a_model_server_of_this_machine_is_found_unless_nobody_looks(tmp_path, looks):
    with listen_at_a_usual_port() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        kaiwa = Kaiwa(tmp_path, None, {"KAIWA_SERVER__FIND_LOCAL_MODELS": looks})
        try:
            async with Client(kaiwa.url, kaiwa.run("key", "add", "ann").strip()) as ann:
                deadline = time.monotonic() + (8 if looks == "true" else 2)
                found = False
                while not found and time.monotonic() < deadline:
                    found = any(model["name"] == "tiny" for model in (await ann.ok("GET", "/api/models"))["items"])
                    await anyio.sleep(0.1)
                assert found == (looks == "true")
        finally:
            kaiwa.close()
            server.shutdown()


def test_watching_without_a_page_shows_the_one_in_the_program(tmp_path):
    kaiwa = Kaiwa(tmp_path, None, options=("-w",))
    try:
        assert "<html" in httpx.get(kaiwa.url, trust_env=False).text
        assert "no_page_to_watch" in kaiwa.log.read_text()
    finally:
        kaiwa.close()


def test_health_and_the_page_need_nobody(site):
    url = site.kaiwa.url
    for path, host in (("/healthz", "anything.example"), ("/readyz", "anything.example"), ("/", "anything.example")):
        assert httpx.get(url + path, headers={"host": host}, trust_env=False).status_code == 200, path
    metrics = httpx.get(url + "/metrics", trust_env=False)
    assert metrics.status_code == 200
    assert re.search(r"^kaiwa_requests_answered_total \d+$", metrics.text, re.M), metrics.text
    assert httpx.get(url + "/metrics", headers={"host": "evil.example"}, trust_env=False).status_code == 421
    for name, status in ((ADMIN[0], 200), ("ann", 403)):  # as a collector in a container's network calls
        headers = {"host": "kaiwa:8080", "authorization": f"Bearer {site.keys[name]}"}
        assert httpx.get(url + "/metrics", headers=headers, trust_env=False).status_code == status, name
    # Whoever comes through a proxy does not sit at this machine.
    forwarded = httpx.get(url + "/metrics", headers={"x-forwarded-for": "127.0.0.1"}, trust_env=False)
    assert forwarded.status_code in (401, 421), forwarded.text
