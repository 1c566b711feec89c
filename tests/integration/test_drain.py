"""SIGTERM while answers are being written."""

import asyncio
import socket
import time

import httpx
import pytest

from conftest import make_site
from support.client import Client, check_sequence, new_id, text_of

pytestmark = pytest.mark.anyio


async def until_all_read(seen: list[list]):
    """Waits until every reader has its first event: all are connected."""
    deadline = time.monotonic() + 20
    while not all(seen):
        assert time.monotonic() < deadline, f"{sum(map(bool, seen))} of {len(seen)} readers read something"
        await asyncio.sleep(0.02)


async def test_running_answers_are_finished_and_new_ones_refused(own_site):
    kaiwa = own_site.kaiwa
    async with Client(kaiwa.url, key=own_site.keys["ann"]) as client:
        thread = await client.new_thread()
        model = "stream;tokens=80;rate=5"  # longer than 200 readers take to come on a slow machine
        turns = await asyncio.gather(*(client.ask(thread, f"{i}", model) for i in range(200)))
        seen = [[] for _ in turns]
        readers = [asyncio.create_task(client.sse(turn.generation, read=read)) for turn, read in zip(turns[:180], seen)]
        sockets = [asyncio.create_task(client.ws(turn.generation, read=read)) for turn, read in zip(turns[180:], seen[180:])]
        await until_all_read(seen)
        kaiwa.program.terminate()
        while (await client.call("GET", "/readyz")).status_code == 200:
            assert not all(task.done() for task in readers), "it is not ready while answers are still written"
        assert (await client.call("GET", "/healthz")).status_code == 200
        body = {"message": {"id": new_id(), "text": "too late"}}
        refused = await client.call("POST", f"/api/threads/{thread}/turns", body)
        assert (refused.status_code, refused.json()["code"]) == (503, "draining")
        assert int(refused.headers["retry-after"]) >= 1

        for events in await asyncio.gather(*readers, *sockets):
            check_sequence(events)
            assert events[-1].type == "done" and text_of(events) == "word " * 80
    assert await asyncio.to_thread(kaiwa.program.wait, 30) == 0

    kaiwa.start()
    async with Client(kaiwa.url, key=own_site.keys["ann"]) as client:
        for turn in turns[::20]:
            assert (await client.poll(turn.generation))[-1].type == "done"


async def test_answers_that_take_too_long_are_kept_as_interrupted(tmp_path, models):
    site = make_site(tmp_path, models, {"KAIWA_SERVER__DRAIN_TIME": "1s"})
    try:
        async with Client(site.kaiwa.url, key=site.keys["ann"]) as client:
            thread = await client.new_thread()
            turns = await asyncio.gather(*(client.ask(thread, f"{i}", "stream;tokens=2000;rate=20") for i in range(50)))
            seen = [[] for _ in turns]
            readers = [asyncio.create_task(client.sse(turn.generation, read=read)) for turn, read in zip(turns, seen)]
            await until_all_read(seen)
            site.kaiwa.program.terminate()
            streams = await asyncio.gather(*readers)
        assert await asyncio.to_thread(site.kaiwa.program.wait, 30) == 0
        for events in streams:
            check_sequence(events)
            assert events[-1].type == "interrupted" and text_of(events)
            assert events[-1].data["length"] == len(text_of(events))

        site.kaiwa.start()
        async with Client(site.kaiwa.url, key=site.keys["ann"]) as client:
            for turn, seen in zip(turns[:10], streams[:10]):
                assert await client.sse(turn.generation) == seen
    finally:
        site.kaiwa.close()


async def test_a_request_that_never_comes_whole_does_not_keep_the_server(tmp_path, models):
    """After the drain time it is gone within a second."""
    site = make_site(tmp_path, models, {"KAIWA_SERVER__DRAIN_TIME": "1s"})
    try:
        async with Client(site.kaiwa.url, key=site.keys["ann"]) as client:
            thread = await client.new_thread()
            await client.ask(thread, "slow", "stream;tokens=2000;rate=20")
        with socket.create_connection(("127.0.0.1", site.kaiwa.port)) as half:
            half.sendall(f"POST /api/threads HTTP/1.1\r\nHost: 127.0.0.1:{site.kaiwa.port}\r\nAuthorization: Bearer {site.keys['ann']}\r\n"
                         "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode())
            await asyncio.sleep(0.2)
            begun = time.monotonic()
            assert await asyncio.to_thread(site.kaiwa.stop) == 0
            assert time.monotonic() - begun < 2.7, "the drain time, a second, and a slow machine"
    finally:
        site.kaiwa.close()


def test_an_idle_server_stops_at_once(own_site):
    with httpx.Client(base_url=own_site.kaiwa.url, trust_env=False) as idle:
        idle.get("/healthz")
        begun = time.monotonic()
        assert own_site.kaiwa.stop() == 0
        assert time.monotonic() - begun < 3
