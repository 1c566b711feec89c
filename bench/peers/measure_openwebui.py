"""Measures whole chat turns of Open WebUI, signed in and stored in its SQLite: its chat call alone, without the calls that its page makes around it.

    build/peers/openwebui/bin/python bench/peers/measure_openwebui.py --folder DIR --model-port N --connections 1 8
"""

import sqlite3
import sys
import time
import uuid
from pathlib import Path

import aiohttp

import turns

admin_token = None


def command(args):
    return [Path(sys.executable).with_name("open-webui"), "serve", "--host", "127.0.0.1", "--port", args.port]


def env(args):
    """Its own slim variant, which loads no model of its own; nothing outside this machine is asked; what a turn does not need stays as delivered."""
    return {"DATA_DIR": str(args.folder / "data"), "WEBUI_SECRET_KEY": "only for this measurement, which ends soon", "USE_SLIM_DOCKER": "true", "OFFLINE_MODE": "true",
            "ENABLE_OLLAMA_API": "false", "OPENAI_API_BASE_URL": f"http://127.0.0.1:{args.model_port}/v1", "OPENAI_API_KEY": "none",
            "OPENAI_API_CONFIGS": "", "BYPASS_MODEL_ACCESS_CONTROL": "true", "ANONYMIZED_TELEMETRY": "false", "SCARF_NO_ANALYTICS": "true", "DO_NOT_TRACK": "true"}


class Tab(turns.Tab):
    def __init__(self, args):
        super().__init__(args)
        self.thread = self.last_answer = self.http = None
        self.socket.on("events", self.on_event)

    async def call(self, path, body, token=None):
        async with self.http.post(self.url + path, json=body, headers={"Authorization": f"Bearer {token or self.token}"}) as response:
            if response.status != 200:
                raise RuntimeError(f"{path}: {response.status} {(await response.text())[:200]}")
            return await response.json()

    async def open(self):
        global admin_token
        self.token = None
        self.http = aiohttp.ClientSession()
        account = {"name": self.user, "email": f"{self.user}@example.com", "password": turns.PASSWORD}
        if admin_token is None:  # the first account is the administrator's, and closes the door
            admin_token = (await self.call("/api/v1/auths/signup", account | {"name": "admin", "email": "admin@example.com"}, "none"))["token"]
            await self.models()
        await self.call("/api/v1/auths/add", account | {"role": "user"}, admin_token)
        self.token = (await self.call("/api/v1/auths/signin", {k: account[k] for k in ("email", "password")}, "none"))["token"]
        await self.socket.connect(self.url, auth={"token": self.token}, transports=["websocket"], socketio_path="/ws/socket.io", wait_timeout=30)

    async def close(self):
        await super().close()
        await self.http.close()

    async def models(self):
        async with self.http.get(f"{self.url}/api/models", headers={"Authorization": f"Bearer {admin_token}"}) as response:
            response.raise_for_status()

    async def on_event(self, event, *_):
        kind, data = event["data"]["type"], event["data"].get("data") or {}
        if event.get("message_id") != self.last_answer:
            return
        if kind == "chat:completion" and data.get("done"):
            text = "".join(part.get("text", "") for item in data.get("output") or [] for part in item.get("content") or [])
            self.tokens = len(text.split())
            self.ended.set()
        elif kind == "chat:message:error":
            self.ended.set()

    async def ask(self):
        question, answer, before = str(uuid.uuid4()), str(uuid.uuid4()), self.last_answer
        self.last_answer = answer
        message = {"id": question, "parentId": before, "childrenIds": [], "role": "user", "content": "hello", "timestamp": int(time.time()), "models": [self.model]}
        body = {"stream": True, "model": self.model, "messages": [{"role": "user", "content": "hello"}], "session_id": self.socket.get_sid(), "id": answer,
                "parent_id": before, "user_message": message, "background_tasks": {}} | ({"chat_id": self.thread} if self.thread else {})
        self.thread = (await self.call("/api/chat/completions", body))["chat_id"]


def count_stored(args):
    with sqlite3.connect(args.folder / "data" / "webui.db") as db:
        return db.execute("SELECT count(*) FROM chat_message WHERE role = 'assistant' AND done AND content LIKE '%word%'").fetchone()[0]


turns.run(command, env, "/health", Tab, count_stored, start_seconds=240)
