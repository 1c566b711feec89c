"""Measures whole chat turns of Chainlit, signed in and stored by its SQLAlchemy layer on SQLite.

    build/peers/chainlit/bin/python bench/peers/measure_chainlit.py --folder DIR --model-port N --connections 1 8 32
"""

import sqlite3
import sys
import time
import uuid
from pathlib import Path

import aiohttp

import turns

# The columns that Chainlit's SQLAlchemy layer names in its statements.
TABLES = {
    "users": ["identifier", "createdAt", "metadata"],
    "threads": ["createdAt", "name", "userId", "userIdentifier", "tags", "metadata"],
    "steps": ["name", "type", "threadId", "parentId", "command", "modes", "streaming", "waitForAnswer", "isError", "metadata", "tags", "input", "output",
              "createdAt", "start", "end", "generation", "showInput", "defaultOpen", "autoCollapse", "language", "icon", "indent"],
    "elements": ["threadId", "type", "url", "chainlitKey", "name", "display", "objectKey", "size", "page", "language", "forId", "mime", "props"],
    "feedbacks": ["forId", "threadId", "value", "comment"],
}


def database(args):
    return args.folder / "chainlit.db"


def command(args):
    with sqlite3.connect(database(args)) as db:
        for table, columns in TABLES.items():
            db.execute(f"CREATE TABLE IF NOT EXISTS {table} (id TEXT PRIMARY KEY, " + ", ".join(f'"{column}" TEXT' for column in columns) + ")")
    app = Path(__file__).with_name("chainlit_app.py")
    return [sys.executable, "-m", "chainlit", "run", app, "--headless", "--host", "127.0.0.1", "--port", args.port]


def env(args):
    return {"BENCH_MODEL_URL": f"http://127.0.0.1:{args.model_port}/v1", "BENCH_MODEL": args.model, "BENCH_DATABASE": f"sqlite+aiosqlite:///{database(args)}",
            "BENCH_PASSWORD": turns.PASSWORD, "CHAINLIT_AUTH_SECRET": "only for this measurement, which ends soon", "CHAINLIT_APP_ROOT": str(args.folder),
            "OTEL_SDK_DISABLED": "true"}


class Tab(turns.Tab):
    def __init__(self, args):
        super().__init__(args)
        self.socket.on("stream_start", self.on_token)  # brings the first one
        self.socket.on("stream_token", self.on_token)
        self.socket.on("task_end", self.on_end)

    async def on_token(self, _):
        self.tokens += 1

    async def on_end(self, *_):
        self.ended.set()

    async def open(self):
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            async with http.post(f"{self.url}/login", data={"username": self.user, "password": turns.PASSWORD}) as response:
                response.raise_for_status()
                cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in response.cookies.items())
        auth = {"sessionId": str(uuid.uuid4()), "clientType": "webapp", "userEnv": "{}", "chatProfile": "", "threadId": ""}
        await self.socket.connect(self.url, headers={"Cookie": cookies}, auth=auth, transports=["websocket"], socketio_path="/ws/socket.io", wait_timeout=30)
        await self.socket.emit("connection_successful")
        async with turns.asyncio.timeout(30):
            await self.ended.wait()

    async def ask(self):
        message = {"id": str(uuid.uuid4()), "threadId": "", "name": self.user, "type": "user_message", "output": "hello", "createdAt": time.strftime("%Y-%m-%dT%H:%M:%SZ")}
        await self.socket.emit("client_message", {"message": message, "fileReferences": []})


def count_stored(args):
    with sqlite3.connect(database(args)) as db:
        return db.execute("SELECT count(*) FROM steps WHERE type = 'assistant_message' AND output <> ''").fetchone()[0]


turns.run(command, env, "/", Tab, count_stored, start_seconds=120)
