"""`kill -9` at any moment: nothing that was acknowledged is lost, nothing is asked of a model twice."""

import asyncio
import os
import random
import sqlite3
import time
from dataclasses import dataclass, field

import httpx
import pytest

from support.client import TERMINAL, Client, Event, new_id, text_of

pytestmark = pytest.mark.anyio
CYCLES = int(os.environ.get("KAIWA_CRASH_CYCLES", "100"))


@dataclass
class Ledger:
    """What the server said, as a person remembers it."""

    sent: dict[str, dict] = field(default_factory=dict)  # message id -> body
    acknowledged: dict[str, dict] = field(default_factory=dict)  # message id -> ticket
    seen: dict[str, list[Event]] = field(default_factory=dict)  # generation -> events
    titles: dict[str, str] = field(default_factory=dict)  # thread -> title that was acknowledged
    attempts: int = 0


def answers_with(message: str) -> str:
    return f"fixed;text={message}"


async def post_turn(client: Client, ledger: Ledger, thread: str, message: str) -> bool:
    ledger.attempts += 1
    try:
        response = await client.call("POST", f"/api/threads/{thread}/turns", ledger.sent[message])
    except httpx.TransportError:
        return False
    assert response.status_code == 202, response.text
    ticket = response.json()
    assert ledger.acknowledged.setdefault(message, ticket) == ticket, "the same request got another answer"
    return True


async def write(client: Client, ledger: Ledger, thread: str, name: str, rng: random.Random) -> None:
    """One tab: asks, reads a while, renames, asks again, until the server is gone."""
    unanswered = [m for m, body in ledger.sent.items() if m not in ledger.acknowledged and body["message"]["text"].startswith(name)]
    for message in unanswered:
        if not await post_turn(client, ledger, thread, message):
            return
    for _ in range(1000):
        message = new_id()
        text = f"{name} {message}"
        # The answer is the message's id: what came from where is plain afterwards.
        model = answers_with(message) + rng.choice(["", ";rate=100;token_bytes=4"])
        ledger.sent[message] = {"message": {"id": message, "text": text}, "model": f"local/{model}"}
        if not await post_turn(client, ledger, thread, message):
            return
        generation = ledger.acknowledged[message]["generation"]
        events = ledger.seen.setdefault(generation, [])
        try:
            async with client.stream(generation) as stream:
                async for event in stream:
                    events.append(event)
                    if rng.random() < 0.05:
                        break
            title = f"{name} {rng.randrange(1_000_000)}"
            renamed = await client.call("PATCH", f"/api/threads/{thread}", {"title": title})
            if renamed.status_code == 200:
                ledger.titles[thread] = title
        except httpx.TransportError:
            # A change that was not acknowledged may have happened.
            ledger.titles.pop(thread, None)
            return


async def crash_once(site, ledger: Ledger, threads: dict[str, str], rng: random.Random) -> None:
    async with Client(site.kaiwa.url, key=site.keys["ann"]) as client:
        tabs = [asyncio.create_task(write(client, ledger, thread, name, rng)) for name, thread in threads.items()]
        # At a moment of the work, not of the clock, so that a busy machine kills as late as a free one.
        enough = len(ledger.acknowledged) + rng.randrange(0, 16)
        deadline = time.monotonic() + 3
        while len(ledger.acknowledged) < enough and time.monotonic() < deadline:
            await asyncio.sleep(0.001)
        await asyncio.sleep(rng.uniform(0, 0.03))
        site.kaiwa.kill()
        await asyncio.gather(*tabs)


async def all_messages(client: Client, thread: str) -> dict[str, dict]:
    found, before = {}, None
    while True:
        query = {"limit": 200} | ({"before": before} if before else {})
        page = await client.ok("GET", f"/api/threads/{thread}/messages", params=query)
        found |= {message["id"]: message for message in page["items"]}
        before = page["next"]
        if before is None:
            return found


