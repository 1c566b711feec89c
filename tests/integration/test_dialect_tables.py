"""Dialects whose sessions and roles live in the tables of the systems that they come from."""

import asyncio
import json
import threading

import httpx
import pytest
from aws_fault_proxy.proxy import FaultProxy

from support.dialects import make_dialects
from support.tables import Tables

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def tables(dynamodb):
    made = Tables(dynamodb)
    made.make("history", "SessionId")
    made.make("roles", "UserID")
    return made


def configuration(tables: Tables) -> dict[str, str]:
    return tables.place() | {
        "KAIWA_COMPAT__ENDPOINTS": json.dumps(["lambda-url", "gptgram"]),
        "KAIWA_COMPAT__HISTORY": "langchain",
        "KAIWA_COMPAT__HISTORY_TABLE": tables.name("history"),
        "KAIWA_COMPAT__GPTGRAM__ROLES_TABLE": tables.name("roles"),
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory, models, tables):
    made = make_dialects(tmp_path_factory.mktemp("tables"), models, configuration(tables))
    yield made
    made.kaiwa.close()


@pytest.fixture(scope="module")
def slow_site(tmp_path_factory, models, tables):
    """Answers take 1.5 s, patience ends after 1 s."""
    env = configuration(tables) | {"KAIWA_COMPAT__ANSWER_WITHIN": "1s",
                                   "KAIWA_CHAT__DEFAULT_MODEL": "local/stream;tokens=30;rate=20;chunk=ab"}
    made = make_dialects(tmp_path_factory.mktemp("slow"), models, env)
    yield made
    made.kaiwa.close()


def caller(site, user: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=site.kaiwa.url, headers={"authorization": f"Bearer {site.keys[user]}"},
                             timeout=30, trust_env=False)


def element(kind: str, text: str) -> dict:
    return {"M": {"type": {"S": kind}, "data": {"M": {"type": {"S": kind}, "content": {"S": text}}}}}


def said(item: dict) -> list[tuple[str, str]]:
    return [(each["M"]["type"]["S"], each["M"]["data"]["M"]["content"]["S"]) for each in item["History"]["L"]]


def last_prompt(site) -> list[tuple[str, str]]:
    body = json.loads(site.models.requests("echo")[-1]["body"])
    return [(message["role"], message["content"]) for message in body["messages"]]


async def test_a_session_goes_on_where_the_other_system_left_it(site, tables):
    history = tables.name("history")
    tables.put(history, {"SessionId": {"S": "s-1"}, "History": {"L": [element("human", "空を見て"), element("ai", "はい")]},
                         "other": {"S": "kept"}})
    async with caller(site, "ann") as client:
        answer = await client.get("/", params={"session_id": "s-1", "input_text": "色は?"})
        assert answer.json() == {"session_id": "s-1", "output_text": "色は?"}
        assert last_prompt(site) == [("user", "空を見て"), ("assistant", "はい"), ("user", "色は?")]
        item = tables.get(history, SessionId="s-1")
        assert said(item)[2:] == [("human", "色は?"), ("ai", "色は?")]
        assert item["other"] == {"S": "kept"}
        # What somebody else adds meanwhile is remembered, too.
        item["History"]["L"] += [element("human", "そこは?"), element("ai", "山です")]
        tables.put(history, item)
        await client.get("/", params={"session_id": "s-1", "input_text": "続き"})
        assert ("assistant", "山です") in last_prompt(site)
        assert len(said(tables.get(history, SessionId="s-1"))) == 8


async def test_a_session_belongs_to_whoever_named_it_first(site, tables):
    async with caller(site, "ann") as ann, caller(site, "ben") as ben:
        await ann.get("/", params={"session_id": "secret", "input_text": "ann's"})
        await ben.get("/", params={"session_id": "secret", "input_text": "ben's"})
        assert last_prompt(site) == [("user", "ben's")]
        await ben.get("/", params={"session_id": "secret", "input_text": "more"})
        assert last_prompt(site) == [("user", "ben's"), ("assistant", "ben's"), ("user", "more")]
    assert said(tables.get(tables.name("history"), SessionId="secret")) == [("human", "ann's"), ("ai", "ann's")]


async def test_a_new_session_and_a_repeat_are_written_once(site, tables):
    async with caller(site, "ann") as client:
        headers = {"idempotency-key": "once"}
        first = await client.get("/", params={"input_text": "やあ"}, headers=headers)
        again = await client.get("/", params={"input_text": "やあ"}, headers=headers)
        assert first.json() == again.json()
    assert len(said(tables.get(tables.name("history"), SessionId=first.json()["session_id"]))) == 2


