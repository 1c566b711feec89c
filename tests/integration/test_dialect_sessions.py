"""Whose the sessions of other systems' shapes are, how long they last, and answers that outlast a request."""

import asyncio
import contextlib
import datetime
import json
import sqlite3

import httpx
import pytest

from support.client import Client, check_sequence, new_id, parse_frames, text_of
from support.dialects import caller, configuration, last_prompt, make_dialects, threads_of
from support.tables import Tables

pytestmark = pytest.mark.anyio

SLOW = "stream;tokens=60;rate=20;chunk=ab"


@pytest.fixture(scope="module")
def open_dialects(tmp_path_factory, models):
    env = configuration(PRINCIPAL="anonymous", ANONYMOUS__REQUESTS_PER_MINUTE="100000")
    made = make_dialects(tmp_path_factory.mktemp("open"), models, env)
    yield made
    made.kaiwa.close()


@pytest.fixture(scope="module")
def slow_dialects(tmp_path_factory, models):
    """Answers take 3 s, patience ends after 1 s."""
    env = configuration(ANSWER_WITHIN="1s") | {"KAIWA_CHAT__DEFAULT_MODEL": f"local/{SLOW}"}
    made = make_dialects(tmp_path_factory.mktemp("slow"), models, env)
    yield made
    made.kaiwa.close()


# --- whose sessions


async def test_a_session_that_was_deleted_goes_on_anew(dialects):
    async with caller(dialects) as client:
        await client.get("/", params={"input_text": "delete me", "session_id": "deleted"})
        async with Client(dialects.kaiwa.url, key=dialects.keys["ann"]) as ann:
            [thread] = [t for t in (await ann.ok("GET", "/api/threads"))["items"] if t["title"] == "delete me"]
            await ann.ok("DELETE", f"/api/threads/{thread['id']}")
        answer = await client.get("/", params={"input_text": "again", "session_id": "deleted"})
        assert answer.json() == {"session_id": "deleted", "output_text": "again"}
        assert last_prompt(dialects) == [("user", "again")]


async def test_a_session_goes_on_with_the_model_of_today(tmp_path, models):
    site = make_dialects(tmp_path, models, configuration())

    def ask_everything(client: httpx.AsyncClient) -> list:
        return [client.get("/", params={"input_text": "x", "session_id": "s1"}), client.post("/", json={"message": "x"}),
                client.post("/chat", json={"message": "x", "conversationId": "c1"})]

    try:
        async with caller(site) as client:
            for answer in [await asked for asked in ask_everything(client)]:
                assert answer.status_code == 200, answer.text
        site.kaiwa.stop()
        [provider] = json.loads(site.kaiwa.env["KAIWA_PROVIDERS"])
        site.kaiwa.env |= {"KAIWA_PROVIDERS": json.dumps([provider | {"name": "new"}]), "KAIWA_CHAT__DEFAULT_MODEL": "new/echo"}
        site.kaiwa.start()
        async with caller(site) as client:
            for answer in [await asked for asked in ask_everything(client)]:
                assert answer.status_code == 200, answer.text
    finally:
        site.kaiwa.close()


async def test_without_a_configured_model_a_session_keeps_its_own_while_it_is_there(tmp_path, models):
    def provider(name: str) -> dict:
        return {"name": name, "kind": "openai", "base_url": f"{models.url}/v1", "models": ["echo"]}

    async def ask_with(*names: str) -> str:
        site.kaiwa.stop()
        site.kaiwa.env["KAIWA_PROVIDERS"] = json.dumps([provider(name) for name in names])
        site.kaiwa.start()
        async with caller(site) as client:
            answer = await client.get("/", params={"input_text": "x", "session_id": "s1"})
            assert answer.status_code == 200, answer.text
        [thread] = await threads_of(site, "ann")
        async with Client(site.kaiwa.url, key=site.keys["ann"]) as ann:
            return (await ann.ok("GET", f"/api/threads/{thread['id']}"))["settings"]["model"]

    site = make_dialects(tmp_path, models, configuration() | {"KAIWA_CHAT__DEFAULT_MODEL": ""})
    try:
        assert await ask_with("first") == "first/echo"
        assert await ask_with("another", "first") == "first/echo"
        assert await ask_with("another") == "another/echo"
    finally:
        site.kaiwa.close()