async def test_nothing_acknowledged_is_lost_by_kill_9(own_site):
    site, ledger, rng = own_site, Ledger(), random.Random(20261120)
    site.models.forget()
    async with Client(site.kaiwa.url, key=site.keys["ann"]) as client:
        threads = {f"tab{i}": await client.new_thread() for i in range(6)}
    starts = []
    for _ in range(CYCLES):
        await crash_once(site, ledger, threads, rng)
        begun = time.monotonic()
        site.kaiwa.start()
        starts.append(time.monotonic() - begun)

    async with Client(site.kaiwa.url, key=site.keys["ann"]) as client:
        stored = {}
        for thread in threads.values():
            stored |= await all_messages(client, thread)
        lost = [m for m in ledger.acknowledged if m not in stored]
        # A turn that ran beside another is on a branch of its own.
        for thread in threads.values():
            for message in lost[:]:
                head = {"head": ledger.acknowledged[message]["reply"]}
                if (await client.call("PATCH", f"/api/threads/{thread}", head)).status_code == 200:
                    stored |= await all_messages(client, thread)
            lost = [m for m in ledger.acknowledged if m not in stored]
        assert lost == [], f"{len(lost)} of {len(ledger.acknowledged)} acknowledged messages are lost"

        states = {}
        for message, ticket in ledger.acknowledged.items():
            answer = stored[ticket["reply"]]
            assert answer["parent"] == message and stored[message]["text"] == ledger.sent[message]["message"]["text"]
            assert answer["state"] in ("complete", "interrupted"), answer["state"]
            states[answer["state"]] = states.get(answer["state"], 0) + 1
            if answer["state"] == "complete":
                assert answer["text"] == message
            assert message.startswith(answer["text"])

            before = ledger.seen.get(ticket["generation"], [])
            if before and before[-1].type in TERMINAL:
                assert answer["text"] == text_of(before), "what was shown as the end is the end"
        sample = rng.sample(sorted(ledger.acknowledged), min(300, len(ledger.acknowledged)))
        for message in sample:
            await check_log(client, ledger, stored, ledger.acknowledged[message])
        for thread, title in ledger.titles.items():
            assert (await client.ok("GET", f"/api/threads/{thread}"))["title"] == title

    counters = site.models.control.get("/_control/counters").json()
    for message, body in ledger.sent.items():
        asked = counters.get(body["model"].removeprefix("local/"), {}).get("requests", 0)
        assert asked <= 1, "a model was asked twice for one message"
        assert asked == 1 or stored.get(ledger.acknowledged.get(message, {}).get("reply"), {}).get("state") != "complete"

    assert site.kaiwa.stop() == 0
    database = next(site.kaiwa.data.glob("*.db"))
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(ledger.acknowledged) > 3 * CYCLES and states.get("interrupted", 0) > 0 and states.get("complete", 0) > 0
    starts.sort()
    print(f"\n{CYCLES} kills, {ledger.attempts} requests, {len(ledger.acknowledged)} acknowledged, {states}, "
          f"restart p50 {starts[len(starts) // 2] * 1000:.0f} ms")


async def check_log(client: Client, ledger: Ledger, stored: dict, ticket: dict) -> None:
    """What a reader saw before the crash and what it reads after it fit together."""
    before = ledger.seen.get(ticket["generation"], [])
    after = before[-1].n if before else 0
    whole = await client.sse(ticket["generation"])
    answer = stored[ticket["reply"]]
    assert sum(event.type in TERMINAL for event in whole) == 1 and whole[-1].type in TERMINAL
    if before and before[-1].type in TERMINAL:
        assert whole == before
        return
    rest = await client.sse(ticket["generation"], after)
    assert rest[-1] == whole[-1] and rest[-1].n > after, "the terminal event comes after what was seen"
    text = text_of(before + rest)
    if rest[-1].type == "interrupted":
        text = text.encode()[: rest[-1].data["length"]].decode()
    assert text == answer["text"]
