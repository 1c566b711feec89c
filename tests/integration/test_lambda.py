"""Kaiwa as a Lambda function, against a Runtime API that forgives nothing."""

import base64
import json
import time

import pytest

from conftest import PASSWORD
from support.client import check_sequence, new_id, parse_frames, text_of
from support.function import Person, start
from support.runtime_api import RuntimeApi, http_event

STREAMED = pytest.param({"env": {"KAIWA_LAMBDA__RESPONSE": "stream"}}, id="streamed")
BOTH = pytest.mark.parametrize("function", [pytest.param({}, id="buffered"), STREAMED], indirect=True)


@BOTH
def test_a_turn_end_to_end(function):
    person = Person(function)
    thread = person.thread()
    answer = person.turn(thread, "こんにちは、世界", stream=True)
    assert answer.status == 200 and not answer.trailers
    events, rest = parse_frames(answer.content)
    check_sequence(events)
    assert rest == b"" and text_of(events) == "こんにちは、世界" and events[-1].type == "done"
    question, reply = person.messages(thread)
    assert (question["text"], reply["text"], reply["state"]) == ("こんにちは、世界", "こんにちは、世界", "complete")
    # Everything can be read again by another invocation.
    again = person.call("GET", f"/api/generations/{reply['generation']}/events", headers={"accept": "text/event-stream"})
    assert again.content == answer.content


@BOTH
def test_the_page_and_the_problems_are_those_of_the_server(function):
    page = function.api.invoke(http_event("GET", "/", headers={"accept-encoding": "br"}))
    assert page.status == 200 and page.content
    head = page.prelude if page.kind == "stream" else page.json
    assert "text/html" in head["headers"]["content-type"] and head["headers"]["content-encoding"] == "br"
    refused = function.api.invoke(http_event("GET", "/api/threads"))
    assert refused.status == 401
    problem = json.loads(refused.content)
    assert problem["code"] == "unauthenticated" and problem["request_id"]
    assert function.api.invoke(http_event("GET", "/api/nothing")).status == 404
    assert function.api.invoke(http_event("HEAD", "/")).content == b""
    assert function.api.invoke(http_event("PATCH", "/api/session")).status == 405
    assert function.api.invoke(http_event("GET", "/%00")).status == 400


def test_nothing_is_written_or_called_before_the_first_event(tmp_path):
    api = RuntimeApi()
    function = start(tmp_path, api)
    api.wait_until_asked()
    assert not (tmp_path / "data").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["function.log"]
    assert api.invoke(http_event("GET", "/healthz")).status == 200
    assert (tmp_path / "data").exists()
    function.close()
    api.close()


@pytest.mark.parametrize("env, said", [
    ({"KAIWA_LIMITS__TURNS_PER_USER": "many"}, "turns_per_user"),
    ({"KAIWA_DATA": ""}, "store.kind"),
])
def test_a_wrong_configuration_is_an_error_of_the_start(tmp_path, env, said):
    api = RuntimeApi()
    function = start(tmp_path, api, env)
    assert function.process.wait(15) == 2
    assert api.init_error["errorType"] == "Kaiwa.WrongConfiguration" and said in api.init_error["errorMessage"]
    assert not api.nexts
    api.close()


def test_websockets_say_what_to_use_instead(function):
    person = Person(function)
    answer = person.call("GET", "/api/ws", headers={"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
                                                   "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="})
    assert answer.status == 501
    assert "/api/generations/{id}/events" in json.loads(answer.content)["detail"]


@BOTH
def test_a_turn_whose_time_runs_out_keeps_what_it_has(function, models):
    function.program.close()
    provider = [{"name": "local", "kind": "openai", "base_url": f"{models.url}/v1", "api_key": "model-key-canary"}]
    env = {"KAIWA_PROVIDERS": json.dumps(provider), "KAIWA_CHAT__DEFAULT_MODEL": "local/echo"}
    env |= {name: value for name, value in function.program.env.items() if name == "KAIWA_LAMBDA__RESPONSE"}
    # A function that was killed left an event unanswered: begin with an API of its own.
    api = RuntimeApi()
    slow = start(function.folder, api, env)
    person = Person(slow, api)
    thread = person.thread()
    answer = person.turn(thread, "hello", "local/stream;tokens=2000;rate=50", stream=True, seconds=3)
    events, rest = parse_frames(answer.content)
    check_sequence(events)
    assert rest == b"" and events[-1].type == "interrupted" and events[-1].data["reason"] == "deadline"
    text = text_of(events)
    assert text.startswith("word ") and events[-1].data["length"] == len(text)
    assert 2 < answer.took < 3
    reply = person.messages(thread)[1]
    assert (reply["state"], reply["text"]) == ("interrupted", text)
    # What only waits is ended in time too, by an answer that can be gone on with.
    waited = person.call("GET", f"/api/generations/{reply['generation']}/events?wait=20&after={events[-1].n}",
                         headers={"accept": "application/json"}, seconds=2)
    assert waited.status in (200, 204)
    slow.close()
    api.close()


