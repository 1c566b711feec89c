"""Other systems' shapes by a function: answers in parts, and events that are no requests."""

import json
import time

import pytest

from support.function import start
from support.runtime_api import RuntimeApi, http_event

SLOW = {"KAIWA_COMPAT__ENDPOINTS": '["private-rag"]', "KAIWA_COMPAT__PRINCIPAL": "anonymous", "KAIWA_COMPAT__ANSWER_WITHIN": "1s"}


@pytest.mark.parametrize("streamed", [False, True])
def test_an_answer_that_takes_long_is_202_in_time_and_can_be_continued(tmp_path, models, streamed):
    api = RuntimeApi("allowed")
    provider = [{"name": "local", "kind": "openai", "base_url": f"{models.url}/v1", "api_key": "model-key-canary"}]
    env = SLOW | {"KAIWA_PROVIDERS": json.dumps(provider), "KAIWA_CHAT__DEFAULT_MODEL": "local/stream;tokens=60;rate=25",
                  "AWS_ENDPOINT_URL_LAMBDA": f"http://{api.address}"}
    function = start(tmp_path, api, env | ({"KAIWA_LAMBDA__RESPONSE": "stream"} if streamed else {}))
    assert api.invoke(http_event("GET", "/readyz")).status == 200
    first = api.invoke(http_event("POST", "/", {"message": "hello", "session_id": "mine"}))
    assert first.status == 202 and first.took < 2
    rest = json.loads(first.content)["continue"]
    deadline = time.monotonic() + 20
    while (answer := api.invoke(http_event("POST", "/", {"continue": rest}))).status == 202:
        assert time.monotonic() < deadline
    assert answer.status == 200 and json.loads(answer.content)["response"].startswith("word ")
    assert json.loads(answer.content)["session_id"] == "mine"
    # An anonymous exchange under a session id that Kaiwa did not issue is deleted once it was given.
    assert api.invoke(http_event("POST", "/", {"continue": rest})).status == 404
    function.close()
    api.close()


DIALECTS = {"KAIWA_COMPAT__ENDPOINTS": '["lambda-url", "gptgram"]'}


@pytest.mark.parametrize("function", [{"env": DIALECTS}], indirect=True)
def test_direct_events_are_answered_as_the_functions_before_did(function):
    first = function.api.invoke({"input_text": "こんにちは"}).json
    assert set(first) == {"session_id", "output_text"} and first["output_text"] == "こんにちは"
    again = function.api.invoke({"input_text": "not this", "queryStringParameters": {
        "input_text": "またね", "session_id": first["session_id"]}}).json
    assert again == {"session_id": first["session_id"], "output_text": "またね"}
    role = function.api.invoke({"action": "addOrUpdate", "role": "先生"}).json
    assert role["statusCode"] == 200 and role["headers"]["Content-Type"] == "application/json"
    assert "先生" in function.api.invoke({"action": "get"}).json["body"]


@pytest.mark.parametrize("function", [{"env": DIALECTS}], indirect=True)
def test_what_cannot_be_read_is_refused_as_its_dialect_refuses(function):
    """A browser sees no answer of another origin that lacks these fields, only that there was none."""
    broken = {"body": "%%%"}  # no base64
    for path in ("/", "/main"):
        refused = function.api.invoke(http_event("POST", path, {"message": "x"}) | broken)
        fields = {name.lower(): value for name, value in refused.json["headers"].items()}
        assert refused.status == 400 and fields["access-control-allow-origin"] == "*", refused
        assert "code" not in json.loads(refused.content), "in the dialect's words"
    for event in (http_event("POST", "/api/threads", {}) | broken, http_event("POST", "/%00", {})):
        refused = function.api.invoke(event)
        assert refused.status == 400 and json.loads(refused.content)["code"] == "invalid_request"
        assert "access-control-allow-origin" not in {name.lower() for name in refused.json["headers"]}


def test_a_direct_event_that_a_functions_time_cuts_off_has_its_text(tmp_path, models):
    api = RuntimeApi("refused")
    provider = [{"name": "local", "kind": "openai", "base_url": f"{models.url}/v1", "api_key": "model-key-canary"}]
    function = start(tmp_path, api, DIALECTS | {
        "KAIWA_PROVIDERS": json.dumps(provider), "KAIWA_CHAT__DEFAULT_MODEL": "local/stream;tokens=2000;rate=50"})
    try:
        said = api.invoke({"input_text": "long"}, seconds=10).json
        assert said["finish"] == "interrupted" and said["output_text"].startswith("word word"), said
    finally:
        function.close()
        api.close()


def test_a_direct_event_of_no_dialect_is_an_error_that_says_so(function):
    for event in ({"input_text": "hello"}, {"something": "else"}, {}):
        refused = function.api.invoke(event)
        assert refused.kind == "error" and "compat.endpoints" in refused.json["errorMessage"], refused