async def test_the_same_key_is_the_same_answer_although_the_model_is_another(tmp_path, models):
    site = make_dialects(tmp_path, models, configuration())
    ask = {"url": "/", "json": {"message": "x"}, "headers": {"idempotency-key": new_id()}}
    try:
        async with caller(site) as client:
            first = await client.post(**ask)
        site.kaiwa.stop()
        site.kaiwa.env["KAIWA_CHAT__DEFAULT_MODEL"] = "local/fixed;text=another"
        site.kaiwa.start()
        async with caller(site) as client:
            again = await client.post(**ask)
            assert (again.status_code, again.text) == (200, first.text)
    finally:
        site.kaiwa.close()


async def test_a_session_id_of_another_person_leads_nowhere(dialects):
    ids = ["default_session", "shared-id"]
    async with caller(dialects) as ann, caller(dialects, "ben") as ben:
        ids.append((await ann.get("/", params={"input_text": "canary of ann"})).json()["session_id"])
        for id in ids:
            await ann.post("/", json={"message": "canary of ann", "session_id": id})
            for ask in (ben.get("/", params={"input_text": "hello", "session_id": id}),
                        ben.post("/", json={"input_text": "hello", "session_id": id}),
                        ben.post("/chat", json={"message": "hello", "conversationId": id})):
                answer = await ask
                assert answer.status_code == 200 and "canary" not in answer.text
                assert all("canary" not in text for _, text in last_prompt(dialects)), id
        anns = await threads_of(dialects, "ann")
        assert all("hello" not in thread["title"] for thread in anns)


async def test_the_rest_of_an_answer_is_its_askers_alone(slow_dialects):
    async with caller(slow_dialects) as ann, caller(slow_dialects, "ben") as ben:
        first = await ann.get("/", params={"input_text": "x"})
        assert first.status_code == 202, first.text
        token = first.json()["continue"]
        for method, path, options in (("GET", "/", {"params": {"continue": token}}), ("POST", "/", {"json": {"continue": token}}),
                                      ("POST", "/chat", {"json": {"continue": token}}), ("POST", "/main", {"json": {"continue": token}})):
            stolen = await ben.request(method, path, **options)
            assert stolen.status_code == 404 and "ab" not in stolen.text, stolen.text
            streamed = await ben.request(method, path, headers={"accept": "text/event-stream"}, **options)
            assert streamed.status_code == 404
        for wrong in ("x", new_id(), token[:36], token + "A" * 600, new_id() + token[36:]):
            assert (await ann.get("/", params={"continue": wrong})).status_code in (400, 404)


async def test_an_answer_that_takes_long_is_asked_for_again(slow_dialects):
    requests = [("GET", "/", "params", "input_text", "output_text"), ("POST", "/", "json", "message", "response"),
                ("POST", "/chat", "json", "message", "response"), ("POST", "/main", "json", "message", "message")]

    async def whole(method, path, place, field, member):
        async with caller(slow_dialects) as client:
            answer = await client.request(method, path, **{place: {field: "x"}})
            assert answer.status_code == 202, answer.text
            if path == "/chat":
                assert answer.json()["success"] is False
            elif path == "/":
                session = answer.json()["session_id"]
            seen = []
            while answer.status_code == 202:
                assert set(answer.json()["partial"]) <= set("ab") and (path == "/chat" or member not in answer.json())
                seen.append(answer.json()["partial"])
                answer = await client.request(method, path, **{place: {"continue": answer.json()["continue"]}})
            assert answer.status_code == 200 and answer.json()[member] == "ab" * 60
            assert 2 <= len(seen) <= 6 and all(b.startswith(a) for a, b in zip(seen, seen[1:]))
            if path == "/":
                assert answer.json()["session_id"] == session

    await asyncio.gather(*(whole(*request) for request in requests))