def test_where_it_may_not_invoke_itself_the_answer_comes_at_the_end(function):
    person = Person(function)
    thread = person.thread()
    answer = person.turn(thread, "hello")
    assert answer.status == 202
    ticket = json.loads(answer.content)
    reply = person.messages(thread)[1]
    assert (reply["id"], reply["state"], reply["text"]) == (ticket["reply"], "complete", "hello")


@pytest.mark.parametrize("function", [{"invoke": "allowed"}], indirect=True)
def test_a_turn_that_nobody_reads_along_runs_in_an_invocation_of_its_own(function):
    person = Person(function)
    thread = person.thread()
    body = {"message": {"id": new_id(), "text": "hello"}}
    answer = person.call("POST", f"/api/threads/{thread}/turns", body)
    assert answer.status == 202
    ticket = json.loads(answer.content)
    assert [i["event"] for i in function.api.invoked] == [{"kaiwa": "run", "generation": ticket["generation"]}]
    assert "kaiwa%3Alive" in function.api.invoked[0]["target"]
    events = []
    deadline = time.monotonic() + 10
    while not events or events[-1].type != "done":
        assert time.monotonic() < deadline
        events = parse_frames(person.call("GET", f"/api/generations/{ticket['generation']}/events",
                                          headers={"accept": "text/event-stream"}, seconds=5).content)[0]
    check_sequence(events)
    assert text_of(events) == "hello" and person.messages(thread)[1]["state"] == "complete"
    # The event may come twice, and the request be repeated: it is one run.
    again = function.api.invoke({"kaiwa": "run", "generation": ticket["generation"]})
    assert again.kind == "response"
    assert json.loads(person.call("POST", f"/api/threads/{thread}/turns", body).content) == ticket
    assert len(function.api.invoked) == 1 and len(person.messages(thread)) == 2


def test_an_event_that_runs_nothing_says_so(function):
    absent = function.api.invoke({"kaiwa": "run", "generation": new_id()})
    assert absent.kind == "error" and absent.json["errorType"] == "Kaiwa.NotFound"
    for event in (b"[]", b"{", {"kaiwa": "dance"}, {"requestContext": {"connectionId": "x", "eventType": "CONNECT"}},
                  {"hello": "world"}):
        refused = function.api.invoke(event)
        assert refused.kind == "error", event
    assert function.api.invoke(http_event("GET", "/healthz")).status == 200


def test_an_answer_over_six_megabytes_is_a_problem_and_streamed_it_is_whole(tmp_path):
    api = RuntimeApi()
    function = start(tmp_path, api)
    person = Person(function, api)
    event = http_event("POST", "/api/files?name=a.pdf", None, person.fields({"content-type": "application/pdf"}))
    content = bytes(range(256)) * 16_384  # 4.2 MB, 5.6 MB as base64
    event |= {"body": base64.b64encode(content).decode(), "isBase64Encoded": True}
    first = api.invoke(event)
    assert first.status == 201, first.body
    file = json.loads(first.content)["id"]
    whole = person.call("GET", f"/api/files/{file}")
    assert whole.status == 200 and whole.content == content

    # A thread of long answers is over the limit in one answer.
    thread = person.thread()
    long = "会" * 80_000
    for _ in range(14):
        person.turn(thread, long, stream=True)
    large = person.call("GET", f"/api/threads/{thread}/export?format=json")
    assert large.status == 413
    problem = json.loads(large.content)
    assert problem["code"] == "too_large" and "lambda.response" in problem["detail"]
    function.close()
    api.close()

    api = RuntimeApi()
    function = start(tmp_path, api, {"KAIWA_LAMBDA__RESPONSE": "stream"})
    person.api = api
    streamed = person.call("GET", f"/api/threads/{thread}/export?format=json")
    assert streamed.kind == "stream" and streamed.status == 200 and len(streamed.content) > 6 << 20
    assert len(json.loads(streamed.content)["messages"]) == 28
    # What is asked for page by page fits.
    page = json.loads(person.call("GET", f"/api/threads/{thread}/messages?limit=200").content)
    assert 2 << 20 < sum(len(item["text"].encode()) for item in page["items"]) < 3 << 20 and page["next"]
    function.close()
    api.close()