async def test_an_answer_that_nobody_waits_for_is_remembered(slow_site, tables):
    """Neither the one that came as 202 nor the one whose reader left."""

    async def ask_and_leave(session: str, status: int, headers: dict[str, str]) -> None:
        async with caller(slow_site, "ann") as client:
            params = {"session_id": session, "input_text": "x"}
            async with client.stream("GET", "/", params=params, headers=headers) as response:
                assert response.status_code == status
                async for _ in response.aiter_raw():
                    break
        async with asyncio.timeout(30):
            while not (item := tables.get(tables.name("history"), SessionId=session)):
                await asyncio.sleep(0.02)
        assert said(item) == [("human", "x"), ("ai", "ab" * 30)]

    await asyncio.gather(ask_and_leave("later", 202, {}), ask_and_leave("left", 200, {"accept": "text/event-stream"}))


class HeldWrites(FaultProxy):
    """DynamoDB whose single writes do not go on before they may."""

    def __init__(self, upstream: str):
        super().__init__(upstream, seed=1, share=0)
        self.may_go_on = threading.Event()

    def choose(self, operation: str) -> str:
        if operation == "UpdateItem":
            self.may_go_on.wait(60)
        return ""


async def test_trouble_with_the_table_keeps_no_answer_from_its_client(tmp_path, models, tables):
    with HeldWrites(tables.url) as held:
        env = {"KAIWA_STORE__DYNAMODB__ENDPOINT": held.url, "KAIWA_COMPAT__ANSWER_WITHIN": "1s"}
        site = make_dialects(tmp_path, models, configuration(tables) | env)
        try:
            async with caller(site, "ann") as client:
                answer = await client.get("/", params={"session_id": "held", "input_text": "x"})
            # On a machine that is busy for a second: 202, and nothing was to be waited for.
            if answer.status_code == 200:
                assert answer.json()["output_text"] == "x"
                assert "history_not_kept" not in site.kaiwa.log.read_text(), "it was answered after giving up"
            held.may_go_on.set()
            async with asyncio.timeout(30):
                while not (item := tables.get(tables.name("history"), SessionId="held")):
                    await asyncio.sleep(0.02)
            assert said(item) == [("human", "x"), ("ai", "x")]
        finally:
            held.may_go_on.set()
            site.kaiwa.close()


async def test_a_streamed_answer_is_remembered(site, tables):
    async with caller(site, "ann") as client:
        params = {"session_id": "streamed", "input_text": "流して"}
        streamed = await client.get("/", params=params, headers={"accept": "text/event-stream"})
        assert "event: done" in streamed.text
        await client.get("/", params={"session_id": "streamed", "input_text": "続き"})
    assert [text for _, text in said(tables.get(tables.name("history"), SessionId="streamed"))] == ["流して"] * 2 + ["続き"] * 2


async def test_what_others_cleared_or_cut_stays_so(site, tables):
    history = tables.name("history")
    async with caller(site, "ann") as client:
        for text in ("one", "two"):
            await client.get("/", params={"session_id": "cut", "input_text": text})
        tables.put(history, {"SessionId": {"S": "cut"}, "History": {"L": [element("human", "theirs"), element("ai", "yes")]}})
        await client.get("/", params={"session_id": "cut", "input_text": "three"})
        assert last_prompt(site) == [("user", "theirs"), ("assistant", "yes"), ("user", "three")]
        tables.client.delete_item(TableName=history, Key={"SessionId": {"S": "cut"}})
        await client.get("/", params={"session_id": "cut", "input_text": "four"})
        assert last_prompt(site) == [("user", "four")]
    assert said(tables.get(history, SessionId="cut")) == [("human", "four"), ("ai", "four")]


async def test_roles_are_kept_in_their_own_table(site, tables):
    roles = tables.name("roles")
    tables.put(roles, {"UserID": {"S": "key:ben"}, "Role": {"S": "先生"}, "since": {"N": "1"}})
    async with caller(site, "ben") as ben, caller(site, "ann") as ann:
        assert (await ben.post("/main", json={"action": "get"})).json() == {"UserID": "key:ben", "Role": "先生"}
        assert (await ann.post("/main", json={"action": "get"})).status_code == 404
        assert (await ben.post("/main", json={"action": "addOrUpdate", "role": "生徒"})).status_code == 200
        assert tables.get(roles, UserID="key:ben") == {"UserID": {"S": "key:ben"}, "Role": {"S": "生徒"}, "since": {"N": "1"}}
        assert (await ben.post("/main", json={"action": "delete"})).status_code == 200
        assert tables.get(roles, UserID="key:ben") is None
        assert (await ben.post("/main", json={"action": "delete"})).status_code == 200


async def test_a_table_that_is_not_there_is_named_in_the_log_alone(tmp_path, models, tables):
    env = tables.place() | {"KAIWA_COMPAT__ENDPOINTS": '["lambda-url"]', "KAIWA_COMPAT__HISTORY": "langchain",
                            "KAIWA_COMPAT__HISTORY_TABLE": "nowhere"}
    site = make_dialects(tmp_path, models, env)
    try:
        async with caller(site, "ann") as client:
            answer = await client.get("/", params={"input_text": "x"})
            assert answer.status_code == 503 and "nowhere" not in answer.text, answer.text
        log = site.kaiwa.log.read_text()
        assert "nowhere" in log and "compat.history_table" in log
    finally:
        site.kaiwa.close()
