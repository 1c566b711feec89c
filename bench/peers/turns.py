"""Whole chat turns of a peer: a message is sent, all tokens come over the product's own channel, the answer ends.

What measure_chainlit.py and measure_openwebui.py share. Runs under the Python of the peer's own environment, which has
its Socket.IO client. The server is on core 0, this on core 1. Bounded; prints one line of JSON.
"""

import argparse
import asyncio
import itertools
import json
import os
import sys
import time
from pathlib import Path

import socketio

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from processes import LOAD_CORE, SERVER_CORE, Servers, cpu_seconds_in_ticks, free_port, wait_ready  # noqa: E402

PASSWORD = "a password of the benchmark"
TURNS_PER_THREAD = 10  # as kaiwa_load; the first is asked before the clock runs
TURN_SECONDS = 60
numbers = itertools.count()


class Tab:
    """One signed-in page that asks, waits for the end of the answer and asks again."""

    def __init__(self, args):
        self.url = f"http://127.0.0.1:{args.port}"
        self.model = args.model
        self.user = f"reader{next(numbers)}"
        self.socket = socketio.AsyncClient(reconnection=False)
        self.tokens = 0
        self.ended = asyncio.Event()

    async def open(self):
        """Signs in and connects."""
        raise NotImplementedError

    async def ask(self):
        """Sends the next message of the tab's thread; `ended` is set when its answer is whole."""
        raise NotImplementedError

    async def close(self):
        await self.socket.disconnect()

    async def turn(self):
        """The tokens that came."""
        self.ended.clear()
        self.tokens = 0
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self.ask()
                await self.ended.wait()
        except Exception as problem:  # a turn that a peer cannot do is a figure, too
            print(f"{self.user}: {problem!r}", file=sys.stderr)
            return 0
        return self.tokens


class Measured:
    def __init__(self):
        self.turns = self.broken = self.asked = 0  # turns: whole ones within the time; asked: all
        self.seconds = self.cpu = 0.0

    def as_json(self):
        return {"turns": self.turns, "broken": self.broken, "seconds": self.seconds, "cpu": self.cpu}


async def measure(make_tab, args, connections, pid):
    """Rounds of new threads with `connections` tabs each, until the time is over."""
    out = Measured()

    async def ask(tab, until):
        for _ in range(TURNS_PER_THREAD - 1):
            if time.perf_counter() > until:
                return
            out.asked += 1
            if await tab.turn() < args.tokens:
                out.broken += 1
            else:
                out.turns += 1

    while out.seconds < args.seconds and out.broken <= out.turns:
        tabs = [make_tab(args) for _ in range(connections)]
        for tab in tabs:
            await tab.open()
        out.asked += connections
        first = await asyncio.gather(*(tab.turn() for tab in tabs))
        out.broken += sum(tokens < args.tokens for tokens in first)
        cpu, begun = cpu_seconds_in_ticks(pid), time.perf_counter()
        await asyncio.gather(*(ask(tab, begun + args.seconds - out.seconds) for tab in tabs))
        out.seconds += time.perf_counter() - begun
        out.cpu += cpu_seconds_in_ticks(pid) - cpu
        for tab in tabs:
            await tab.close()
    return out


def stored_answers(count, expected, seconds=15):
    """What a peer has stored once it has stored all or the time is over: some store after the answer's end."""
    until = time.monotonic() + seconds
    while (stored := count()) < expected and time.monotonic() < until:
        time.sleep(0.1)
    return stored


def run(command, env, ready, make_tab, count_stored, start_seconds):
    """`command(args)` and `env(args)` start the server; `count_stored(args)` counts whole answers in its database."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=lambda p: Path(p).resolve(), required=True)
    parser.add_argument("--model-port", type=int, required=True)
    parser.add_argument("--model", default="stream?tokens=50")
    parser.add_argument("--tokens", type=int, default=50)
    parser.add_argument("--connections", type=int, nargs="+", required=True)
    parser.add_argument("--seconds", type=float, default=8, help="of each number of connections")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    args.port = free_port()
    servers = Servers()
    with open(args.folder / "server.log", "w") as log:
        server = servers.start(SERVER_CORE, command(args), env=os.environ | env(args), cwd=args.folder, stdout=log, stderr=log)
    try:
        begun = time.monotonic()
        wait_ready(f"http://127.0.0.1:{args.port}{ready}", server, start_seconds)
        results = {"start_seconds": time.monotonic() - begun}
        whole = asked = 0
        for connections in args.connections:
            done = asyncio.run(asyncio.wait_for(measure(make_tab, args, connections, server.pid), args.seconds + 4 * TURN_SECONDS))
            results[connections] = done.as_json()
            asked += done.asked
            whole += done.asked - done.broken
        results |= {"asked": asked, "stored": stored_answers(lambda: count_stored(args), whole)}
        print(json.dumps(results))
    finally:
        servers.stop()
