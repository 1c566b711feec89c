"""The JSON shapes of other systems, called as their own clients call them."""

import asyncio
import json
import socket

import pytest

from support.client import Client, check_sequence, new_id, parse_frames, text_of
from support.dialects import caller, configuration, last_body, last_prompt, make_dialects

pytestmark = pytest.mark.anyio

GATEWAY_HEADERS = "Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token"


# --- S1, the Lambda function URL


async def test_an_address_asks_and_the_session_goes_on(dialects):
    async with caller(dialects) as client:
        first = await client.get("/", params={"input_text": "おはようございます。"})
        assert first.status_code == 200, first.text
        assert first.headers["content-type"] == "application/json"
        assert list(first.json()) == ["session_id", "output_text"]
        assert first.json()["output_text"] == "おはようございます。"
        session = first.json()["session_id"]
        second = await client.get("/", params={"session_id": session, "input_text": "続き"})
        assert second.json() == {"session_id": session, "output_text": "続き"}
        assert last_prompt(dialects) == [("user", "おはようございます。"), ("assistant", "おはようございます。"), ("user", "続き")]
        body = last_body(dialects)
        assert (body["max_tokens"], body["temperature"]) == (1000, 0.5)


async def test_a_client_without_a_session_keeps_it_in_a_cookie(dialects):
    async with caller(dialects) as client:
        first = await client.get("/", params={"input_text": "one"})
        cookie = first.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
        second = await client.get("/", params={"input_text": "two"})
        assert second.json()["session_id"] == first.json()["session_id"]
        assert "set-cookie" not in second.headers
        assert ("user", "one") in last_prompt(dialects)
        other = await client.get("/", params={"input_text": "three", "session_id": "my own"})
        assert other.json()["session_id"] == "my own"


async def test_the_page_of_s1_posts_a_message(dialects):
    async with caller(dialects) as client:
        answer = await client.post("/", json={"message": "こんにちは", "session_id": "nuxt"})
        assert answer.json() == {"response": "こんにちは", "output_text": "こんにちは", "session_id": "nuxt"}
        answer = await client.post("/", json={"input_text": "やあ", "session_id": "nuxt"})
        assert answer.json() == {"session_id": "nuxt", "output_text": "やあ"}


async def test_the_root_without_a_question_stays_the_page(dialects):
    async with caller(dialects, None) as client:
        for path in ("/", "/?x=1", "/?session_id=x"):
            page = await client.get(path)
            assert page.status_code == 200 and page.headers["content-type"].startswith("text/html"), path


# --- S2, simplechat


async def test_simplechat_answers_with_the_history_that_it_was_given(dialects):
    history = [{"role": "user", "content": "空を見て"}, {"role": "assistant", "content": "はい"}]
    async with caller(dialects) as client:
        for path in ("/chat", "//chat", "/prod/chat", "/Prod//chat"):
            answer = await client.post(dialects.kaiwa.url + path, json={"message": "色は?", "conversationHistory": history})
            assert answer.status_code == 200, (path, answer.text)
            added = [{"role": "user", "content": "色は?"}, {"role": "assistant", "content": "色は?"}]
            assert answer.json() == {"success": True, "response": "色は?", "conversationHistory": history + added}
        assert last_prompt(dialects) == [("user", "空を見て"), ("assistant", "はい"), ("user", "色は?")]


async def test_simplechat_takes_a_token_without_bearer_and_any_content_type(dialects):
    async with caller(dialects, None) as client:
        headers = {"authorization": dialects.keys["ann"], "content-type": "text/plain;charset=UTF-8"}
        answer = await client.post("/chat", content=b'{"message":"x"}', headers=headers)
        assert answer.json()["success"] is True


async def test_simplechats_prototype_names_its_conversation(dialects):
    async with caller(dialects) as client:
        body = {"message": "one", "conversationId": new_id(), "messageId": "m-1"}
        first = (await client.post("/chat", json=body)).json()
        assert (first["conversationId"], first["messageId"]) == (body["conversationId"], "m-1")
        await client.post("/chat", json=body | {"message": "two", "messageId": "m-2"})
        assert last_prompt(dialects) == [("user", "one"), ("assistant", "one"), ("user", "two")]
        before = dialects.models.count("echo")
        again = await client.post("/chat", json=body)
        assert again.json()["response"] == "one" and dialects.models.count("echo") == before, "the same message once"
        clash = await client.post("/chat", json=body | {"message": "another"})
        assert clash.status_code == 409
        assert clash.json()["success"] is False and clash.json()["error"] == clash.json()["message"]


# --- S3, GPTGRAM


