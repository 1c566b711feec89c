"""Uploads, honest and other."""

import asyncio
import re
import struct
import zlib

import httpx
import pytest

from support.client import Client, Refused

pytestmark = pytest.mark.anyio


def picture(size: int = 0) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    whole = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    whole += chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return whole + b"\0" * max(0, size - len(whole))


def form(name: str, content: bytes, content_type: str, filename: str, boundary: str = "b0undary") -> tuple[bytes, dict]:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: {content_type}\r\n\r\n'
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return body, {"content-type": f"multipart/form-data; boundary={boundary}"}


async def upload(client: Client, content: bytes, name: str = "a.png", content_type: str = "image/png"):
    body, headers = form("file", content, content_type, name)
    return await client.call("POST", "/api/files", content=body, headers=headers)


async def test_a_picture_goes_up_and_comes_down_unchanged(ann, ben, models):
    content = picture(3_000_000)
    response = await upload(ann, content, "猫 photo.png")
    file = response.json()
    assert response.status_code == 201 and file == {"id": file["id"], "name": "猫 photo.png", "type": "image/png", "size": len(content)}
    raw = await ann.call("POST", "/api/files", params={"name": "raw.png"}, content=content, headers={"content-type": "image/png"})
    assert raw.status_code == 201

    down = await ann.call("GET", f"/api/files/{file['id']}")
    assert down.content == content
    assert down.headers["content-disposition"].startswith("attachment;")
    assert down.headers["x-content-type-options"] == "nosniff" and "sandbox" in down.headers["content-security-policy"]
    assert (await ben.call("GET", f"/api/files/{file['id']}")).status_code == 404

    small = (await upload(ann, picture())).json()
    thread = await ann.new_thread()
    turn = await ann.ask(thread, "look", "fixed;text=seen", files=[small["id"]])
    await ann.sse(turn.generation)
    assert (await ann.messages(thread))[0]["files"] == [small]
    assert "image/png" in str(models.requests("fixed;text=seen")[-1]["body"])


async def test_a_file_that_the_model_cannot_get_is_told_of(ann, models):
    pdf = (await upload(ann, b"%PDF-1.4 " + b"x" * 100, "報告.pdf", "application/pdf")).json()
    long = (await upload(ann, b"line\n" * 30_000, "log.txt", "text/plain")).json()
    short = (await upload(ann, b"short", "note.txt", "text/plain")).json()
    thread = await ann.new_thread()
    turn = await ann.ask(thread, "read", "fixed;text=read", files=[pdf["id"], long["id"], short["id"]])
    events = await ann.sse(turn.generation)
    steps = [event.data for event in events if event.type == "step"]
    assert [step["detail"] for step in steps if step["name"] == "files_named"] == [{"files": ["報告.pdf", "log.txt"]}]
    assert (await ann.messages(thread))[1]["steps"] == steps
    asked = str(models.requests("fixed;text=read")[-1]["body"])
    assert "報告.pdf" in asked and "log.txt" in asked and "short" in asked and "line\\n" not in asked


