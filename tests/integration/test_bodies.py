"""Bodies that are not what a route takes: refused, with the process none the worse."""

import json

import pytest

from support.client import new_id
from support.contract import operations

pytestmark = pytest.mark.anyio

TEXT = [7, True, {}, [], 1.5]
NUMBER = ["1", True, {}, [], -1, -(2**63), 2**53 + 1, 1e300]
FRACTION = ["0.5", True, {}, [], -0.1, 1.1, 1e300, -(2**63)]
BOOLEAN = [0, "true", {}, []]
LIST = ["x", 7, {}, True, [7], [None], ["x"] * 1000]
OBJECT = ["x", 7, [], True]
CHOICE = ["", "sideways", 7, {}, []]
PARAMETERS = {"temperature": FRACTION, "top_p": FRACTION, "max_tokens": NUMBER, "system_prompt": TEXT + ["x" * 40_000]}
ASKED = {"model": TEXT + ["", "x" * 600], "parameters": OBJECT + [{"seed": 1}]} | {
    f"parameters.{name}": values for name, values in PARAMETERS.items()}
REPLY = {"reply": TEXT + ["x", "", None]} | ASKED
PROVIDER = {"kind": CHOICE, "base_url": TEXT + ["x", "file:///etc/passwd", "http://u:p@x/"], "api_key": TEXT + ["a b", "a\r\nb"],
            "models": LIST}
MESSAGE = "/api/threads/{id}/messages/{message}"

# Each route with a JSON body: a right body, and wrong values for each field of it.
ROUTES = {
    "POST /api/session": ({"username": "x", "password": "y"}, {"username": TEXT + [None, ""], "password": TEXT + [None]}),
    "PUT /api/session/password": ({"current": "x", "new": "y"}, {"current": TEXT + [None], "new": TEXT + [None]}),
    "POST /api/keys": ({"name": "x"}, {"name": TEXT + [None, "", "x" * 500]}),
    "POST /api/setup": ({"token": "x", "username": "x", "password": "y"},
                        {"token": TEXT + [None], "username": TEXT + [None], "password": TEXT + [None], "name": TEXT}),
    "POST /api/threads": ({}, {"id": TEXT + ["x", ""], "title": TEXT + ["x" * 201], "settings": OBJECT + [{"seed": 1}]}
                          | {f"settings.{name}": values for name, values in PARAMETERS.items()}),
    "PATCH /api/threads/{id}": ({}, {"title": TEXT + ["x" * 201], "settings": OBJECT, "archived": BOOLEAN, "head": TEXT}),
    "POST /api/threads/{id}/turns": (
        {"message": {"id": "NEW", "text": "x"}},
        {"message": OBJECT + [None], "message.id": TEXT + ["x", None], "message.text": TEXT + [None, "", "x" * 262_145],
         "message.parent": [7, True, {}, []], "message.files": LIST, "message.role": ["user"]} | ASKED),
    f"POST {MESSAGE}/regenerate": ({"reply": "NEW"}, REPLY),
    f"POST {MESSAGE}/continue": ({"reply": "NEW"}, REPLY),
    f"PUT {MESSAGE}/feedback": ({"value": "up"}, {"value": CHOICE + [None], "comment": TEXT + ["x" * 5000]}),
    "POST /api/admin/users": ({"username": "x", "role": "user", "password": "y"},
                              {"username": TEXT + [None, "", " x", "x" * 100], "name": TEXT, "role": CHOICE + [None],
                               "password": TEXT + [None, "short"]}),
    "PATCH /api/admin/users/{id}": ({}, {"name": TEXT, "role": CHOICE, "disabled": BOOLEAN}),
    "PUT /api/admin/users/{id}/password": ({"password": "y"}, {"password": TEXT + [None, "short"]}),
    "POST /api/admin/providers": ({"name": "x", "kind": "openai", "base_url": "http://127.0.0.1:1/v1"},
                                  {"name": TEXT + [None, "", "A B", "-x", "x" * 33]} | PROVIDER),
    "PATCH /api/admin/providers/{name}": ({}, PROVIDER),
    "POST /api/admin/providers/test": ({"kind": "openai", "base_url": "http://127.0.0.1:1/v1"}, PROVIDER),
}
# Bodies without a field, or none at all.
OTHERS = {"POST /", "POST /chat", "POST /main",  # test_dialects.py
          "DELETE", "GET", "POST /api/threads/{id}/restore", f"POST {MESSAGE}/select", "POST /api/generations/{id}/stop",
          "POST /api/files"}
