"""Two servers on the same tables of DynamoDB: whoever reads or writes, on whichever of them."""

import asyncio
import time
import uuid
from types import SimpleNamespace

import pytest
import websockets

from conftest import PASSWORD, add_key, add_user
from support.client import Client, check_sequence, new_id, text_of
from support.servers import Kaiwa

pytestmark = pytest.mark.anyio
LEASE = 15


@pytest.fixture
def replicas(tmp_path, models, dynamodb):
    name = uuid.uuid4().hex[:12]
    env = {
        "KAIWA_STORE__KIND": "dynamodb",
        "KAIWA_STORE__DYNAMODB__TABLE": f"chats-{name}",
        "KAIWA_STORE__DYNAMODB__USER_TABLE": f"users-{name}",
        "KAIWA_STORE__DYNAMODB__CREATE_TABLES": "true",
        "KAIWA_STORE__DYNAMODB__ENDPOINT": dynamodb,
        "KAIWA_STORE__DYNAMODB__REGION": "us-east-1",
        "KAIWA_SECRET": "a secret that both of them know, of 32 and more",
        "AWS_ACCESS_KEY_ID": "kaiwatest",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = Kaiwa(tmp_path / "one", models, env)
    two = Kaiwa(tmp_path / "two", models, env)
    try:
        add_user(one, "root", "administrator")
        add_user(two, "ann")
        yield SimpleNamespace(one=one, two=two, key=add_key(one, "ann"), models=models)
    finally:
        one.close()
        two.close()


async def test_what_one_writes_the_other_shows_at_once(replicas):
    async with Client(replicas.one.url) as one, Client(replicas.two.url) as two:
        await one.sign_in("ann", PASSWORD)
        # The cookie of one is good at the other, until it is ended there.
        two.http.cookies = one.http.cookies
        thread = await one.new_thread(title="共有")
        turn = await two.ask(thread, "hello", model="fixed;text=会話")
        events = await one.sse(turn.generation)
        check_sequence(events)
        assert events[-1].type == "done"
        assert text_of(events) == "会話"
        assert (await one.message(turn))["text"] == "会話"
        await two.ok("PATCH", f"/api/threads/{thread}", {"title": "改名"})
        assert (await one.ok("GET", f"/api/threads/{thread}"))["title"] == "改名"
        await two.ok("DELETE", "/api/session")
        # A server believes what it read of a session for less than half a second.
        ended = time.monotonic()
        while (await one.call("GET", "/api/threads")).status_code == 200:
            assert time.monotonic() - ended < 1
            await asyncio.sleep(0.05)
        assert (await one.call("GET", "/api/threads")).status_code == 401


async def test_a_killed_servers_answer_is_read_to_its_end_at_the_other(replicas):
    async with Client(replicas.one.url, key=replicas.key) as one, Client(replicas.two.url, key=replicas.key) as two:
        thread = await one.new_thread()
        turn = await one.ask(thread, "long", model="stream;tokens=2000;rate=20;chunk=こん")
        reading = asyncio.create_task(two.sse(turn.generation))
        shown = await one.sse(turn.generation, limit=40)
        replicas.one.kill()
        killed = time.monotonic()
        events = await asyncio.wait_for(reading, LEASE + 20)
        assert time.monotonic() - killed < LEASE + 10
        assert events[-1].type == "interrupted"
        numbers = [event.n for event in events]
        assert numbers == sorted(set(numbers))
        text = text_of(events)
        message = await two.message(turn)
        assert message["state"] == "interrupted"
        assert message["text"] == text
        assert len(text.encode()) == events[-1].data["length"]
        # What the first one showed and had saved is the beginning of it.
        saved = text_of([event for event in shown if event.n <= events[-2].n])
        assert text.startswith(saved)
        again = await two.ask(thread, "next", model="fixed;text=ok")
        assert (await two.sse(again.generation))[-1].type == "done"


async def test_a_stop_at_the_other_server_arrives_within_a_second(replicas):
    async with Client(replicas.one.url, key=replicas.key) as one, Client(replicas.two.url, key=replicas.key) as two:
        thread = await one.new_thread()
        turn = await one.ask(thread, "long", model="stream;tokens=2000;rate=20;chunk=こん")
        await one.sse(turn.generation, limit=5)
        reading = asyncio.create_task(one.sse(turn.generation))
        asked = time.monotonic()
        response = await two.call("POST", f"/api/generations/{turn.generation}/stop")
        assert response.status_code == 202
        events = await asyncio.wait_for(reading, 20)
        assert events[-1].type == "stopped"
        assert time.monotonic() - asked < 2.5  # a second, on a machine that does other things
        assert (await two.message(turn))["state"] == "stopped"


async def test_a_server_that_goes_sends_its_readers_to_the_other_in_order(replicas):
    async with Client(replicas.one.url, key=replicas.key) as one, Client(replicas.two.url, key=replicas.key) as two:
        thread = await one.new_thread()
        # Some words, and then nothing for as long as the model's server keeps the line open.
        turn = await one.ask(thread, "long", model="stream;tokens=20;chunk=こん;stall=1200")
        read = []
        async with two.stream(turn.generation) as events, two.websocket() as socket:
            await socket.follow(turn.generation)
            assert (await socket.next())["generation"] == turn.generation
            while not read or read[-1].type != "text":
                read.append(await anext(events))
            replicas.two.program.terminate()
            async for event in events:  # a stream that is cut raises
                read.append(event)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                while True:
                    await socket.next()
            assert closed.value.rcvd.code == 1001
        assert await asyncio.to_thread(replicas.two.program.wait, 20) == 0
        # The answer goes on, and so does whoever comes to the other server with the last number.
        await one.ok("POST", f"/api/generations/{turn.generation}/stop")
        read += await one.sse(turn.generation, after=read[-1].n)
        check_sequence(read)
        assert read[-1].type == "stopped" and text_of(read) == (await one.message(turn))["text"]


async def test_one_key_at_both_servers_at_once_is_one_run(replicas):
    async with Client(replicas.one.url, key=replicas.key) as one, Client(replicas.two.url, key=replicas.key) as two:
        thread = await one.new_thread()
        message = new_id()
        model = f"fixed;text={message}"
        body = {"message": {"id": message, "text": "once"}, "model": f"local/{model}"}
        calls = [client.ok("POST", f"/api/threads/{thread}/turns", body) for client in (one, two) * 10]
        tickets = await asyncio.gather(*calls)
        assert all(ticket == tickets[0] for ticket in tickets)
        events = await two.sse(tickets[0]["generation"])
        assert events[-1].type == "done"
        assert replicas.models.count(model) == 1
        assert len(await one.messages(thread)) == 2
