"""What an outside program may rely on in requests that are unusual but legal."""

import json

import pytest

from support.client import new_id

pytestmark = pytest.mark.anyio


async def test_null_is_as_good_as_leaving_an_optional_field_out(ann):
    thread = await ann.ok("POST", "/api/threads", {"id": None, "title": None, "settings": None})
    assert thread["title"] == "" and thread["settings"] == {"model": "local/echo", "temperature": 0.7}
    path = f"/api/threads/{thread['id']}"
    changed = await ann.ok("PATCH", path, {"title": None, "archived": None, "head": None, "settings": None})
    assert {name: changed[name] for name in thread} == thread
    message = {"id": new_id(), "text": "x", "files": None}
    turn = await ann.ok("POST", f"{path}/turns", {"message": message, "model": None, "parameters": None})
    await ann.sse(turn["generation"])
    reply = await ann.ok("POST", f"{path}/messages/{turn['reply']}/regenerate",
                         {"reply": new_id(), "model": None, "parameters": None})
    await ann.sse(reply["generation"])
    assert (await ann.call("PUT", f"{path}/messages/{reply['reply']}/feedback",
                           {"value": "up", "comment": None})).status_code == 204


@pytest.mark.parametrize("headers", [{}, {"content-type": "application/octet-stream"}])
async def test_a_file_without_a_type_has_the_one_of_its_name(ann, headers):
    for name, type_ in (("議事録.md", "text/markdown"), ("a.TXT", "text/plain"), ("a.csv", "text/csv"),
                        ("a.json", "application/json"), ("a.pdf", "application/pdf")):
        response = await ann.call("POST", "/api/files", params={"name": name}, content=b"bytes", headers=headers)
        assert response.status_code == 201, (name, response.text)
        assert response.json() == {"id": response.json()["id"], "name": name, "type": type_, "size": 5}
    bare = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nbytes\r\n--b--\r\n'
    response = await ann.call("POST", "/api/files", content=bare, headers={"content-type": "multipart/form-data; boundary=b"})
    assert (response.status_code, response.json()["type"]) == (201, "text/plain")
    coded = await ann.call("POST", "/api/files", params={"name": "a.txt"}, content=b"bytes", headers=headers | {"content-encoding": "gzip"})
    assert (coded.status_code, coded.json()["code"]) == (415, "unsupported_type")
    unknown = await ann.call("POST", "/api/files", params={"name": "a.exe"}, content=b"MZ", headers=headers)
    assert (unknown.status_code, unknown.json()["code"]) == (415, "unsupported_type")


async def test_a_head_says_the_length_of_a_body_or_none(ann):
    file = (await ann.call("POST", "/api/files", params={"name": "a.txt"}, content=b"x" * 100_000)).json()
    for method in ("GET", "HEAD"):
        response = await ann.call(method, f"/api/files/{file['id']}")
        assert response.headers["content-length"] == "100000", method
        assert "transfer-encoding" not in response.headers
        assert len(response.content) == (100_000 if method == "GET" else 0)
    turn = await ann.ask(await ann.new_thread(), "x", "echo")
    await ann.sse(turn.generation)
    head = await ann.call("HEAD", f"/api/generations/{turn.generation}/events")
    assert head.status_code == 200 and head.headers["content-type"] == "text/event-stream"
    assert "content-length" not in head.headers
    thread = await ann.call("HEAD", f"/api/threads/{turn.thread}")
    assert thread.headers["content-length"] == str(len((await ann.call("GET", f"/api/threads/{turn.thread}")).content))


async def test_the_page_is_asked_for_again_only_when_it_changed(ann):
    index = await ann.call("GET", "/", headers={"accept-encoding": "identity"})
    packed = await ann.call("GET", "/", headers={"accept-encoding": "gzip, BR"})
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("br", "Accept-Encoding")
    assert packed.headers["etag"] != index.headers["etag"], "other bytes have another validator"
    for accepted, known, status in (("identity", index, 304), ("br", packed, 304), ("identity", packed, 200), ("br", index, 200)):
        headers = {"accept-encoding": accepted, "if-none-match": f'"x", W/{known.headers["etag"]}'}
        again = await ann.call("GET", "/", headers=headers)
        assert again.status_code == status, headers
        assert (again.content == b"") == (status == 304)
    assert (await ann.call("GET", "/", headers={"if-none-match": "*"})).status_code == 304
    refused = await ann.call("GET", "/", headers={"accept-encoding": "gzip, br ; q=0"})
    assert refused.content == index.content and "content-encoding" not in refused.headers


async def test_a_refused_limit_says_which_are_taken(ann):
    for limit in ("0", "201", "x", "-1", ""):
        problem = (await ann.call("GET", f"/api/threads?limit={limit}")).json()
        assert problem["detail"] == "?limit=: expected a whole number from 1 to 200", json.dumps(problem)