async def check_ranges(client: Client, id: str, content: bytes) -> None:
    """What every file store gives of a file when parts of it are asked for (RFC 9110, 14)."""
    path, size = f"/api/files/{id}", len(content)
    whole = await client.call("GET", path)
    tag = whole.headers["etag"]
    assert (whole.status_code, whole.headers["accept-ranges"], whole.content == content) == (200, "bytes", True)
    for field, first, last in (("bytes=0-0", 0, 0), ("bytes=1-4", 1, 4), ("bytes=65530-131080", 65530, 131080), (f"bytes={size - 1}-", size - 1, size - 1),
                               ("bytes=-7", size - 7, size - 1), ("bytes=0-", 0, size - 1), ("bytes=5-" + "9" * 40, 5, size - 1),
                               ("bytes=-" + "9" * 40, 0, size - 1)):
        part = await client.call("GET", path, headers={"range": field, "if-range": tag})
        assert (part.status_code, part.headers["content-range"]) == (206, f"bytes {first}-{last}/{size}"), field
        assert part.content == content[first:last + 1] and part.headers["content-length"] == str(last + 1 - first), field
        assert {name: part.headers[name] for name in INERT} == {name: whole.headers[name] for name in INERT}
    for field in (f"bytes={size}-", f"bytes={size}-{size + 5}", "bytes=-0", "bytes=" + "9" * 40 + "-"):
        refused = await client.call("GET", path, headers={"range": field})
        assert (refused.status_code, refused.headers["content-range"], refused.json()["code"]) == (416, f"bytes */{size}", "range_not_satisfiable"), field
    for headers in ({"range": "bytes=0-9,20-29"}, {"range": "bytes=0-,0-,0-"}, {"range": "bytes=-5-9"}, {"range": "bytes=9-5"}, {"range": "bytes=-"},
                    {"range": "lines=0-9"}, {"range": "bytes=0-9", "if-range": '"other"'}, {"range": "bytes=0-9", "if-range": f"W/{tag}"},
                    {"range": "bytes=0-9", "if-range": "Sat, 29 Oct 1994 19:43:31 GMT"}):
        answer = await client.call("GET", path, headers=headers)
        assert answer.status_code == 200 and "content-range" not in answer.headers and answer.content == content, headers
    for field in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        unchanged = await client.call("GET", path, headers={"if-none-match": field, "range": "bytes=0-9"})
        assert (unchanged.status_code, unchanged.headers["etag"], unchanged.content) == (304, tag, b""), field
    assert (await client.call("GET", path, headers={"if-none-match": '"other"'})).content == content
    head = await client.call("HEAD", path, headers={"range": "bytes=0-9"})
    assert (head.status_code, head.headers["content-length"], head.headers["accept-ranges"]) == (200, str(size), "bytes")


INERT = ("content-type", "content-disposition", "x-content-type-options", "content-security-policy", "cache-control", "etag", "accept-ranges")


async def test_a_part_of_a_file_comes_alone(ann, ben):
    content = bytes(i * 7 % 251 for i in range(200_000))
    kept = (await ann.call("POST", "/api/files", params={"name": "a.pdf"}, content=content)).json()
    await check_ranges(ann, kept["id"], content)
    refused = await ben.call("GET", f"/api/files/{kept['id']}", headers={"range": "bytes=999999-"})
    assert refused.status_code == 404 and "content-range" not in refused.headers


async def test_what_is_no_picture_is_refused(ann):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    for content, content_type, name in (
            (svg, "image/svg+xml", "a.svg"), (svg, "image/png", "a.png"), (HTML, "image/jpeg", "a.jpg"),
            (picture(), "image/webp", "a.webp"), (b"MZ", "application/octet-stream", "a.exe"), (b"MZ", "", "a.exe"),
            (HTML, "application/xhtml+xml", "a.xhtml"), (picture(), "image/png/../html", "a"), (picture(), "image/*", "a")):
        response = await upload(ann, content, name, content_type)
        assert (response.status_code, response.json().get("code")) == (415, "unsupported_type"), (content_type, response.text)


HTML = b"<script>alert(1)</script>"


@pytest.mark.parametrize("content, content_type", [(b"GIF89a/*" + HTML, "image/gif"), (HTML, "text/html"), (b"%PDF-1.7" + HTML, "application/pdf")])
async def test_what_could_act_in_a_browser_comes_down_inert(ann, content, content_type):
    kept = await upload(ann, content, "a.html", content_type)
    down = await ann.call("GET", f"/api/files/{kept.json()['id']}")
    assert down.content == content and down.headers["content-type"] == content_type
    assert down.headers["content-disposition"].startswith("attachment;")
    assert down.headers["x-content-type-options"] == "nosniff"
    assert down.headers["content-security-policy"] == "default-src 'none'; sandbox"


