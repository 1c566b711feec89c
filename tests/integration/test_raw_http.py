"""Requests whose framing lies: refused, and the connection ended, so that nobody's request is taken for another's."""

import json
import socket
import time

import pytest


def send(site, request: bytes, wait: float = 3) -> bytes:
    """Sends bytes and reads until the server ends the connection or falls silent."""
    with socket.create_connection(("127.0.0.1", site.kaiwa.port), timeout=5) as connection:
        connection.sendall(request)
        connection.settimeout(wait)
        received = b""
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except TimeoutError:
            received += b"<<open>>"
        except ConnectionResetError:
            pass
        return received


def post(site, framing: bytes, body: bytes) -> bytes:
    key = site.keys["ann"].encode()
    host = f"127.0.0.1:{site.kaiwa.port}".encode()
    return (b"POST /api/threads HTTP/1.1\r\nHost: " + host + b"\r\nAuthorization: Bearer " + key +
            b"\r\nContent-Type: application/json\r\n" + framing + b"\r\n\r\n" + body)


SMUGGLED = b"GET /api/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
FRAMINGS = {
    "both lengths": (b"Content-Length: 2\r\nTransfer-Encoding: chunked", b"0\r\n\r\n" + SMUGGLED),
    "two lengths": (b"Content-Length: 2\r\nContent-Length: 40", b"{}" + SMUGGLED),
    "two equal lengths in a list": (b"Content-Length: 2, 3", b"{}" + SMUGGLED),
    "negative length": (b"Content-Length: -1", b"{}" + SMUGGLED),
    "length with a plus": (b"Content-Length: +2", b"{}" + SMUGGLED),
    "hexadecimal length": (b"Content-Length: 0x2", b"{}" + SMUGGLED),
    "huge length": (b"Content-Length: 99999999999999999999999", b"{}"),
    "space before the colon": (b"Transfer-Encoding : chunked", b"0\r\n\r\n" + SMUGGLED),
    "unknown coding": (b"Transfer-Encoding: xchunked", b"0\r\n\r\n" + SMUGGLED),
    "coding twice": (b"Transfer-Encoding: chunked, chunked", b"0\r\n\r\n" + SMUGGLED),
    "coding with a vertical tab": (b"Transfer-Encoding:\x0bchunked", b"0\r\n\r\n" + SMUGGLED),
    "folded field": (b"X: a\r\n b\r\nContent-Length: 2", b"{}" + SMUGGLED),
    "bare line feed": (b"X: a\nContent-Length: 2", b"{}" + SMUGGLED),
    "bare carriage return": (b"X: a\rContent-Length: 40\r\nContent-Length: 2", b"{}" + SMUGGLED),
    "null in a field": (b"X: a\x00b\r\nContent-Length: 2", b"{}" + SMUGGLED),
    "chunk size that is none": (b"Transfer-Encoding: chunked", b"zz\r\n{}\r\n0\r\n\r\n" + SMUGGLED),
    "chunk size over 64 bits": (b"Transfer-Encoding: chunked", b"1" + b"0" * 17 + b"\r\n{}\r\n0\r\n\r\n" + SMUGGLED),
    "chunk that is longer than it says": (b"Transfer-Encoding: chunked", b"2\r\n{}}}\r\n0\r\n\r\n" + SMUGGLED),
    "chunk extension of a megabyte": (b"Transfer-Encoding: chunked", b"2;x=" + b"y" * 1_000_000 + b"\r\n{}\r\n0\r\n\r\n"),
}


@pytest.mark.parametrize("name", FRAMINGS)
def test_ambiguous_framing_ends_the_connection(site, name):
    framing, body = FRAMINGS[name]
    answer = send(site, post(site, framing, body))
    statuses = [line.split(b" ")[1] for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    assert len(statuses) == 1 and statuses[0] in (b"400", b"413", b"501", b"431"), answer[:400]
    assert not answer.endswith(b"<<open>>"), "the connection stays open"
    assert b"smuggled" not in answer


HEADS = {
    "no host": b"GET /api/session HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\n\r\n",
    "host with user information": b"GET /api/session HTTP/1.1\r\nHost: a@127.0.0.1\r\n\r\n",
    "unknown version": b"GET /api/session HTTP/3.7\r\nHost: 127.0.0.1\r\n\r\n",
    "no version": b"GET /api/session\r\nHost: 127.0.0.1\r\n\r\n",
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "many fields": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    "long field": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    "path with a null": b"GET /api/%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "path that is not UTF-8": b"GET /api/%ff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "path without a slash": b"GET api/session HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
}


@pytest.mark.parametrize("name", HEADS)
def test_malformed_heads_are_refused(site, name):
    answer = send(site, HEADS[name])
    status = answer.split(b" ")[1]
    assert status in (b"400", b"404", b"431", b"505", b"421"), answer[:300]


FORWARDED = ["", ",,,", "1.2.3.4, " * 2000, "junk", "fe80::1%eth0", "[::1", "999.1.1.1", "\t", "127.0.0.1", "unknown", "\"quoted\""]


@pytest.mark.parametrize("field", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"])
def test_forwarding_fields_of_nobody_in_particular_are_not_believed(site, field):
    key = site.keys["ann"]
    for value in FORWARDED:
        request = f"GET /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n{field}: {value}\r\nConnection: close\r\n\r\n"
        status = send(site, request.encode()).split(b" ")[1]
        assert status in (b"200", b"400", b"431"), (field, value[:40], status)
    assert site.kaiwa.program.is_running()


def test_requests_follow_each_other_on_one_connection(site):
    key = site.keys["ann"].encode()
    one = b"GET /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + key + b"\r\n"
    answer = send(site, (one + b"\r\n") * 9 + one + b"Connection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 10 and not answer.endswith(b"<<open>>")


def test_a_slow_head_does_not_keep_others_waiting(site):
    slow = []
    try:
        for _ in range(50):
            connection = socket.create_connection(("127.0.0.1", site.kaiwa.port), timeout=5)
            connection.sendall(b"GET / HT")
            slow.append(connection)
        begun = time.monotonic()
        answer = send(site, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200") and time.monotonic() - begun < 0.5
    finally:
        for connection in slow:
            connection.close()


REFUSED = {
    "HTTP/2.0": (b"GET /api/session HTTP/2.0\r\nHost: localhost\r\n\r\n", 505),
    "an expectation": (b"GET /api/session HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\n\r\n", 417),
    "a long field": (b"GET /api/session HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", 431),
    "many fields": (b"GET /api/session HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 1_000 + b"\r\n", 431),
    "no host": (b"GET /api/session HTTP/1.1\r\n\r\n", 400),
    "another host": (b"GET /api/session HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n", 421),
    "another method": (b"PUT /api/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_problem_says_the_status_that_it_comes_with(site, name):
    request, status = REFUSED[name]
    head, _, body = send(site, request).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), head
    assert json.loads(body)["status"] == status