WHOLE = [b"", b"null", b"[]", b'""', b"7", b"{", b'{"a":', b"{}{}", b"\xff\xfe", b'{"a":"\xff"}', b'{"a":1e400}',
         b"[" * 10_000, b'{"a":' * 3_000, b'{"unknown_field_of_nobody":1}', b'{"a":"\\ud83d"}']


def test_every_route_with_a_body_has_an_entry():
    for operation in operations():
        known = operation in ROUTES or operation in OTHERS or operation.split(" ")[0] in OTHERS
        assert known, operation


@pytest.fixture
async def target(ann, root):
    thread = await ann.new_thread()
    turn = await ann.ask(thread, "hello", "echo")
    await ann.sse(turn.generation)
    await root.call("POST", "/api/admin/providers", {"name": "bodies", "kind": "openai", "base_url": "http://127.0.0.1:1/v1"})
    users = (await root.ok("GET", "/api/admin/users", params={"q": "ben"}))["items"]
    yield {"thread": thread, "message": turn.reply, "user": users[0]["id"]}
    await root.call("DELETE", "/api/admin/providers/bodies")


def address(operation: str, target: dict) -> tuple[str, str]:
    method, pattern = operation.split(" ")
    id = target["user"] if "/admin/" in pattern else target["thread"]
    return method, pattern.replace("{id}", id).replace("{message}", target["message"]).replace("{name}", "bodies")


def put(body: dict, field: str, value) -> dict:
    """A copy of `body` with the value at "a.b"."""
    name, _, rest = field.partition(".")
    copy = dict(body)
    copy[name] = put(copy.get(name) or {}, rest, value) if rest else value
    return copy


async def test_wrong_values_are_refused_field_by_field(site, ann, root, target):
    pid, models_before = site.kaiwa.pid, site.models.total()
    for operation, (right, fields) in ROUTES.items():
        method, path = address(operation, target)
        client = root if "/admin/" in path else ann
        right = json.loads(json.dumps(right).replace("NEW", new_id()))
        for field, values in (fields | {"unknown_field_of_nobody": [1]}).items():
            for value in values:
                response = await client.call(method, path, put(right, field, value))
                assert response.status_code == 400, (operation, field, str(value)[:40], response.text)
                problem = response.json()
                code = "unknown_field" if field in ("unknown_field_of_nobody", "message.role") or (
                    isinstance(value, dict) and "seed" in value) else "invalid_request"
                assert problem["code"] == code, (operation, field, str(value)[:40], problem)
                assert problem["status"] == 400 and problem["detail"] and problem["request_id"]
    assert site.kaiwa.pid == pid and site.kaiwa.program.is_running()
    assert site.models.total() == models_before


async def test_bodies_that_are_no_object_are_refused(site, ann, root, target):
    for operation in ROUTES:
        method, path = address(operation, target)
        client = root if "/admin/" in path else ann
        for body in WHOLE:
            response = await client.call(method, path, content=body, headers={"content-type": "application/json"})
            assert response.status_code == 400, (operation, body[:40], response.text)
        for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
            response = await client.call(method, path, content=b"{}", headers={"content-type": content_type})
            assert (response.status_code, response.json()["code"]) == (415, "unsupported_type"), (operation, content_type)
        huge = await client.call(method, path, content=b" " * 4_000_000, headers={"content-type": "application/json"})
        assert huge.status_code == 413 and huge.json()["code"] == "too_large", (operation, huge.text)
    assert site.kaiwa.program.is_running()


async def test_methods_that_a_path_does_not_have(ann):
    response = await ann.call("PUT", "/api/threads", {})
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert {"GET", "POST"} <= set(response.headers["allow"].replace(",", " ").split())
    response = await ann.call("GET", "/api/nothing/here")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_bad_query_parameters_are_refused(ann, root):
    for path in ("/api/threads?limit=0", "/api/threads?limit=201", "/api/threads?limit=-1", "/api/threads?limit=x",
                 "/api/threads?archived=maybe", "/api/threads?after=%00", "/api/threads?after=garbage",
                 "/api/search", "/api/search?q=", f"/api/search?q={'x' * 201}", "/api/search?q=%ff"):
        response = await ann.call("GET", path)
        assert response.status_code == 400, (path, response.text)
    for path in ("/api/admin/users?sort=password", "/api/admin/users?order=up", "/api/admin/users?after=x"):
        assert (await root.call("GET", path)).status_code == 400, path
