"""Every route with every id that is somebody else's, deleted, absent or malformed: the same 404, and nothing happens."""

from types import SimpleNamespace

import pytest

from support.client import Client, new_id
from support.contract import operations
from support.servers import ADMIN

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
TURN = "POST /api/threads/{id}/turns"
MESSAGE = "/api/threads/{id}/messages/{message}"

# For each route with an id in its path: what the ids are, and a body that is right but for them.
PATHS = {
    "DELETE /api/sessions/{id}": (["session"], None),
    "DELETE /api/keys/{id}": (["key"], None),
    "GET /api/threads/{id}": (["thread"], None),
    "PATCH /api/threads/{id}": (["thread"], {"title": "taken"}),
    "DELETE /api/threads/{id}": (["thread"], None),
    "POST /api/threads/{id}/restore": (["thread"], {}),
    "GET /api/threads/{id}/export": (["thread"], None),
    "GET /api/threads/{id}/messages": (["thread"], None),
    TURN: (["thread"], {"message": {"id": "NEW", "text": "canary"}}),
    f"POST {MESSAGE}/regenerate": (["thread", "message"], {"reply": "NEW"}),
    f"POST {MESSAGE}/continue": (["thread", "message"], {"reply": "NEW"}),
    f"POST {MESSAGE}/select": (["thread", "message"], {}),
    f"PUT {MESSAGE}/feedback": (["thread", "message"], {"value": "up"}),
    f"DELETE {MESSAGE}/feedback": (["thread", "message"], None),
    "GET /api/generations/{id}/events": (["generation"], None),
    "POST /api/generations/{id}/stop": (["generation"], {}),
    "GET /api/files/{id}": (["file"], None),
    "PATCH /api/admin/users/{id}": (["user"], {"name": "taken"}),
    "DELETE /api/admin/users/{id}": (["user"], None),
    "PUT /api/admin/users/{id}/password": (["user"], {"password": "a good long password"}),
    "PATCH /api/admin/providers/{name}": (["provider"], {"models": []}),
    "DELETE /api/admin/providers/{name}": (["provider"], None),
    "GET /api/admin/providers/{name}/activity": (["provider"], None),
}

# Ids inside bodies: the route, on an own thread, and where the id stands.
BODIES = {
    "parent": (TURN, "message", lambda id: {"message": {"id": new_id(), "text": "canary", "parent": id}}),
    "files": (TURN, "file", lambda id: {"message": {"id": new_id(), "text": "canary", "files": [id]}}),
    "head": ("PATCH /api/threads/{id}", "message", lambda id: {"head": id}),
}

MALFORMED = ["x", "0", "null", "00000000-0000-0000-0000-00000000000G", "AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA",
             "..%2f..%2fetc%2fpasswd", "%27%20OR%201=1", "%00", "9" * 400]


def test_every_route_with_an_id_has_an_entry():
    assert {operation for operation in operations() if "{" in operation} == set(PATHS)


async def make_things(client: Client) -> dict[str, str]:
    thread = await client.new_thread(title="secret title")
    turn = await client.ask(thread, "canary of its owner", "fixed;text=answer canary")
    await client.sse(turn.generation)
    file = await client.ok("POST", "/api/files", params={"name": "a.png"}, content=PNG, headers={"content-type": "image/png"})
    return {"thread": thread, "message": turn.reply, "generation": turn.generation, "file": file["id"]}


@pytest.fixture
async def things(site, ann, ben):
    foreign = await make_things(ben)
    async with Client(site.kaiwa.url, cookie=site.cookies["ben"]) as bens_page:
        foreign["session"] = (await bens_page.ok("GET", "/api/sessions"))["items"][0]["id"]
        foreign["key"] = (await bens_page.ok("GET", "/api/keys"))["items"][0]["id"]
    deleted = await make_things(ann)
    await ann.ok("DELETE", f"/api/threads/{deleted['thread']}")
    del deleted["file"]  # files are not deleted
    own = await make_things(ann)
    return SimpleNamespace(own=own, foreign=foreign, deleted=deleted)


def ids_to_try(things, kind: str, operation: str) -> list[str]:
    tried = [*MALFORMED, new_id()]
    if kind != "user" and kind != "provider":
        tried.append(things.foreign[kind])
    if kind in things.deleted and not (kind == "thread" and operation.endswith("/restore")):
        tried.append(things.deleted[kind])
    return tried