async def test_a_name_is_never_a_path(site, ann):
    names = {"../../etc/passwd": "passwd", "/etc/shadow": "shadow", "..\\\\..\\\\boot.ini": "boot.ini", "..": "file", "": "file",
             "x" * 4000: "x" * 200, "a\u202egnp.exe": "agnp.exe", "%2e%2e%2fx": "%2e%2e%2fx"}
    for name, kept in names.items():
        response = await upload(ann, picture(), name)
        assert response.status_code == 201, (name, response.text)
        assert response.json()["name"] == kept
        down = await ann.call("GET", f"/api/files/{response.json()['id']}")
        assert "\r" not in down.headers["content-disposition"] and ".." not in down.headers["content-disposition"].replace("%2E", "")
    uuid = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}")
    files = [p for p in (site.kaiwa.data / "files").rglob("*") if p.is_file()]
    assert files and all(uuid.search(p.name) for p in files), [p.name for p in files]


async def test_broken_forms_are_refused(ann):
    content = picture()
    whole, headers = form("file", content, "image/png", "a.png")
    cases = [
        (whole[:-10], headers, 400), (whole.replace(b'name="file"', b'name="other"'), headers, 400),
        (whole[: whole.index(b"\r\n--b0undary--")] + b"\r\n" + whole, headers, 400),
        (b"", headers, 400), (b"garbage", headers, 400), (whole, {"content-type": "multipart/form-data"}, 400),
        (whole, {"content-type": "multipart/form-data; boundary=" + "x" * 71}, 400),
        (whole.replace(b"b0undary", b"other"), headers, 400),
        (b"--b0undary\r\n" + b"X: " + b"y" * 20_000 + b"\r\n\r\n", headers, 400),
        (b"--b0undary\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n" * 50 + b"--b0undary--", headers, 400),
        (form("file", b"", "image/png", "a.png")[0], headers, 400),
        (content, {"content-type": "image/png"}, 400),
    ]
    for body, head, status in cases:
        response = await ann.call("POST", "/api/files", content=body, headers=head)
        assert response.status_code == status, (body[:60], response.text)
        assert response.headers["content-type"] == "application/problem+json"


async def test_nothing_of_a_broken_upload_is_kept(site, ann):
    folder = site.kaiwa.data / "files"
    before = {p for p in folder.rglob("*") if p.is_file()}
    whole, headers = form("file", picture(2_000_000), "image/png", "a.png")

    async def half():
        yield whole[:1_000_000]
        await asyncio.sleep(0.05)
        raise ConnectionError("the sender is gone")

    with pytest.raises(ConnectionError):
        await ann.call("POST", "/api/files", content=half(), headers=headers)
    assert (await ann.call("POST", "/api/files", content=whole[:-20], headers=headers)).status_code == 400
    for _ in range(40):
        left = {p for p in folder.rglob("*") if p.is_file()} - before
        if not left:
            break
        await asyncio.sleep(0.05)
    assert left == set()


async def test_a_file_over_the_limit_is_refused_before_it_is_sent(tmp_path_factory, models):
    from conftest import make_site
    made = make_site(tmp_path_factory.mktemp("small"), models, {"KAIWA_UPLOADS__MAX_BYTES": "100000"})
    try:
        async with Client(made.kaiwa.url, key=made.keys["ann"]) as client:
            assert (await upload(client, picture(90_000))).status_code == 201
            response = await upload(client, picture(150_000))
            assert (response.status_code, response.json()["code"]) == (413, "too_large")
            response = await upload(client, picture(800_000))
            assert (response.status_code, response.json()["code"]) == (413, "too_large")
            before = (await client.call("GET", "/metrics")).text
            with pytest.raises((httpx.WriteError, httpx.ReadError, AssertionError)):
                # Far more than the server takes: it answers and leaves; whether that is heard is up to the network.
                assert (await upload(client, picture(30_000_000))).status_code != 413
            uploaded = "kaiwa_uploaded_bytes_total 90000"
            assert uploaded in before and uploaded in (await client.call("GET", "/metrics")).text
    finally:
        made.kaiwa.close()


async def test_a_message_carries_a_bounded_number_of_files(ann):
    file = (await upload(ann, picture())).json()["id"]
    with pytest.raises(Refused) as refused:
        await ann.ask(await ann.new_thread(), "look", "echo", files=[file] * 21)
    assert refused.value.status == 400