async def test_gptgram_answers_in_its_role(dialects):
    async with caller(dialects) as client:
        answer = await client.post("/main", json={"message": "Cとは", "role": "あなたは先生です。"})
        assert answer.json() == {"message": "Cとは"}
        prompt = last_prompt(dialects)
        assert prompt[0][0] == "system" and prompt[0][1].endswith("あなたは先生です。")
        assert prompt[0][1].startswith("Answer briefly")
        assert prompt[1:] == [("user", "Cとは")]
        assert last_body(dialects)["max_tokens"] == 300
        without = await client.post("/Prod/main", json={"message": "x"})
        assert without.json() == {"message": "x"} and last_prompt(dialects)[1:] == [("user", "x")]


async def test_gptgram_keeps_a_role_for_each_person(dialects):
    async with caller(dialects) as ann, caller(dialects, "ben") as ben:
        absent = await ann.post("/main", json={"action": "get"})
        assert (absent.status_code, list(absent.json())) == (404, ["error"])
        for role in ("先生", "詩人"):
            put = await ann.post("/main", json={"action": "addOrUpdate", "role": role})
            assert put.json() == {"message": "Role added or updated successfully"}
        assert (await ann.post("/main", json={"action": "get"})).json()["Role"] == "詩人"
        assert (await ben.post("/main", json={"action": "get"})).status_code == 404
        assert (await ann.post("/main", json={"action": "delete"})).json() == {"message": "Role deleted successfully"}
        assert (await ann.post("/main", json={"action": "get"})).status_code == 404
        assert (await ann.post("/main", json={"action": "delete"})).status_code == 200


# --- S4, private RAG


async def test_private_rags_page_sends_a_message_and_reads_the_response(dialects):
    async with caller(dialects) as client:
        data = json.dumps({"message": "経費は"}).encode()
        answer = await client.post("/", content=data, headers={"content-type": "application/json"})
        assert answer.json()["response"] == "経費は"
        assert answer.json()["session_id"] == "default_session"
        named = await client.post("/prod/", json={"message": "x", "session_id": "s-4"})
        assert named.json() == {"response": "x", "output_text": "x", "session_id": "s-4"}


# --- what all of them do


async def test_preflights_and_answers_allow_other_origins(dialects):
    lists = {"/": ("*", "*"), "/chat": (GATEWAY_HEADERS, "OPTIONS,POST"), "/main": ("Authorization,Content-Type", "POST,OPTIONS")}
    async with caller(dialects) as client:
        for path, (names, methods) in lists.items():
            preflight = await client.request("OPTIONS", path, headers={
                "origin": "https://web.example", "access-control-request-method": "POST",
                "access-control-request-headers": "content-type"})
            assert preflight.status_code == 200 and preflight.content == b"", path
            assert preflight.headers["access-control-allow-origin"] == "*"
            assert preflight.headers["access-control-allow-headers"] == names
            assert preflight.headers["access-control-allow-methods"] == methods
        answer = await client.post("/chat", json={"message": "x"}, headers={"origin": "https://web.example"})
        assert answer.headers["access-control-allow-headers"] == GATEWAY_HEADERS
        failure = await client.post("/chat", json={}, headers={"origin": "https://web.example"})
        assert failure.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-headers" not in failure.headers
        api = await client.request("OPTIONS", "/api/threads", headers={"origin": "https://web.example"})
        assert "access-control-allow-origin" not in api.headers
        assert "access-control-allow-origin" not in (await client.get("/")).headers


async def test_any_host_is_answered(dialects):
    async with caller(dialects) as client:
        headers = {"host": "abc.execute-api.ap-northeast-1.amazonaws.com"}
        assert (await client.post("/chat", json={"message": "x"}, headers=headers)).status_code == 200
        assert (await client.get("/api/session", headers=headers)).status_code == 421


async def test_whoever_proves_nothing_is_refused_with_the_systems_own_keys(dialects):
    cookies = {"cookie": f"kaiwa={dialects.keys['ann']}"}
    async with caller(dialects, None) as client:
        before = dialects.models.total()
        for headers in ({}, cookies, {"authorization": "Bearer kw_x"}, {"x-api-key": dialects.keys["ann"]}):
            chat = await client.post("/chat", json={"message": "x"}, headers=headers)
            assert (chat.status_code, chat.json()) == (401, {"success": False, "error": "Unauthorized", "message": "Unauthorized"})
            main = await client.post("/main", json={"message": "x"}, headers=headers)
            assert (main.status_code, main.json()) == (401, {"message": "Unauthorized"})
            root = await client.post("/", json={"message": "x"}, headers=headers)
            assert (root.status_code, set(root.json())) == (401, {"error", "details"})
            url = await client.get("/", params={"input_text": "x"}, headers=headers)
            assert (url.status_code, url.json()) == (401, {"Message": "Unauthorized"})
        assert dialects.models.total() == before


