"""Amazon Bedrock, as a double of the vendor's own parts plays it."""

import asyncio
import json
import re
import time
from types import SimpleNamespace

import pytest

from conftest import make_site
from support.bedrock import API_KEY, KEYS, TEMPORARY, BedrockDouble, ended, text
from support.client import Client, Turn, check_sequence, new_id, text_of
from support.servers import ADMIN

pytestmark = pytest.mark.anyio

NOVA = "amazon.nova-lite-v1:0"
ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdef123456"


def provider(double: BedrockDouble, name: str = "aws", **more) -> dict:
    return {"name": name, "kind": "bedrock", "region": "us-east-1", "endpoint": double.url} | more


def variables(*providers: dict, **more: str) -> dict[str, str]:
    return {"KAIWA_PROVIDERS": json.dumps(providers), "KAIWA_CHAT__DEFAULT_MODEL": f"aws/{NOVA}",
            "AWS_EC2_METADATA_DISABLED": "true"} | more


@pytest.fixture(scope="module")
def double(tmp_path_factory):
    server = BedrockDouble(tmp_path_factory.mktemp("bedrock"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def aws(tmp_path_factory, double):
    """A server with a provider a way in."""
    folder = tmp_path_factory.mktemp("kaiwa")
    profiles = folder / "credentials"
    profiles.write_text("[other]\naws_access_key_id = ASIABEDROCK\naws_secret_access_key = temporary-secret\n"
                        "aws_session_token = temporary/token==\n[wrong]\naws_access_key_id = AKIDBEDROCK\n"
                        "aws_secret_access_key = not-it\n")
    env = variables(
        provider(double, guardrail="gr-1", guardrail_trace="enabled", additional_fields={"top_k": 5}),
        provider(double, "tokyo", region="ap-northeast-1", profile="other"),
        provider(double, "key", api_key=API_KEY),
        provider(double, "wrong", profile="wrong"),
        **KEYS, AWS_SHARED_CREDENTIALS_FILE=str(profiles))
    site = make_site(folder, None, env)
    yield site
    site.kaiwa.close()


@pytest.fixture
async def ann(aws):
    async with Client(aws.kaiwa.url, cookie=aws.cookies["ann"]) as client:
        yield client


async def ask(client: Client, question: str, model: str, thread: str | None = None, **fields) -> Turn:
    thread = thread or await client.new_thread()
    body = {"message": {"id": new_id(), "text": question}, "model": model} | fields
    ticket = await client.ok("POST", f"/api/threads/{thread}/turns", body)
    return Turn(thread, ticket["message"], ticket["reply"], ticket["generation"])


async def answer(client: Client, question: str, model: str, **fields) -> SimpleNamespace:
    """Asks and reads to the end."""
    turn = await ask(client, question, model, **fields)
    events = await client.sse(turn.generation)
    check_sequence(events)
    return SimpleNamespace(turn=turn, events=events, text=text_of(events), last=events[-1],
                           kept=await client.message(turn))


async def test_an_answer_is_streamed_with_its_usage(ann, double):
    said = await answer(ann, "こんにちは 世界", f"aws/{NOVA}", parameters={"temperature": 0.5, "max_tokens": 100})
    assert said.text == "こんにちは 世界" and said.last.data == {"finish": "stop"}
    assert [e.data["delta"] for e in said.events if e.type == "text"] == ["こんにちは ", "世界"]
    usage = next(e.data for e in said.events if e.type == "usage")
    assert usage == {"input_tokens": 7, "output_tokens": 2}
    assert said.kept["state"] == "complete" and said.kept["text"] == said.text

    request = double.requests()[-1]
    assert request["target"] == "/model/amazon.nova-lite-v1%3A0/converse-stream"
    assert request["body"] == {
        "messages": [{"role": "user", "content": [{"text": "こんにちは 世界"}]}],
        "inferenceConfig": {"maxTokens": 100, "temperature": 0.5},
        "guardrailConfig": {"guardrailIdentifier": "gr-1", "guardrailVersion": "DRAFT", "trace": "enabled"},
        "additionalModelRequestFields": {"top_k": 5}}


async def test_the_conversation_goes_on(ann, double):
    first = await answer(ann, "one", f"aws/{NOVA}")
    await answer(ann, "two", f"aws/{NOVA}", thread=first.turn.thread)
    roles = [(m["role"], m["content"][0]["text"]) for m in double.requests()[-1]["body"]["messages"]]
    assert roles == [("user", "one"), ("assistant", "one"), ("user", "two")]


async def test_an_arn_is_one_label_of_the_path(ann, double):
    said = await answer(ann, "hello", f"aws/{ARN}")
    assert said.text == "hello"
    target = double.requests()[-1]["target"]
    assert target == f"/model/{ARN.replace(':', '%3A').replace('/', '%2F')}/converse-stream"


async def test_profiles_with_temporary_credentials_sign_for_their_region(ann, double):
    assert (await answer(ann, "hello", f"tokyo/{NOVA}")).text == "hello"
    headers = double.requests()[-1]["headers"]
    assert "/ap-northeast-1/bedrock/aws4_request" in headers["authorization"]
    assert headers["x-amz-security-token"] == TEMPORARY["AWS_SESSION_TOKEN"]


async def test_an_api_key_is_a_bearer_token(ann, double):
    assert (await answer(ann, "hello", f"key/{NOVA}")).text == "hello"
    headers = double.requests()[-1]["headers"]
    assert headers["authorization"] == f"Bearer {API_KEY}" and "x-amz-date" not in headers


async def test_a_wrong_secret_is_refused_in_the_services_words(ann):
    said = await answer(ann, "hello", f"wrong/{NOVA}")
    assert said.last.type == "failed" and said.last.data["class"] == "auth"
    assert "signature" in said.last.data["detail"] and "not-it" not in json.dumps(said.last.data)


async def test_older_models_are_asked_in_their_own_form(ann, double):
    said = await answer(ann, "hello there", "aws/anthropic.claude-v2", parameters={"max_tokens": 200})
    assert said.text == "hello there" and said.last.type == "done"
    request = double.requests()[-1]
    assert request["target"] == "/model/anthropic.claude-v2/invoke-with-response-stream"
    assert request["body"] == {"prompt": "\n\nHuman: hello there\n\nAssistant:", "max_tokens_to_sample": 200, "temperature": 0.7}
    assert request["headers"]["x-amzn-bedrock-guardrailidentifier"] == "gr-1"


async def test_stopping_closes_the_connection_within_a_second(ann, double):
    double.plan("slow", {"events": [["messageStart", {"role": "assistant"}]] + [text("word ")] * 2000, "pace_ms": 50})
    turn = await ask(ann, "hello", "aws/slow")
    asked = None
    async with ann.stream(turn.generation) as events:
        async for event in events:
            if event.type == "text" and asked is None:
                asked = time.monotonic()
                assert (await ann.call("POST", f"/api/generations/{turn.generation}/stop")).status_code == 202
    assert event.type == "stopped" and time.monotonic() - asked < 1
    for _ in range(20):
        if (closed := double.requests("/model/slow")[-1]["closed_at_ms"]) is not None:
            break
        await asyncio.sleep(0.05)
    assert closed is not None, "the double still writes"
    assert (await ann.message(turn))["text"].startswith("word ")


MID_STREAM = {
    "internalServerException": "model_error", "modelStreamErrorException": "model_error", "validationException": "invalid",
    "throttlingException": "rate_limited", "serviceUnavailableException": "overloaded", "modelTimeoutException": "timeout"}


@pytest.mark.parametrize("exception,kind", MID_STREAM.items())
async def test_an_exception_in_the_middle_is_a_failure_with_the_text_kept(ann, double, exception, kind):
    model = f"mid-{exception}"
    double.plan(model, {"events": [text("Hal"), text("f an an"), [f"!{exception}", {"message": "the double's words"}]],
                        "request_id": "req-mid"})
    said = await answer(ann, "hello", f"aws/{model}")
    assert said.text == "Half an an" and said.last.type == "failed"
    assert said.last.data["class"] == kind and "the double's words" in said.last.data["detail"]
    assert said.last.data["provider"] == "aws" and said.last.data["provider_request_id"] == "req-mid"
    assert said.kept["state"] == "failed" and said.kept["text"] == "Half an an"
    assert len(double.requests(f"/model/{model}/")) == 1, "what was shown is never asked for again"


async def test_an_exception_before_the_first_word_is_tried_again(ann, double):
    throttled = {"events": [["!throttlingException", {"message": "slow down"}]]}
    double.plan("early", throttled, {"events": [text("ok"), *ended()]})
    said = await answer(ann, "hello", "aws/early")
    assert said.text == "ok" and said.last.type == "done"
    assert len(double.requests("/model/early/")) == 2


REFUSALS = {
    ("AccessDeniedException", 403): ("auth", 1), ("ResourceNotFoundException", 404): ("not_found", 1),
    ("ValidationException", 400): ("invalid", 1), ("ServiceQuotaExceededException", 400): ("quota", 1),
    ("ModelTimeoutException", 408): ("timeout", 1), ("ServiceUnavailableException", 503): ("overloaded", 3),
    ("ModelNotReadyException", 429): ("overloaded", 3), ("InternalServerException", 500): ("model_error", 2),
    ("ModelErrorException", 424): ("model_error", 2)}


@pytest.mark.parametrize("refusal,expected", REFUSALS.items(), ids=lambda value: str(value[0]))
async def test_a_refusal_before_the_stream_says_why(ann, double, refusal, expected):
    (code, status), (kind, tries) = refusal, expected
    model = f"refuse-{code}"
    double.plan(model, {"status": status, "error": code, "message": "the double says no"})
    said = await answer(ann, "hello", f"aws/{model}")
    assert said.last.type == "failed" and said.last.data["class"] == kind
    assert "the double says no" in said.last.data["detail"] and code in said.last.data["detail"]
    assert len(double.requests(f"/model/{model}/")) == tries


async def test_throttling_is_waited_for_as_advised(ann, double):
    double.plan("busy", {"status": 429, "error": "ThrottlingException", "message": "slow down", "headers": {"retry-after": "1"}},
                {"events": [text("ok"), *ended()]})
    assert (await answer(ann, "hello", "aws/busy")).text == "ok"
    first, second = double.requests("/model/busy/")
    assert second["at_ms"] - first["at_ms"] >= 1000
    double.plan("busier", {"status": 429, "error": "ThrottlingException", "message": "slow down"},
                {"events": [text("ok"), *ended()]})
    assert (await answer(ann, "hello", "aws/busier")).text == "ok"


async def test_a_cut_answer_is_never_done(ann, double):
    frames = [["messageStart", {"role": "assistant"}], text("first "), text("second "), *ended()]
    for cut_at in (1, 11, 60, 120, 200, 260, 330, 400, 460):
        for how in ("reset", "end"):
            model = f"cut-{cut_at}-{how}"
            double.plan(model, {"events": frames, "cut_at": cut_at, "cut_how": how})
            said = await answer(ann, "hello", f"aws/{model}")
            assert "first second ".startswith(said.text)
            assert said.last.type == "failed" and said.last.data["class"] == "network", (cut_at, how, said.last)
            assert said.kept["text"] == said.text


async def test_a_damaged_answer_is_never_done(ann, double):
    frames = [["messageStart", {"role": "assistant"}], text("first "), text("second "), *ended()]
    for corrupt_at in (2, 9, 40, 150, 290, 420, 520):
        model = f"corrupt-{corrupt_at}"
        double.plan(model, {"events": frames, "corrupt_at": corrupt_at, "stays_open": True})
        said = await answer(ann, "hello", f"aws/{model}")
        assert "first second ".startswith(said.text) and said.last.type == "failed", corrupt_at


async def test_usage_that_never_comes_does_not_keep_the_answer(ann, double):
    double.plan("no-usage", {"events": [text("ok"), *ended(usage=False)], "stays_open": True})
    began = time.monotonic()
    said = await answer(ann, "hello", "aws/no-usage")
    assert said.text == "ok" and said.last.type == "done" and time.monotonic() - began < 10


async def test_signed_reasoning_is_shown_again_to_the_model_that_wrote_it(ann, double):
    reasoning = [["contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": piece}}]
                 for piece in ({"text": "think"}, {"text": "ing"}, {"signature": "c2ln"})]
    words = [["contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "42"}}], *ended()]
    double.plan("thinker", {"events": reasoning + words})
    first = await answer(ann, "why?", "aws/thinker")
    assert "".join(e.data["delta"] for e in first.events if e.type == "reasoning") == "thinking"
    assert first.text == "42" and first.last.type == "done"

    await answer(ann, "go on", "aws/thinker", thread=first.turn.thread)
    assert double.requests("/model/thinker/")[-1]["body"]["messages"][1] == {"role": "assistant", "content": [
        {"reasoningContent": {"reasoningText": {"text": "thinking", "signature": "c2ln"}}}, {"text": "42"}]}
    await answer(ann, "and you?", f"aws/{NOVA}", thread=first.turn.thread)
    assert "reasoningContent" not in json.dumps(double.requests()[-1]["body"])


async def models_of(site, name: str = "aws", who: str = ADMIN[0]) -> list[dict]:
    """The models of a provider, once it was asked for them."""
    async with Client(site.kaiwa.url, cookie=site.cookies[who]) as client:
        async with Client(site.kaiwa.url, cookie=site.cookies[ADMIN[0]]) as root:
            for _ in range(100):
                states = {p["name"]: p["state"] for p in (await root.ok("GET", "/api/admin/providers"))["items"]}
                if states[name] != "unknown":
                    break
                await asyncio.sleep(0.1)
        return [m for m in (await client.ok("GET", "/api/models"))["items"] if m["provider"] == name]


async def test_models_are_listed_profiles_first(aws, double):
    listed = await models_of(aws, who="ann")
    assert [m["id"].removeprefix("aws/") for m in listed] == [
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us.amazon.nova-lite-v1:0", ARN,
        "anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-v2", "amazon.nova-lite-v1:0"]
    assert {m["state"] for m in listed} == {"ready"}
    assert listed[0]["name"] == "US Claude Sonnet 4.5" and listed[0]["window"] == 200_000
    assert await models_of(aws, "wrong") == []


async def provider_named(root, name):
    """A server of models that runs on this machine by chance is listed, too."""
    return next(each for each in (await root.ok("GET", "/api/admin/providers"))["items"] if each["name"] == name)


async def test_an_account_that_may_not_list_offers_what_is_named(tmp_path, double):
    refused = {"status": 403, "error": "AccessDeniedException",
               "message": "User is not authorized to perform: bedrock:ListFoundationModels"}
    for name in ("foundation-models", "inference-profiles"):
        double.plan(name, refused)
    site = make_site(tmp_path, None, variables(provider(double, models=[NOVA, "us.*"]), **KEYS))
    try:
        [model] = [each for each in await models_of(site) if each["provider"] == "aws"]
        assert model["id"] == f"aws/{NOVA}" and model["state"] == "ready"
        assert "bedrock:ListFoundationModels" in model["reason"]
        async with Client(site.kaiwa.url, cookie=site.cookies[ADMIN[0]]) as root:
            status = await provider_named(root, "aws")
            assert status["state"] == "ready" and "not list" in status["reason"] and status["region"] == "us-east-1"
            assert (await answer(root, "hello", model["id"])).text == "hello"
    finally:
        site.kaiwa.close()
        for name in ("foundation-models", "inference-profiles"):
            double.plan(name, {})


async def test_an_administrator_adds_bedrock_in_the_page(tmp_path, double):
    site = make_site(tmp_path, None, variables(**KEYS))
    try:
        async with Client(site.kaiwa.url, cookie=site.cookies[ADMIN[0]]) as root:
            entered = {"kind": "bedrock", "region": "us-east-1", "base_url": double.url}
            tested = await root.ok("POST", "/api/admin/providers/test", entered)
            assert tested["ok"] and "anthropic.claude-v2" in tested["models"]
            made = await root.ok("POST", "/api/admin/providers", {"name": "aws"} | entered)
            assert made["region"] == "us-east-1" and made["kind"] == "bedrock"
            assert (await answer(root, "hello", f"aws/{NOVA}")).text == "hello"
            moved = await root.ok("PATCH", "/api/admin/providers/aws", {"region": "eu-west-1"})
            assert moved["region"] == "eu-west-1" and moved["base_url"] == double.url
            await answer(root, "hello", f"aws/{NOVA}")
            assert "/eu-west-1/bedrock/" in double.requests()[-1]["headers"]["authorization"]
            for body in ({"name": "b", "kind": "bedrock", "region": "us east"}, {"name": "b", "kind": "openai"},
                         {"name": "b", "kind": "openai", "base_url": double.url, "region": "us-east-1"}):
                refused = await root.call("POST", "/api/admin/providers", body)
                assert refused.status_code == 400, body
    finally:
        site.kaiwa.close()


async def test_without_credentials_it_says_where_they_were_looked_for(tmp_path, double):
    empty = str(tmp_path / "none")
    site = make_site(tmp_path, None, variables(provider(double), AWS_SHARED_CREDENTIALS_FILE=empty, AWS_CONFIG_FILE=empty))
    try:
        async with Client(site.kaiwa.url, cookie=site.cookies[ADMIN[0]]) as root:
            said = await answer(root, "hello", f"aws/{NOVA}")
            assert said.last.type == "failed" and said.last.data["class"] == "auth"
            assert "its log says why" in said.last.data["detail"]
            status = await provider_named(root, "aws")
            assert "environment" in status["last_error"]
        assert re.search(r" turn .* why=.*environment", site.kaiwa.log.read_text())
    finally:
        site.kaiwa.close()