async def test_a_stream_goes_on_where_it_was_cut(slow_dialects):
    async with caller(slow_dialects) as client:
        async with client.stream("POST", "/chat", json={"message": "x"}, headers={"accept": "text/event-stream"}) as response:
            token, buffer = response.headers["x-continue"], b""
            async for chunk in response.aiter_raw():
                buffer += chunk
                if buffer.count(b"\n\n") > 5:
                    break
        seen, _ = parse_frames(buffer)
        rest = await client.post("/chat", json={"continue": token},
                                 headers={"accept": "text/event-stream", "last-event-id": str(seen[-1].n)})
        events = seen + parse_frames(rest.content)[0]
        check_sequence(events)
        assert text_of(events) == "ab" * 60


# --- nobody in particular


async def test_without_a_principal_only_issued_sessions_hold_history(open_dialects):
    async with caller(open_dialects, None) as client:
        session = (await client.get("/", params={"input_text": "canary one"})).json()["session_id"]
        again = await client.get("/", params={"input_text": "two", "session_id": session})
        assert again.json() == {"session_id": session, "output_text": "two"}
        assert last_prompt(open_dialects) == [("user", "canary one"), ("assistant", "canary one"), ("user", "two")]
        client.cookies.clear()
        for id in ("default_session", "mine", new_id(), session.upper()):
            for _ in range(2):
                answer = await client.post("/", json={"message": "hello", "session_id": id})
                assert answer.json() == {"response": "hello", "output_text": "hello", "session_id": id}
                assert last_prompt(open_dialects) == [("user", "hello")], "echoed and answered without"
        bare = await client.post("/", json={"message": "hello"})
        assert bare.json()["session_id"] == "default_session"
        for path in ("/chat", "/main"):
            assert (await client.post(path, json={"message": "hello"})).status_code == 200
        role = await client.post("/main", json={"action": "addOrUpdate", "role": "x"})
        assert role.status_code == 400
        # What was answered without a history is deleted, and would have passed by itself; a session stays.
        with contextlib.closing(sqlite3.connect(f"file:{open_dialects.kaiwa.data}/kaiwa.db?mode=ro", uri=True)) as db:
            found = db.execute("SELECT DISTINCT stay, deleted_at IS NOT NULL FROM threads ORDER BY stay").fetchall()
        assert found == [(1, 1), (90, 0)]


async def test_without_a_principal_a_session_that_nobody_used_is_over(open_dialects):
    async with caller(open_dialects, None) as client:
        session = (await client.get("/", params={"input_text": "canary old"})).json()["session_id"]
        client.cookies.clear()
        for days, prompt in ((89, ["canary old", "canary old", "two"]), (90, ["two"])):
            with contextlib.closing(sqlite3.connect(f"{open_dialects.kaiwa.data}/kaiwa.db", timeout=20)) as db:
                newest = "SELECT n FROM threads WHERE stay = 90 AND deleted_at IS NULL ORDER BY n DESC LIMIT 1"
                db.execute(f"UPDATE threads SET updated_at = (unixepoch() - 60) * 1000 - {days} * 86400000 WHERE n = ({newest})")
                db.commit()
            again = await client.get("/", params={"input_text": "two", "session_id": session})
            assert again.json() == {"session_id": session, "output_text": "two"}
            assert [text for _, text in last_prompt(open_dialects)] == prompt


@pytest.fixture(scope="module", params=["sqlite", "dynamodb"])
def short_sessions(request, tmp_path_factory, models, dynamodb):
    """Sessions of 7 days, kept in either store."""
    tables = Tables(dynamodb)
    env = configuration(PRINCIPAL="anonymous", ANONYMOUS__REQUESTS_PER_MINUTE="100000", ANONYMOUS__SESSION_DAYS="7")
    env |= tables.store() if request.param == "dynamodb" else {}
    made = make_dialects(tmp_path_factory.mktemp(request.param), models, env)
    made.tables = tables if request.param == "dynamodb" else None
    yield made
    made.kaiwa.close()