def test_whoever_proves_nothing_is_refused_before_the_body_is_sent(dialects):
    for path in ("/chat", "/main", "/"):
        with socket.create_connection(("127.0.0.1", dialects.kaiwa.port), timeout=20) as line:
            line.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n".encode())
            assert line.recv(12) == b"HTTP/1.1 401", path


async def test_wrong_bodies_are_refused_with_the_systems_own_keys(dialects):
    keys = {"/chat": {"success", "error", "message"}, "/main": {"message"}, "/": {"error", "details"}}
    bodies = [b"", b"null", b"[]", b"{", b"{}", b'{"message":""}', '{"message":" \u3000"}'.encode(), b'{"message":7}', b'{"message":null}', b"\xff",
              b'{"message":"\xff"}', b'{"message":"\\ud83d"}', b"[" * 5000, b'{"message":"x","a":1e400}',
              b'{"message":"' + b"x" * 262_145 + b'"}', b'{"message":"x","continue":7}']
    async with caller(dialects) as client:
        before = dialects.models.total()
        for path, names in keys.items():
            for body in bodies:
                answer = await client.post(path, content=body)
                assert (answer.status_code, set(answer.json())) == (400, names), (path, body[:40], answer.text)
            large = await client.post(path, content=b'{"message":"' + b"x" * 3_000_000 + b'"}')
            assert (large.status_code, set(large.json())) == (413, names)
            assert (await client.put(path, json={})).status_code == 405
        for path in ("/chat", "/main"):
            assert (await client.get(path)).status_code == 405
        missing = await client.get("/", params={"input_text": ""})
        assert (missing.status_code, set(missing.json())) == (400, {"Message"})
        assert (await client.get("/", params={"input_text": "x", "session_id": "x" * 300})).status_code == 400
        for query in ("input_text=%ff", "input_text=x&session_id=%E4%BC", "input_text=%00", "continue=%zz", "input_text=x&%ff=1"):
            unreadable = await client.get(f"/?{query}")
            assert (unreadable.status_code, set(unreadable.json())) == (400, {"Message"}), query
        unreadable = await client.post("/chat?x=%ff", json={"message": "x"})
        assert (unreadable.status_code, set(unreadable.json())) == (400, keys["/chat"])
        assert (await client.get("/api/models?x=%ff")).json()["code"] == "invalid_request"
        assert dialects.models.total() == before


async def test_a_head_that_is_too_large_is_refused_with_the_systems_own_keys(dialects):
    long = "x" * 20_000
    async with caller(dialects) as client:
        asked = await client.get("/", params={"input_text": "あ" * 5_000})
        for answer, keys in (
            (asked, {"Message"}),
            (await client.get("/", params={"input_text": "x"}, headers={"a": long}), {"Message"}),
            (await client.get("/", params={"input_text": "x"}, headers=[("a", "b")] * 120), {"Message"}),
            (await client.post("/chat", json={"message": "x"}, headers={"a": long}), {"success", "error", "message"}),
        ):
            assert (answer.status_code, set(answer.json())) == (431, keys), answer.text
            assert answer.headers["access-control-allow-origin"] == "*"
        unsound = await client.post("/chat", content=b"{}", headers={"content-length": "2", "transfer-encoding": "chunked"})
        assert (unsound.status_code, set(unsound.json())) == (400, {"success", "error", "message"}), unsound.text
        for path in ("/api/threads", "/", f"/{long}"):
            other = await client.get(path, headers={"a": long})
            assert other.status_code == 431 and other.json()["code"] == "head_too_large", path
            assert "access-control-allow-origin" not in other.headers


async def test_a_model_that_fails_is_told_with_the_systems_own_keys(tmp_path, models):
    env = configuration() | {"KAIWA_CHAT__DEFAULT_MODEL": "local/fixed;status=401;message=secret-canary"}
    site = make_dialects(tmp_path, models, env)
    try:
        async with caller(site) as client:
            chat = await client.post("/chat", json={"message": "x"})
            assert chat.status_code == 500 and chat.json()["success"] is False
            assert chat.json()["error"] == chat.json()["message"]
            main = await client.post("/main", json={"message": "x"})
            assert main.status_code == 500 and main.json() == {"message": "The answer could not be written; try again."}
            root = await client.post("/", json={"message": "x"})
            assert root.status_code == 500 and root.json()["error"] == "Internal server error" and root.json()["details"]
            url = await client.get("/", params={"input_text": "x"})
            assert url.status_code == 500 and set(url.json()) == {"Message"}
            for answer in (chat, main, root, url):
                assert "model-key-canary" not in answer.text and answer.headers["access-control-allow-origin"] == "*"
    finally:
        site.kaiwa.close()


