"""The same function under AWS's runtime interface emulator (buffered) and cargo-lambda's (streaming)."""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from support.client import check_sequence, new_id, parse_frames, text_of
from support.function import ENV
from support.process import ROOT, environment, program
from support.runtime_api import Function, http_event

EMULATORS = ROOT / "build/tools/lambda/bin"


def make_key(folder: Path) -> dict[str, str]:
    """The credential of somebody who may use the data in `folder`."""
    command = [program("KAIWA", "build/kaiwa", "build/dev/bin/kaiwa"), "key", "add", new_id(), "--data", str(folder / "data")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder, env=environment()).stdout
    return {"authorization": "Bearer " + next(word for word in printed.split() if word.startswith("kw_"))}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 15
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, f"nothing listens on {port}"
            time.sleep(0.01)


class Rie:
    """AWS's emulator, which starts the function itself. One call at a time: a second one ends it."""

    def __init__(self, folder: Path, env: dict[str, str], seconds: int):
        self.folder = folder
        self.port = free_port()
        command = [str(EMULATORS / "aws-lambda-rie-x86_64"),
                   "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}",
                   "--runtime-api-address", f"127.0.0.1:{free_port()}",
                   program("KAIWA", "build/kaiwa", "build/dev/bin/kaiwa")]
        names = {"AWS_LAMBDA_FUNCTION_NAME": "kaiwa", "AWS_LAMBDA_FUNCTION_TIMEOUT": str(seconds)}
        self.log = folder / "rie.log"
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder, start_new_session=True,
                                            env=environment(env | names | {"KAIWA_DATA": str(folder / "data")}))
        wait_for(self.port)

    def invoke(self, event: dict) -> dict:
        url = f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations"
        answer = httpx.post(url, json=event, timeout=60, trust_env=False)
        assert answer.status_code == 200, (answer.status_code, answer.text, self.log.read_text()[-2000:])
        return answer.json()

    def close(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def rie(tmp_path):
    made = Rie(tmp_path, ENV, 30)
    yield made
    made.close()


def test_a_turn_under_awss_own_emulator(rie):
    assert rie.invoke(http_event("GET", "/readyz"))["statusCode"] == 200
    key = make_key(rie.folder)
    thread = json.loads(rie.invoke(http_event("POST", "/api/threads", {}, key))["body"])["id"]
    body = {"message": {"id": new_id(), "text": "こんにちは"}}
    answer = rie.invoke(http_event("POST", f"/api/threads/{thread}/turns", body, key | {"accept": "text/event-stream"}))
    events, rest = parse_frames(answer["body"].encode())
    check_sequence(events)
    assert rest == b"" and text_of(events) == "こんにちは" and events[-1].type == "done"
    # 202: there is no other invocation to run it, so the answer is there when the request ends.
    body = {"message": {"id": new_id(), "text": "again"}}
    assert rie.invoke(http_event("POST", f"/api/threads/{thread}/turns", body, key))["statusCode"] == 202
    items = json.loads(rie.invoke(http_event("GET", f"/api/threads/{thread}/messages", None, key))["body"])["items"]
    assert [(m["text"], m["state"]) for m in items] == [("こんにちは", "complete")] * 2 + [("again", "complete")] * 2
    error = rie.invoke({"kaiwa": "run", "generation": new_id()})
    assert error["errorType"] == "Kaiwa.NotFound"


def test_the_emulators_timeout_never_cuts_a_turn(tmp_path, models):
    provider = [{"name": "local", "kind": "openai", "base_url": f"{models.url}/v1", "api_key": "model-key-canary"}]
    rie = Rie(tmp_path, ENV | {"KAIWA_PROVIDERS": json.dumps(provider), "KAIWA_CHAT__DEFAULT_MODEL": "local/echo"}, 3)
    try:
        assert rie.invoke(http_event("GET", "/readyz"))["statusCode"] == 200
        key = make_key(rie.folder)
        thread = json.loads(rie.invoke(http_event("POST", "/api/threads", {}, key))["body"])["id"]
        body = {"message": {"id": new_id(), "text": "x"}, "model": "local/stream;tokens=2000;rate=40"}
        answer = rie.invoke(http_event("POST", f"/api/threads/{thread}/turns", body, key | {"accept": "text/event-stream"}))
        events, _ = parse_frames(answer["body"].encode())
        check_sequence(events)
        assert events[-1].type == "interrupted" and events[-1].data["reason"] == "deadline" and text_of(events)
    finally:
        rie.close()


def test_whoever_signed_is_the_principal(tmp_path, models):
    provider = [{"name": "local", "kind": "openai", "base_url": f"{models.url}/v1", "api_key": "model-key-canary"}]
    env = {"KAIWA_PROVIDERS": json.dumps(provider), "KAIWA_CHAT__DEFAULT_MODEL": "local/echo",
           "KAIWA_COMPAT__ENDPOINTS": '["lambda-url", "simplechat", "gptgram", "private-rag"]', "KAIWA_COMPAT__PRINCIPAL": "iam"}
    rie = Rie(tmp_path, ENV | env, 30)
    hana, taro = (f"arn:aws:sts::123456789012:assumed-role/chat/{name}" for name in ("hana", "taro"))
    asked = lambda: [message["content"] for message in json.loads(models.requests("echo")[-1]["body"])["messages"]]  # noqa: E731

    def ask(text: str, signer: str | None, **headers: str) -> tuple[int, dict]:
        answer = rie.invoke(http_event("GET", f"/?input_text={text}&session_id=s", None, headers, signer=signer))
        return answer["statusCode"], json.loads(answer["body"])

    try:
        assert ask("one", hana) == (200, {"session_id": "s", "output_text": "one"})
        assert ask("two", hana)[0] == 200 and [text for text in asked() if text in ("one", "two")] == ["one", "one", "two"]
        assert ask("three", taro)[0] == 200 and not {"one", "two"} & set(asked()), "a session is whose it is"
        # What nobody signed is nobody, whatever it says of itself.
        before = models.count("echo")
        for headers in ({}, {"authorization": "AWS4-HMAC-SHA256 Credential=AKIA/x"}, {"x-amzn-iam-user-arn": hana}):
            assert ask("four", None, **headers) == (403, {"Message": "Forbidden"})
        key = make_key(tmp_path)
        assert ask("four", None, **key)[0] == 403, "a key is no signature"
        for path, names in (("/chat", {"success", "error", "message"}), ("/main", {"message"}), ("/", {"error", "details"})):
            refused = rie.invoke(http_event("POST", path, {"message": "x"}, key))
            assert (refused["statusCode"], set(json.loads(refused["body"]))) == (403, names)
        assert models.count("echo") == before
        for path in ("/chat", "/main", "/"):
            assert rie.invoke(http_event("POST", path, {"message": "x"}, signer=hana))["statusCode"] == 200
    finally:
        rie.close()


@pytest.fixture
def streaming(tmp_path, models):
    """cargo-lambda's emulator, with the function at its runtime API."""
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    (project / "Cargo.toml").write_text('[package]\nname = "chat"\nversion = "0.0.0"\nedition = "2021"\n')
    (project / "src/main.rs").write_text("fn main() {}\n")
    port = free_port()
    command = [str(EMULATORS / "cargo-lambda"), "lambda", "watch", "--only-lambda-apis", "-A", "127.0.0.1", "-P", str(port), "--disable-cors"]
    log = project / "watch.log"
    with log.open("ab") as output:
        watch = subprocess.Popen(command, cwd=project, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=environment())
    wait_for(port)
    provider = [{"name": "local", "kind": "openai", "base_url": f"{models.url}/v1", "api_key": "model-key-canary"}]
    env = {"KAIWA_PROVIDERS": json.dumps(provider), "KAIWA_CHAT__DEFAULT_MODEL": "local/echo", "KAIWA_LAMBDA__RESPONSE": "stream"}
    function = Function(tmp_path, f"http://127.0.0.1:{port}/.rt", ENV | env)
    yield SimpleNamespace(url=f"http://127.0.0.1:{port}/lambda-url/_", folder=tmp_path)
    function.close()
    watch.kill()
    watch.wait()


def test_a_turn_is_streamed_as_it_is_written(streaming):
    url = streaming.url
    with httpx.Client(timeout=60, trust_env=False) as client:
        page = client.get(f"{url}/")
        assert page.status_code == 200 and "text/html" in page.headers["content-type"] and "<script" in page.text
        key = make_key(streaming.folder)
        thread = client.post(f"{url}/api/threads", json={}, headers=key).json()["id"]
        body = {"message": {"id": new_id(), "text": "x"}, "model": "local/stream;tokens=40;rate=20"}
        began = time.monotonic()
        arrived = []
        content = b""
        with client.stream("POST", f"{url}/api/threads/{thread}/turns", json=body,
                           headers=key | {"accept": "text/event-stream"}) as answer:
            assert answer.status_code == 200 and answer.headers["content-type"] == "text/event-stream"
            for piece in answer.iter_raw():
                content += piece
                arrived.append(time.monotonic() - began)
        events, rest = parse_frames(content)
        check_sequence(events)
        assert rest == b"" and text_of(events) == "word " * 40
        assert arrived[0] < 1 and arrived[-1] - arrived[0] > 1, "it came as it was written"


        refused = client.get(f"{url}/api/threads")
        assert refused.status_code == 401 and refused.json()["code"] == "unauthenticated"
