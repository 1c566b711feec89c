"""Turns that another invocation of the function runs: it has only what was handed over."""

import json
import time
from types import SimpleNamespace

import pytest

from support.runtime_api import Function, RuntimeApi, http_event
from support.tables import Tables

MODEL = "stream;tokens=30;rate=15;chunk=ab"  # 2 s


def make_function(folder, models, env, invoke="allowed"):
    api = RuntimeApi(invoke)
    provider = {"name": "local", "kind": "openai", "base_url": models.url + "/v1", "models": ["*"]}
    function = Function(folder, api.address, {
        "KAIWA_PROVIDERS": json.dumps([provider]), "AWS_ENDPOINT_URL_LAMBDA": f"http://{api.address}",
        "KAIWA_CHAT__DEFAULT_MODEL": "local/" + MODEL,
        "KAIWA_COMPAT__ENDPOINTS": json.dumps(["lambda-url", "simplechat", "gptgram"]),
        "KAIWA_COMPAT__ANSWER_WITHIN": "1s"} | env)
    assert api.invoke(http_event("GET", "/readyz")).status == 200
    key = next(word for word in function.run("key", "add", "ann").split() if word.startswith("kw_"))
    return SimpleNamespace(api=api, function=function, models=models, fields={"authorization": f"Bearer {key}"})


@pytest.fixture
def site(tmp_path, models):
    made = make_function(tmp_path, models, {})
    yield made
    made.function.close()
    made.api.close()


def ask(site, method, path, body=None):
    return site.api.invoke(http_event(method, path, body, site.fields))


def wait_until_run(site, number):
    """The run comes as an event of its own, after the answer that told of it."""
    deadline = time.monotonic() + 20
    while len(site.function.lines("turn")) < number:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def last_prompt(site):
    body = json.loads(site.models.requests(MODEL)[-1]["body"])
    return [(message["role"], message["content"]) for message in body["messages"]]


def test_what_a_client_remembers_and_its_role_go_with_the_turn(site):
    history = [{"role": "user", "content": "空を見て"}, {"role": "assistant", "content": "はい"}]
    first = ask(site, "POST", "/chat", {"message": "色は?", "conversationHistory": history})
    assert first.status == 202, first.body
    wait_until_run(site, 1)
    assert [each["event"]["kaiwa"] for each in site.api.invoked] == ["run"]
    assert last_prompt(site) == [("user", "空を見て"), ("assistant", "はい"), ("user", "色は?")]

    second = ask(site, "POST", "/main", {"message": "こんにちは", "role": "俳句で答える"})
    assert second.status == 202, second.body
    wait_until_run(site, 2)
    assert len(site.api.invoked) == 2
    (system, instructions), question = last_prompt(site)
    assert system == "system" and instructions.endswith("俳句で答える") and question == ("user", "こんにちは")


def test_what_is_too_long_to_hand_over_runs_where_it_was_asked(site):
    history = [{"role": "user", "content": "会" * 30_000}, {"role": "assistant", "content": "はい"}]
    answer = ask(site, "POST", "/chat", {"message": "色は?", "conversationHistory": history})
    assert answer.status == 202, answer.body
    wait_until_run(site, 1)
    assert site.api.invoked == []
    assert [role for role, _ in last_prompt(site)] == ["user", "assistant", "user"]


def test_an_answer_that_a_functions_time_cuts_off_comes_with_its_text_and_says_so(tmp_path, models):
    site = make_function(tmp_path, models, {
        "KAIWA_COMPAT__ANSWER_WITHIN": "25s", "KAIWA_CHAT__DEFAULT_MODEL": "local/stream;tokens=2000;rate=50"}, invoke="refused")
    try:
        answer = site.api.invoke(http_event("POST", "/chat", {"message": "long"}, site.fields), seconds=3)
        assert answer.status == 200, answer.body
        said = json.loads(answer.content)
        assert said["finish"] == "interrupted" and said["response"].startswith("word word")
    finally:
        site.function.close()
        site.api.close()


def test_the_invocation_that_runs_a_turn_adds_it_to_the_table_of_histories(tmp_path, models, dynamodb):
    tables = Tables(dynamodb)
    table = tables.make("history", "SessionId")
    site = make_function(tmp_path, models, tables.place() | {
        "KAIWA_COMPAT__HISTORY": "langchain", "KAIWA_COMPAT__HISTORY_TABLE": table})
    try:
        first = ask(site, "GET", "/?session_id=s-1&input_text=hello")
        assert first.status == 202, first.body
        wait_until_run(site, 1)
        # Ended: an event that comes now finds everything written.
        assert ask(site, "GET", "/healthz").status == 200
        elements = tables.get(table, SessionId="s-1")["History"]["L"]
        assert [each["M"]["type"]["S"] for each in elements] == ["human", "ai"]
        assert elements[0]["M"]["data"]["M"]["content"]["S"] == "hello"
        ask(site, "GET", "/?session_id=s-1&input_text=again")
        wait_until_run(site, 2)
        assert [role for role, _ in last_prompt(site)] == ["user", "assistant", "user"]
    finally:
        site.function.close()
        site.api.close()