async def test_a_cut_answer_says_so(tmp_path, models):
    site = make_dialects(tmp_path, models, configuration() | {"KAIWA_CHAT__DEFAULT_MODEL": "local/fixed;text=ab;finish=length"})
    try:
        async with caller(site) as client:
            assert (await client.post("/main", json={"message": "x"})).json() == {"message": "ab", "finish": "length"}
    finally:
        site.kaiwa.close()


async def test_each_streams_our_events(dialects):
    requests = [("GET", "/", {"params": {"input_text": "streamed"}}), ("POST", "/", {"json": {"message": "streamed"}}),
                ("POST", "/chat", {"json": {"message": "streamed"}}), ("POST", "/main", {"json": {"message": "streamed"}})]
    async with caller(dialects) as client:
        for method, path, options in requests:
            answer = await client.request(method, path, headers={"accept": "text/event-stream"}, **options)
            assert answer.headers["content-type"] == "text/event-stream", (path, answer.text)
            assert answer.headers["access-control-allow-origin"] == "*"
            events, rest = parse_frames(answer.content)
            check_sequence(events)
            assert text_of(events) == "streamed" and rest == b""
            assert answer.headers["x-continue"]


async def test_what_a_client_would_rather_have_decides(dialects):
    async with caller(dialects) as client:
        for accept in ("application/json, text/event-stream;q=0.9", "text/event-stream;q=0", "*/*"):
            answer = await client.get("/", params={"input_text": "weighed"}, headers={"accept": accept})
            assert answer.headers["content-type"] == "application/json" and answer.json()["output_text"] == "weighed", accept
        for accept in ("application/json, text/event-stream", "application/json;q=0.1, text/event-stream;q=0.2"):
            answer = await client.get("/", params={"input_text": "weighed"}, headers={"accept": accept})
            assert answer.headers["content-type"] == "text/event-stream", accept


async def test_the_same_key_again_is_the_same_answer_and_one_run(dialects):
    requests = [("GET", "/", {"params": {"input_text": "once"}}), ("POST", "/", {"json": {"message": "once", "session_id": new_id()}}),
                ("POST", "/chat", {"json": {"message": "once"}}), ("POST", "/main", {"json": {"message": "once"}})]
    async with caller(dialects) as client:
        for method, path, options in requests:
            headers = {"idempotency-key": new_id()}
            client.cookies.clear()
            before = dialects.models.count("echo")
            answers = await asyncio.gather(*(client.request(method, path, headers=headers, **options) for _ in range(8)))
            assert {answer.status_code for answer in answers} == {200}
            assert len({answer.text for answer in answers}) == 1, path
            assert dialects.models.count("echo") == before + 1, path
        body = {"message": "another"}
        clash = await client.post("/main", json=body, headers=headers)
        assert clash.status_code == 409 and set(clash.json()) == {"message"}


async def test_turns_are_real_ones(tmp_path, models):
    """What a dialect asked is in its owner's list, and survives a kill."""
    own_site = make_dialects(tmp_path, models, configuration())
    async with caller(own_site) as client:
        await client.get("/", params={"input_text": "kept", "session_id": "s"})
    own_site.kaiwa.kill()
    own_site.kaiwa.start()
    async with Client(own_site.kaiwa.url, key=own_site.keys["ann"]) as ann:
        [thread] = (await ann.ok("GET", "/api/threads"))["items"]
        assert thread["title"] == "kept"
        assert [m["text"] for m in await ann.messages(thread["id"])] == ["kept", "kept"]
    async with caller(own_site) as client:
        await client.get("/", params={"input_text": "more", "session_id": "s"})
    assert last_prompt(own_site) == [("user", "kept"), ("assistant", "kept"), ("user", "more")]
    own_site.kaiwa.close()


async def test_nothing_is_there_until_it_is_named(tmp_path, models):
    site = make_dialects(tmp_path, models, {})
    async with caller(site) as client:
        for path in ("/", "/chat", "/main", "//chat", "/prod/chat"):
            answer = await client.post(site.kaiwa.url + path, json={"message": "x"})
            assert answer.status_code == 404, path
            assert "access-control-allow-origin" not in answer.headers
        page = await client.get("/", params={"input_text": "x"})
        assert page.headers["content-type"].startswith("text/html")
    site.kaiwa.close()