def make_sessions_old(site) -> None:
    """Nobody has asked in any session for 8 days."""
    if not site.tables:
        with contextlib.closing(sqlite3.connect(f"{site.kaiwa.data}/kaiwa.db", timeout=20)) as db:
            assert db.execute("UPDATE threads SET updated_at = updated_at - 8 * 86400000 WHERE stay = 7").rowcount
            return db.commit()
    client, table = site.tables.client, site.tables.name("chats")
    threads = [item for item in client.scan(TableName=table)["Items"] if item["SK"]["S"] == "THREAD"]
    assert threads
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=8)
    for item in threads:
        client.update_item(TableName=table, Key={name: item[name] for name in ("PK", "SK")},
                           UpdateExpression="SET createdAt = :t",
                           ExpressionAttributeValues={":t": {"S": before.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}})


async def test_without_a_principal_a_browser_whose_session_is_over_gets_another(short_sessions):
    async with caller(short_sessions, None) as client:
        first = await client.get("/", params={"input_text": "one"})
        make_sessions_old(short_sessions)
        for name in (None, new_id()):  # a session that is over, and one that is no more
            if name:
                client.cookies.clear()
                client.cookies.set("kaiwa-lambda-url", name)
            second = await client.get("/", params={"input_text": "two"})
            session = second.json()["session_id"]
            assert session not in (first.json()["session_id"], name)
            assert f"kaiwa-lambda-url={session};" in second.headers["set-cookie"]
            assert last_prompt(short_sessions) == [("user", "two")]
            client.cookies.clear()
            third = await client.get("/", params={"input_text": "three"}, headers={"cookie": f"kaiwa-lambda-url={session}"})
            assert third.json()["session_id"] == session and "set-cookie" not in third.headers
            assert last_prompt(short_sessions) == [("user", "two"), ("assistant", "two"), ("user", "three")]


async def test_without_a_principal_nobody_reaches_another_through_a_key(open_dialects):
    async with caller(open_dialects, None) as one, caller(open_dialects, None) as two:
        headers = {"idempotency-key": "same"}
        first = await one.get("/", params={"input_text": "canary"}, headers=headers)
        second = await two.get("/", params={"input_text": "canary"}, headers=headers)
        assert first.json()["session_id"] != second.json()["session_id"]


async def test_without_a_principal_there_are_limits(tmp_path, models):
    env = configuration(PRINCIPAL="anonymous", ANONYMOUS__REQUESTS_PER_MINUTE="8", ANONYMOUS__TURNS_AT_ONCE="2",
                        ANONYMOUS__MAX_MESSAGE_BYTES="100")
    site = make_dialects(tmp_path, models, env | {"KAIWA_CHAT__DEFAULT_MODEL": f"local/{SLOW}"})
    try:
        async with caller(site, None) as client:
            long = await client.post("/chat", json={"message": "x" * 101})
            assert (long.status_code, long.json()["success"]) == (413, False)
            before = models.count(SLOW)
            running = [asyncio.ensure_future(client.post("/main", json={"message": "x"})) for _ in range(2)]
            while models.count(SLOW) < before + 2:
                assert not any(answer.done() for answer in running), "one was refused though two may run"
                await asyncio.sleep(0.02)
            busy = await client.post("/main", json={"message": "x"})
            assert (busy.status_code, set(busy.json())) == (429, {"message"})
            assert busy.headers["retry-after"]
            assert [answer.status_code for answer in await asyncio.gather(*running)] == [200, 200]
            codes = [(await client.post("/main", json={})).status_code for _ in range(12)]
            assert codes.count(429) >= 3 and codes[0] == 400
            limited = await client.post("/", json={"message": "x"})
            assert (limited.status_code, set(limited.json())) == (429, {"error", "details"})
    finally:
        site.kaiwa.close()