@BOTH
def test_an_answer_that_breaks_off_is_never_taken_for_a_whole_one(function):
    person = Person(function)
    content = bytes(range(256)) * 800
    event = http_event("POST", "/api/files?name=a.pdf", None, person.fields({"content-type": "application/pdf"}))
    event |= {"body": base64.b64encode(content).decode(), "isBase64Encoded": True}
    file = json.loads(function.api.invoke(event).content)["id"]
    assert person.call("GET", f"/api/files/{file}").content == content
    part = person.call("GET", f"/api/files/{file}", headers={"range": "bytes=150000-150099"})
    assert part.status == 206 and part.content == content[150_000:150_100]
    fields = (part.prelude if part.kind == "stream" else part.json)["headers"]
    assert fields["content-range"] == f"bytes 150000-150099/{len(content)}"
    (stored,) = (path for path in (function.folder / "data").rglob(f"*{file}*") if path.is_file())
    with stored.open("r+b") as opened:
        opened.truncate(150_000)

    answer = person.call("GET", f"/api/files/{file}")
    if answer.kind == "stream":
        # What is sent is sent; the trailers say that it is not all.
        assert answer.status == 200 and answer.content == content[:150_000]
        assert answer.trailers["lambda-runtime-function-error-type"] == "Kaiwa.AnswerBrokeOff"
        error = json.loads(base64.b64decode(answer.trailers["lambda-runtime-function-error-body"]))
        assert error == {"errorMessage": "the answer broke off; what was sent of it is not whole",
                         "errorType": "Kaiwa.AnswerBrokeOff", "stackTrace": []}
    else:
        assert answer.status == 500 and json.loads(answer.content)["code"] == "internal"
    lost = person.call("GET", f"/api/files/{file}", headers={"range": "bytes=150000-150099"})
    assert lost.status == 500 and json.loads(lost.content)["code"] == "internal"
    (said,) = function.program.lines("handler failed")
    assert said["what"] == f"file {file} has 150000 of its 204800 bytes"
    # The function goes on.
    assert function.api.invoke(http_event("GET", "/healthz")).status == 200


@pytest.mark.parametrize("function", [{"env": {"ADMIN_USERNAME": "root", "ADMIN_PASSWORD": PASSWORD}}], indirect=True)
def test_the_administrator_of_the_environment_can_sign_in_with_the_first_request(function):
    api = function.api
    answer = api.invoke(http_event("POST", "/api/session", {"username": "root", "password": PASSWORD}), 120)
    assert answer.status == 200, answer.body
    cookies = answer.json["cookies"]
    assert len(cookies) == 1 and "Secure" in cookies[0] and cookies[0].startswith("__Host-")
    own = {"origin": "https://abc.lambda-url.eu-west-1.on.aws"}
    shown = api.invoke(http_event("GET", "/api/session", None, {}, [cookies[0].split(";")[0]]))
    assert json.loads(shown.content)["user"]["role"] == "administrator"
    changed = api.invoke(http_event("POST", "/api/threads", {}, own, [cookies[0].split(";")[0]]))
    assert changed.status == 201
    foreign = api.invoke(http_event("POST", "/api/threads", {}, {"origin": "https://evil.example"}, [cookies[0].split(";")[0]]))
    assert foreign.status == 403


