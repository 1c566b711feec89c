"""Every event once and in order, whatever line the reader comes back on."""

import asyncio

import pytest

from support.client import Refused, check_sequence, new_id, text_of

pytestmark = pytest.mark.anyio


async def read_piecewise(client, generation, lines, step):
    """Reads `step` events a connection, changing the line each time."""
    events = []
    turn = 0
    while not events or events[-1].type not in ("done", "stopped", "interrupted", "failed"):
        after = events[-1].n if events else 0
        events += await lines[turn % len(lines)](generation, after, step)
        turn += 1
    return events


async def test_coming_back_after_every_event_on_alternating_lines(ann):
    thread = await ann.new_thread()
    turn = await ann.ask(thread, "hello", "stream;tokens=60;rate=120;chunk=こん")
    events = await read_piecewise(ann, turn.generation, [ann.sse, ann.ws, ann.poll], 1)
    check_sequence(events)
    assert text_of(events) == "こん" * 60


async def test_readers_of_every_kind_see_the_same_running_answer(ann):
    thread = await ann.new_thread()
    turn = await ann.ask(thread, "hello", "stream;tokens=80;rate=200")
    readers = [read_piecewise(ann, turn.generation, [line], step) for line in (ann.sse, ann.ws, ann.poll) for step in (7, 1000)]
    seen = await asyncio.gather(*readers)
    for events in seen:
        check_sequence(events)
        assert events == seen[0]


async def test_every_place_can_be_read_again_after_the_end(ann):
    thread = await ann.new_thread()
    turn = await ann.ask(thread, "hello", "stream;tokens=25")
    whole = await ann.sse(turn.generation)
    check_sequence(whole)
    for after in range(len(whole)):
        for line in (ann.sse, ann.poll, ann.ws):
            assert await line(turn.generation, after) == whole[after:], (line.__name__, after)
    last = whole[-1].n
    path = f"/api/generations/{turn.generation}/events"
    for headers in ({"last-event-id": str(last)}, {"last-event-id": str(last), "accept": "application/json"},
                    {"last-event-id": str(last + 1000)}):
        assert (await ann.call("GET", path, headers=headers)).status_code == 204
    header_wins = await ann.call("GET", path, params={"after": last}, headers={"last-event-id": "0"})
    assert header_wins.content.startswith(b"id: 1\n")
    for bad in ("-1", "x", "1.5", "", "99999999999999999999"):
        assert (await ann.call("GET", path, headers={"last-event-id": bad})).status_code == 400, bad
    assert (await ann.call("GET", path, params={"wait": 21}, headers={"accept": "application/json"})).status_code == 400


async def test_a_poll_waits_for_the_first_event_and_no_longer(ann):
    thread = await ann.new_thread(title="named, so that no event names it")
    turn = await ann.ask(thread, "hello", "stream;tokens=2;first_delay=600")
    events = await ann.sse(turn.generation, 0, 1)
    assert [event.type for event in events] == ["started"]
    begun = asyncio.get_running_loop().time()
    assert await ann.poll(turn.generation, 1, wait=0) == []
    assert asyncio.get_running_loop().time() - begun < 0.3
    later = await ann.poll(turn.generation, 1, wait=20)
    assert later and 0.3 < asyncio.get_running_loop().time() - begun < 3


async def test_many_readers_cut_at_random_places(ann):
    thread = await ann.new_thread()
    turns = await asyncio.gather(*(ann.ask(thread, "hello", "stream;tokens=60;rate=300") for _ in range(20)))
    lines = [ann.sse, ann.poll, ann.ws]
    read = await asyncio.gather(*(read_piecewise(ann, turn.generation, lines[i % 3 :] + lines[: i % 3], 3 + i % 11)
                                  for i, turn in enumerate(turns)))
    for events in read:
        check_sequence(events)
        assert text_of(events) == "word " * 60


async def test_events_of_nobody_are_not_found(ann):
    for generation in (new_id(), "x", "00000000-0000-0000-0000-00000000000G"):
        with pytest.raises(Refused) as refused:
            await ann.sse(generation)
        assert refused.value.status == 404