def with_new_ids(body):
    if isinstance(body, dict):
        return {name: with_new_ids(value) for name, value in body.items()}
    return new_id() if body == "NEW" else body


async def test_no_id_of_a_path_leads_anywhere_but_to_the_same_404(site, things, ann, ben, root):
    models_before = site.models.total()
    bens_before = await ben.messages(things.foreign["thread"])
    bodies, tried = set(), 0
    for operation, (kinds, body) in PATHS.items():
        method, pattern = operation.split(" ")
        client = root if "/admin/" in pattern else ann
        for position, kind in enumerate(kinds):
            for id in ids_to_try(things, kind, operation):
                values = [things.own.get(k, "none") for k in kinds]
                values[position] = id
                path = pattern
                for value in values:
                    begin, end = path.index("{"), path.index("}") + 1
                    path = path[:begin] + value + path[end:]
                response = await client.call(method, path, with_new_ids(body))
                tried += 1
                if id in ("%00", MALFORMED[5]) and response.status_code == 400:
                    continue  # the address itself is malformed
                assert response.status_code == 404, (operation, id, response.text)
                problem = response.json()
                assert problem.pop("request_id")
                bodies.add(str(problem))
                assert "canary" not in response.text
    assert len(bodies) == 1, bodies
    assert tried > 250
    assert site.models.total() == models_before, "no model was asked"
    assert await ben.messages(things.foreign["thread"]) == bens_before
    assert (await ben.ok("GET", "/api/session"))["user"]["username"] == "ben"


async def test_no_id_of_a_body_leads_anywhere_but_to_the_same_404(site, things, ann):
    models_before = site.models.total()
    thread = things.own["thread"]
    before = await ann.messages(thread)
    for name, (operation, kind, body) in BODIES.items():
        method, pattern = operation.split(" ")
        for id in ids_to_try(things, kind, operation):
            response = await ann.call(method, pattern.replace("{id}", thread), body(id))
            assert response.status_code == 404, (name, id, response.text)
            assert response.json()["code"] == "not_found"
    assert site.models.total() == models_before
    assert await ann.messages(thread) == before


async def test_no_id_over_a_websocket_leads_anywhere(things, ann):
    async with ann.websocket() as socket:
        for id in (things.foreign["generation"], things.deleted["generation"], new_id(), "x"):
            await socket.follow(id)
            answer = await socket.next()
            assert (answer["type"], answer["code"], answer["generation"]) == ("problem", "not_found", id)
            assert "canary" not in str(answer)


async def test_client_made_ids_of_another_person_tell_nothing(things, ann, ben):
    taken = await ann.call("POST", "/api/threads", {"id": things.foreign["thread"]})
    assert taken.status_code == 404
    same = {"id": new_id(), "title": "mine"}
    assert (await ann.ok("POST", "/api/threads", same))["id"] == (await ann.ok("POST", "/api/threads", same))["id"]
    # A message's id is a key within its thread: another person's is free here.
    bens = (await ben.messages(things.foreign["thread"]))[0]["id"]
    turn = await ann.ask(things.own["thread"], "hello", "echo", id=bens)
    await ann.sse(turn.generation)
    assert (await ben.messages(things.foreign["thread"]))[0]["text"] == "canary of its owner"


async def test_users_see_nothing_of_administration(ann, ben):
    for operation in operations():
        method, pattern = operation.split(" ")
        if "/admin/" not in pattern:
            continue
        path = pattern.replace("{id}", new_id()).replace("{name}", "local")
        for client in (ann, ben):
            response = await client.call(method, path, {} if method in ("POST", "PATCH", "PUT") else None)
            assert (response.status_code, response.json()["code"]) == (403, "forbidden"), operation


async def test_nobody_sees_anything(site):
    async with Client(site.kaiwa.url) as nobody:
        for operation in operations():
            method, pattern = operation.split(" ")
            if not pattern.startswith("/api/") or pattern == "/api/setup" or operation == "POST /api/session":
                continue
            path = pattern.replace("{id}", new_id()).replace("{message}", new_id()).replace("{name}", "local")
            response = await nobody.call(method, path, {} if method in ("POST", "PATCH", "PUT") else None)
            assert (response.status_code, response.json()["code"]) == (401, "unauthenticated"), operation
