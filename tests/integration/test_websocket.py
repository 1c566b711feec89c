"""The WebSocket `kaiwa.v1`."""

import asyncio

import pytest
import websockets

from support.client import Client, Event, check_sequence, new_id, text_of

pytestmark = pytest.mark.anyio


async def test_one_socket_follows_many_answers_at_once(ann):
    thread = await ann.new_thread()
    async with ann.websocket() as socket:
        turns = [await ann.ask(thread, f"{i}", "stream;tokens=30;rate=100") for i in range(12)]
        for turn in turns:
            await socket.follow(turn.generation)
        seen: dict[str, list[Event]] = {turn.generation: [] for turn in turns}
        ended = 0
        while ended < len(turns):
            frame = await socket.next()
            if frame["type"] == "thread":
                continue
            events = seen[frame["generation"]]
            events.append(Event(frame["n"], frame["type"], frame["data"]))
            ended += frame["type"] == "done"
        for events in seen.values():
            check_sequence(events)
            assert text_of(events) == "word " * 30


async def test_an_unfollowed_answer_falls_silent(ann):
    thread = await ann.new_thread()
    turn = await ann.ask(thread, "hello", "stream;tokens=300;rate=50")
    async with ann.websocket() as socket:
        await socket.follow(turn.generation)
        while (await socket.next())["type"] != "text":
            pass
        await socket.send({"unfollow": turn.generation})
        await socket.send({"follow": "x"})  # its refusal marks the place
        while (await socket.next())["type"] != "problem":
            pass
        try:
            async with asyncio.timeout(0.4):
                while True:
                    assert (await socket.next())["type"] == "thread"
        except TimeoutError:
            pass
        await socket.follow(turn.generation, 0)
        frame = await socket.next()
        while frame["type"] == "thread":
            frame = await socket.next()
        assert frame["n"] == 1, "followed again from the first"
    await ann.call("POST", f"/api/generations/{turn.generation}/stop")


async def test_commands_that_make_no_sense_are_answered_and_survived(ann):
    commands = ["", "{", "[]", "null", "{}", '{"follow":1}', '{"follow":"x","after":-1}', '{"follow":"x","extra":1}',
                '{"follow":"x","unfollow":"x"}', '{"after":1}', "\x00", '{"follow":"' + "x" * 300 + '"}']
    async with ann.websocket() as socket:
        for command in commands:
            await socket.send(command)
            answer = await socket.next()
            assert answer["type"] == "problem" and answer["status"] in (400, 404), (command, answer)
        for generation in (new_id(), "x"):
            await socket.follow(generation)
            answer = await socket.next()
            assert (answer["status"], answer["generation"]) == (404, generation)
        await socket.send({"unfollow": new_id()})
        turn = await ann.ask(await ann.new_thread(), "still here", "echo")
        await socket.follow(turn.generation)
        while (await socket.next())["type"] != "done":
            pass
    for bad in ("x" * 5000, b"\x00\xff"):
        async with ann.websocket() as socket:
            await socket.connection.send(bad)
            with pytest.raises(websockets.ConnectionClosed):
                while True:
                    await socket.next()


async def test_a_socket_follows_a_bounded_number_of_answers(ann):
    thread = await ann.new_thread()
    turns = await asyncio.gather(*(ann.ask(thread, "hello", "stream;tokens=100;first_delay=20000") for _ in range(66)))
    async with ann.websocket() as socket:
        for turn in turns:
            await socket.follow(turn.generation)
        refused = set()
        while len(refused) < 2:
            frame = await socket.next()
            if frame["type"] == "problem":
                assert frame["code"] == "too_many_requests"
                refused.add(frame["generation"])
        assert refused == {turn.generation for turn in turns[64:]}
    await asyncio.gather(*(ann.call("POST", f"/api/generations/{turn.generation}/stop") for turn in turns))


async def test_other_pages_hear_of_changes_to_the_list(site, ann, ben):
    async with Client(site.kaiwa.url, cookie=site.cookies["ann"]) as elsewhere, \
            elsewhere.websocket() as socket, ben.websocket() as bens:
        thread = await ann.new_thread(title="new")
        while (notice := await socket.next()).get("thread", {}).get("id") != thread:
            assert notice["type"] == "thread"  # the answers that the test before stopped
        assert "settings" not in notice["thread"] and notice["thread"]["running"] is False
        await ann.ok("PATCH", f"/api/threads/{thread}", {"title": "renamed"})
        assert (await socket.next())["thread"]["title"] == "renamed"
        turn = await ann.ask(thread, "hello", "stream;tokens=5;rate=20")
        running = []
        while not running or running[-1]:
            running.append((await socket.next())["thread"]["running"])
        assert running[0] is True
        assert (await ann.message(turn))["state"] == "complete"
        await ann.ok("DELETE", f"/api/threads/{thread}")
        assert await socket.next() == {"type": "thread", "deleted": thread}
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await bens.next()


async def test_a_foreign_page_gets_no_socket(site):
    address = site.kaiwa.url.replace("http:", "ws:") + "/api/ws"
    cookie = {"cookie": site.cookies["ann"]}
    for origin, status in (("http://evil.example", 403), (None, 403), (site.kaiwa.url, 101)):
        try:
            async with websockets.connect(address, origin=origin, additional_headers=cookie,
                                          subprotocols=["kaiwa.v1"], proxy=None):
                got = 101
        except websockets.InvalidStatus as refused:
            got = refused.response.status_code
        assert got == status, origin
    async with Client(site.kaiwa.url, key=site.keys["ann"]) as ann:
        handshake = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}
        for headers in ({}, handshake | {"sec-websocket-version": "8"}):
            response = await ann.call("GET", "/api/ws", headers=headers)
            assert (response.status_code, response.json()["code"]) == (426, "upgrade_required"), headers
            told = {name: response.headers[name] for name in ("upgrade", "connection", "sec-websocket-version")}
            assert told == {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13"}
        response = await ann.call("GET", "/api/ws", headers=handshake | {"sec-websocket-version": "13", "sec-websocket-key": "short"})
        assert response.status_code == 400
    with pytest.raises(websockets.InvalidStatus) as nobody:
        async with websockets.connect(address, origin=site.kaiwa.url, subprotocols=["kaiwa.v1"], proxy=None):
            pass
    assert nobody.value.response.status_code == 401