def test_a_function_keeps_everything_in_aws_and_finds_its_secrets_there(moto, tmp_path):
    moto.make_bucket("of-a-function")
    secrets = {"seal": "sealing-canary-of-more-than-32-characters", "password": "password-canary"}
    moto.client("secretsmanager").create_secret(Name="of-a-function", SecretString=json.dumps(secrets))
    api = RuntimeApi()
    function = start(tmp_path, api, moto.env | {
        "KAIWA_STORE__KIND": "dynamodb", "KAIWA_STORE__DYNAMODB__CREATE_TABLES": "true",
        "KAIWA_STORE__DYNAMODB__TABLE": "chats-of-a-function", "KAIWA_STORE__DYNAMODB__USER_TABLE": "users-of-a-function",
        "KAIWA_FILES__KIND": "s3", "KAIWA_FILES__S3__BUCKET": "of-a-function",
        "KAIWA_SECRET": "secret:aws-secret:of-a-function#seal", "ADMIN_USERNAME": "root",
        "ADMIN_PASSWORD": "secret:aws-secret:of-a-function#password"})
    try:
        answer = api.invoke(http_event("POST", "/api/session", {"username": "root", "password": "password-canary"}), 60)
        assert answer.status == 200, answer.body
        cookies = [answer.json["cookies"][0].split(";")[0]]
        own = {"origin": "https://abc.lambda-url.eu-west-1.on.aws"}
        made = api.invoke(http_event("POST", "/api/files?name=a.json", {"kept": "会話"}, own, cookies))
        assert made.status == 201, made.body
        file = json.loads(made.content)["id"]
        assert [item["Key"] for item in moto.client("s3").list_objects_v2(Bucket="of-a-function")["Contents"]] == [file]
        read = api.invoke(http_event("GET", f"/api/files/{file}", None, {}, cookies))
        assert json.loads(read.content) == {"kept": "会話"}
        assert "canary" not in function.log.read_text()
    finally:
        function.close()
        api.close()
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["function.log"]


def test_rest_apis_and_load_balancers_get_answers_in_their_shape(function):
    person = Person(function)
    rest = {
        "resource": "/{proxy+}", "path": "/api/session", "httpMethod": "DELETE", "headers": None,
        "multiValueHeaders": {"Host": ["h.execute-api.eu-west-1.amazonaws.com"], "Authorization": [f"Bearer {person.key}"]},
        "queryStringParameters": None, "multiValueQueryStringParameters": None, "pathParameters": None, "stageVariables": None,
        "requestContext": {"stage": "prod", "path": "/prod/api/session", "identity": {"sourceIp": "192.0.2.1", "userArn": None}},
        "body": None, "isBase64Encoded": False,
    }
    answer = function.api.invoke(rest)
    assert answer.status == 204 and answer.json["multiValueHeaders"]["set-cookie"][0].startswith("__Host-")
    assert "cookies" not in answer.json
    balancer = {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/k/1"}},
        "httpMethod": "GET", "path": "/readyz", "queryStringParameters": {}, "body": "", "isBase64Encoded": False,
        "headers": {"host": "lb.example", "user-agent": "ELB-HealthChecker/2.0", "x-forwarded-proto": "http", "x-forwarded-for": "192.0.2.1"},
    }
    answer = function.api.invoke(balancer)
    assert answer.json["statusDescription"] == "200 OK" and "headers" in answer.json
    balancer["multiValueHeaders"] = {name: [value] for name, value in balancer.pop("headers").items()}
    assert "multiValueHeaders" in function.api.invoke(balancer).json


def test_the_clock_cleans(function):
    assert function.api.invoke({"kaiwa": "clean"}).json == {"removed": 0}
    assert function.api.invoke({"kaiwa": "sweep"}).kind == "error"


@pytest.mark.parametrize("function", [{"env": {"KAIWA_LOG__METRICS": "emf"}}], indirect=True)
def test_the_log_tells_who_what_and_how_long_and_no_word_of_it(function):
    person = Person(function)
    thread = person.thread()
    person.turn(thread, "a secret of mine", stream=True)
    request = function.program.lines("request")[-1]
    assert request["path"] == f"/api/threads/{thread}/turns" and request["thread"] == thread and request["status"] == 200
    assert request["principal"] and request["request_id"] and request["ms"] >= 0 and request["trace"].startswith("Root=")
    turn = function.program.lines("turn")[-1]
    assert turn["thread"] == thread and turn["principal"] == request["principal"] and turn["state"] == "done"
    emf = [json.loads(line) for line in function.program.log.read_text().splitlines() if '"_aws"' in line]
    assert len(emf) == 1 and emf[0]["Turns"] == 1 and emf[0]["Provider"] == "inside"
    text = function.program.log.read_text()
    for secret in ("a secret of mine", person.key, "example-secret-canary"):
        assert secret not in text
