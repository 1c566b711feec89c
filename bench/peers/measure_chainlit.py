"""Measures whole chat turns of Chainlit: message sent, all tokens over its own socket, task ended.

    python3 bench/peers/measure_chainlit.py --folder DIR --model-port N --model stream?tokens=50 --connections 8 --turns 10

Runs under the Python that has Chainlit and python-socketio (bench/run.py makes one under build/peers).
The server runs on core 0, this on core 1. Bounded; prints one line of JSON.
"""

import argparse
import asyncio
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import aiohttp
import socketio

PASSWORD = "a password of the benchmark"
# The columns that Chainlit's SQLAlchemy layer names in its statements.
TABLES = {
    "users": ["identifier", "createdAt", "metadata"],
    "threads": ["createdAt", "name", "userId", "userIdentifier", "tags", "metadata"],
    "steps": ["name", "type", "threadId", "parentId", "command", "modes", "streaming", "waitForAnswer", "isError", "metadata", "tags", "input", "output",
              "createdAt", "start", "end", "generation", "showInput", "defaultOpen", "autoCollapse", "language", "icon", "indent"],
    "elements": ["threadId", "type", "url", "chainlitKey", "name", "display", "objectKey", "size", "page", "language", "forId", "mime", "props"],
    "feedbacks": ["forId", "threadId", "value", "comment"],
}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start_server(args, port):
    database = args.folder / "chainlit.db"
    with sqlite3.connect(database) as db:
        for table, columns in TABLES.items():
            db.execute(f"CREATE TABLE IF NOT EXISTS {table} (id TEXT PRIMARY KEY, " + ", ".join(f'"{column}" TEXT' for column in columns) + ")")
    env = dict(os.environ, BENCH_MODEL_URL=f"http://127.0.0.1:{args.model_port}/v1", BENCH_MODEL=args.model, BENCH_DATABASE=f"sqlite+aiosqlite:///{database}",
               BENCH_PASSWORD=PASSWORD, CHAINLIT_AUTH_SECRET="only for this measurement, which ends soon", CHAINLIT_APP_ROOT=str(args.folder), OTEL_SDK_DISABLED="true")
    app = Path(__file__).with_name("chainlit_app.py")
    return subprocess.Popen(["taskset", "-c", "0", sys.executable, "-m", "chainlit", "run", str(app), "--headless", "--host", "127.0.0.1", "--port", str(port)],
                            env=env, cwd=args.folder, stdout=open(args.folder / "chainlit.log", "w"), stderr=subprocess.STDOUT)


def wait_ready(port, process, seconds=120):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit("chainlit ended: see its log")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/project/translations?language=en-US", timeout=2)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("chainlit did not answer in time")


class Tab:
    """One signed-in page that asks, waits for the end of the answer and asks again."""

    def __init__(self, port, number):
        self.url = f"http://127.0.0.1:{port}"
        self.user = f"reader{number}"
        self.socket = socketio.AsyncClient(reconnection=False)
        self.tokens = 0
        self.ended = asyncio.Event()
        self.socket.on("stream_start", self.on_token)  # brings the first one
        self.socket.on("stream_token", self.on_token)
        self.socket.on("task_end", self.on_end)

    async def on_token(self, _):
        self.tokens += 1

    async def on_end(self, *_):
        self.ended.set()

    async def open(self):
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            async with http.post(f"{self.url}/login", data={"username": self.user, "password": PASSWORD}) as response:
                response.raise_for_status()
                cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in response.cookies.items())
        auth = {"sessionId": str(uuid.uuid4()), "clientType": "webapp", "userEnv": "{}", "chatProfile": "", "threadId": ""}
        await self.socket.connect(self.url, headers={"Cookie": cookies}, auth=auth, transports=["websocket"], socketio_path="/ws/socket.io", wait_timeout=30)
        await self.socket.emit("connection_successful")
        await asyncio.wait_for(self.ended.wait(), 30)

    async def turn(self):
        self.ended.clear()
        self.tokens = 0
        message = {"id": str(uuid.uuid4()), "threadId": "", "name": self.user, "type": "user_message", "output": "hello", "createdAt": time.strftime("%Y-%m-%dT%H:%M:%SZ")}
        await self.socket.emit("client_message", {"message": message, "fileReferences": []})
        await asyncio.wait_for(self.ended.wait(), 60)


async def measure(args, port, pid):
    tabs = [Tab(port, n) for n in range(args.connections)]
    for tab in tabs:
        await tab.open()
    broken = 0
    times = []

    async def ask(tab):
        nonlocal broken
        for _ in range(args.turns):
            begun = time.perf_counter()
            await tab.turn()
            times.append(time.perf_counter() - begun)
            broken += tab.tokens < args.tokens

    await asyncio.gather(*(tab.turn() for tab in tabs))  # the first makes the thread; it is not counted
    cpu, begun = cpu_seconds(pid), time.perf_counter()
    await asyncio.gather(*(ask(tab) for tab in tabs))
    seconds = time.perf_counter() - begun
    cpu = cpu_seconds(pid) - cpu
    for tab in tabs:
        await tab.socket.disconnect()
    times.sort()
    return {"turns": len(times), "broken": broken, "seconds": seconds, "cpu": cpu, "p50_ms": times[len(times) // 2] * 1e3}


def stored_answers(folder, expected):
    """Chainlit stores an answer some time after its task ended."""
    until = time.monotonic() + 10
    while True:
        with sqlite3.connect(folder / "chainlit.db") as db:
            stored = db.execute("SELECT count(*) FROM steps WHERE type = 'assistant_message' AND output <> ''").fetchone()[0]
        if stored >= expected or time.monotonic() > until:
            return stored
        time.sleep(0.1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=lambda p: Path(p).resolve(), required=True)
    parser.add_argument("--model-port", type=int, required=True)
    parser.add_argument("--model", default="stream?tokens=50")
    parser.add_argument("--tokens", type=int, default=50)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--turns", type=int, default=10)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    os.sched_setaffinity(0, {1})
    port = free_port()
    server = start_server(args, port)
    try:
        wait_ready(port, server)
        wanted, results = args.connections, {}
        for args.connections in wanted:
            results[args.connections] = asyncio.run(asyncio.wait_for(measure(args, port, server.pid), 300))
        asked = sum(connections * (args.turns + 1) for connections in wanted)
        results["asked"], results["stored"] = asked, stored_answers(args.folder, asked)
        print(json.dumps(results))
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


main()
