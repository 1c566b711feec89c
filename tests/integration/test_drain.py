"""SIGTERM while answers are being written."""

import asyncio
import time

import httpx
import pytest

from conftest import make_site
from support.client import Client, check_sequence, new_id, text_of

pytestmark = pytest.mark.anyio


async def read_until_the_end(client: Client, generation: str):
    return await client.sse(generation)


async def test_running_answers_are_finished_and_new_ones_refused(own_site):
    kaiwa = own_site.kaiwa
    async with Client(kaiwa.url, key=own_site.keys["ann"]) as client:
        thread = await client.new_thread()
        model = "stream;tokens=150;rate=30"
        turns = await asyncio.gather(*(client.ask(thread, f"{i}", model) for i in range(200)))
        readers = [asyncio.create_task(client.sse(turn.generation)) for turn in turns[:180]]
        sockets = [asyncio.create_task(client.ws(turn.generation)) for turn in turns[180:]]
        await asyncio.sleep(0.3)
        begun = time.monotonic()
        kaiwa.program.terminate()
        while (await client.call("GET", "/readyz")).status_code == 200:
            assert time.monotonic() - begun < 1
        assert time.monotonic() - begun < 0.3
        assert (await client.call("GET", "/healthz")).status_code == 200
        body = {"message": {"id": new_id(), "text": "too late"}}
        refused = await client.call("POST", f"/api/threads/{thread}/turns", body)
        assert (refused.status_code, refused.json()["code"]) == (503, "draining")
        assert int(refused.headers["retry-after"]) >= 1

        for events in await asyncio.gather(*readers, *sockets):
            check_sequence(events)
            assert events[-1].type == "done" and text_of(events) == "word " * 150
    assert await asyncio.to_thread(kaiwa.program.wait, 20) == 0
    assert time.monotonic() - begun < 15

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
            readers = [asyncio.create_task(client.sse(turn.generation)) for turn in turns]
            await asyncio.sleep(0.5)
            begun = time.monotonic()
            site.kaiwa.program.terminate()
            streams = await asyncio.gather(*readers)
        assert await asyncio.to_thread(site.kaiwa.program.wait, 10) == 0
        assert time.monotonic() - begun < 4
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


def test_an_idle_server_stops_at_once(own_site):
    with httpx.Client(base_url=own_site.kaiwa.url, trust_env=False) as idle:
        idle.get("/healthz")
        begun = time.monotonic()
        assert own_site.kaiwa.stop() == 0
        assert time.monotonic() - begun < 3
