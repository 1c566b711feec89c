"""One person's way to the API."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import websockets

TERMINAL = ("done", "stopped", "interrupted", "failed")


def new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Event:
    n: int
    type: str
    data: dict


@dataclass(frozen=True)
class Turn:
    thread: str
    message: str
    reply: str
    generation: str


class Refused(Exception):
    def __init__(self, response: httpx.Response):
        super().__init__(f"{response.request.method} {response.request.url}: {response.status_code} {response.text}")
        self.status = response.status_code
        self.problem = response.json() if "json" in response.headers.get("content-type", "") else {}

    @property
    def code(self) -> str:
        return self.problem.get("code", "")


def parse_frames(buffer: bytes) -> tuple[list[Event], bytes]:
    """The whole events at the front of `buffer`, and the rest."""
    events = []
    while (end := buffer.find(b"\n\n")) >= 0:
        frame, buffer = buffer[:end], buffer[end + 2 :]
        if frame.startswith(b":"):
            continue
        fields = dict(line.split(b": ", 1) for line in frame.split(b"\n"))
        events.append(Event(int(fields[b"id"]), fields[b"event"].decode(), json.loads(fields[b"data"])))
    return events, buffer


class Client:
    def __init__(self, url: str, key: str | None = None, cookie: str | None = None):
        self.url = url
        headers = {"authorization": f"Bearer {key}"} if key else {"origin": url}
        if cookie:
            headers["cookie"] = cookie
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=400)
        self.http = httpx.AsyncClient(base_url=url, headers=headers, timeout=30, trust_env=False, limits=limits)

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_) -> None:
        await self.http.aclose()

    async def call(self, method: str, path: str, body: object = None, **options) -> httpx.Response:
        if body is not None:
            options["json"] = body
        return await self.http.request(method, path, **options)

    async def ok(self, method: str, path: str, body: object = None, **options):
        """The answer's JSON, or None; raises what was refused."""
        response = await self.call(method, path, body, **options)
        if response.status_code >= 400:
            raise Refused(response)
        return response.json() if response.content else None

    async def sign_in(self, username: str, password: str) -> dict:
        return await self.ok("POST", "/api/session", {"username": username, "password": password})

    async def new_thread(self, **fields) -> str:
        return (await self.ok("POST", "/api/threads", fields))["id"]

    async def ask(self, thread: str, text: str, model: str | None = None, **fields) -> Turn:
        message = {"id": new_id(), "text": text}
        message |= {name: fields.pop(name) for name in ("id", "parent", "files") if name in fields}
        body = {"message": message} | fields
        if model:
            body["model"] = f"local/{model}"
        ticket = await self.ok("POST", f"/api/threads/{thread}/turns", body)
        return Turn(thread, ticket["message"], ticket["reply"], ticket["generation"])

    async def messages(self, thread: str, **query) -> list[dict]:
        return (await self.ok("GET", f"/api/threads/{thread}/messages", params=query))["items"]

    async def message(self, turn: Turn) -> dict:
        found = [m for m in await self.messages(turn.thread, limit=200) if m["id"] == turn.reply]
        assert found, f"the answer {turn.reply} is not in the branch"
        return found[0]

    # --- events

    @asynccontextmanager
    async def stream(self, generation: str, after: int = 0) -> AsyncIterator[AsyncIterator[Event]]:
        headers = {"accept": "text/event-stream", "last-event-id": str(after)}
        path = f"/api/generations/{generation}/events"
        async with self.http.stream("GET", path, headers=headers) as response:
            if response.status_code >= 400:
                await response.aread()
                raise Refused(response)
            yield self._frames(response)

    async def _frames(self, response: httpx.Response) -> AsyncIterator[Event]:
        buffer = b""
        async for chunk in response.aiter_raw():
            events, buffer = parse_frames(buffer + chunk)
            for event in events:
                yield event

    async def sse(self, generation: str, after: int = 0, limit: int | None = None,
                  read: list[Event] | None = None) -> list[Event]:
        """Events after `after`, to the end or until there are `limit`; also added to `read` as they come."""
        read = [] if read is None else read
        async with self.stream(generation, after) as events:
            async for event in events:
                read.append(event)
                if len(read) == limit:
                    break
        return read

    async def poll(self, generation: str, after: int = 0, limit: int | None = None, wait: int = 20) -> list[Event]:
        response = await self.call("GET", f"/api/generations/{generation}/events",
                                   params={"after": after, "wait": wait}, headers={"accept": "application/json"})
        if response.status_code == 204:
            return []
        if response.status_code >= 400:
            raise Refused(response)
        events = [Event(**event) for event in response.json()["events"]]
        return events[:limit]

    @asynccontextmanager
    async def websocket(self) -> AsyncIterator["Socket"]:
        headers = dict(self.http.headers)
        if cookies := "; ".join(f"{c.name}={c.value}" for c in self.http.cookies.jar):
            headers["cookie"] = cookies
        for name in ("host", "connection", "accept", "accept-encoding", "user-agent"):
            headers.pop(name, None)
        origin = headers.pop("origin", None)
        address = self.url.replace("http:", "ws:") + "/api/ws"
        async with websockets.connect(address, subprotocols=["kaiwa.v1"], additional_headers=headers, origin=origin,
                                      compression=None, proxy=None, max_size=None, max_queue=None) as connection:
            yield Socket(connection)

    async def ws(self, generation: str, after: int = 0, limit: int | None = None,
                 read: list[Event] | None = None) -> list[Event]:
        read = [] if read is None else read
        async with self.websocket() as socket:
            await socket.follow(generation, after)
            while not read or read[-1].type not in TERMINAL:
                frame = await socket.next()
                if frame.get("generation") == generation:
                    if frame["type"] == "problem":
                        raise AssertionError(frame)
                    read.append(Event(frame["n"], frame["type"], frame["data"]))
                if len(read) == limit:
                    break
        return read


class Socket:
    def __init__(self, connection):
        self.connection = connection

    async def send(self, command: object) -> None:
        await self.connection.send(command if isinstance(command, str) else json.dumps(command))

    async def follow(self, generation: str, after: int = 0) -> None:
        await self.send({"follow": generation, "after": after})

    async def next(self) -> dict:
        return json.loads(await self.connection.recv())


def text_of(events: list[Event]) -> str:
    return "".join(event.data["delta"] for event in events if event.type == "text")


def check_sequence(events: list[Event], first: int = 1) -> None:
    """Every number once and in order, and one terminal event, the last."""
    numbers = [event.n for event in events]
    expected = list(range(first, first + len(events)))
    if events and events[-1].type == "interrupted":
        numbers, expected = numbers[:-1], expected[:-1]
    assert numbers == expected, numbers
    terminals = [event.type for event in events if event.type in TERMINAL]
    assert len(terminals) == 1 and events[-1].type == terminals[0], terminals
