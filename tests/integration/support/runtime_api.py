"""A strict Lambda Runtime API, and the Invoke API of the same function beside it.

What AWS documents and no emulator checks is checked here: one invocation at a time, each answered before the next is
asked for, framing and trailers of streamed answers, fields of errors. A breach is kept in `breaches`, and `close()`
fails on it.
"""

import base64
import json
import queue
import socket
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from support.process import environment, program

BASE = "/2018-06-01/runtime/"
LIMIT = 6 * 1024 * 1024


@dataclass
class Answer:
    kind: str  # "response", "stream" or "error"
    headers: dict[str, str]
    body: bytes = b""
    trailers: dict[str, str] = field(default_factory=dict)
    chunks: list[tuple[float, bytes]] = field(default_factory=list)  # seconds after the event was given
    took: float = 0

    @property
    def json(self) -> dict:
        """The answer in API Gateway's terms."""
        return json.loads(self.body)

    @property
    def status(self) -> int:
        return self.prelude["statusCode"] if self.kind == "stream" else self.json["statusCode"]

    @property
    def prelude(self) -> dict:
        return json.loads(self.body[: self.body.index(b"\0" * 8)])

    @property
    def content(self) -> bytes:
        """The body that the client gets."""
        if self.kind == "stream":
            return self.body[self.body.index(b"\0" * 8) + 8 :]
        body = self.json["body"]
        return base64.b64decode(body) if self.json["isBase64Encoded"] else body.encode()


@dataclass
class Invocation:
    payload: bytes
    seconds: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    given: float = 0
    answered: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None


class Closed(Exception):
    pass


class Reader:
    """One connection's bytes, as HTTP/1.1 has them."""

    def __init__(self, connection: socket.socket):
        self.connection = connection
        self.buffer = b""

    def fill(self) -> None:
        more = self.connection.recv(65536)
        if not more:
            raise Closed
        self.buffer += more

    def line(self) -> str:
        while b"\r\n" not in self.buffer:
            self.fill()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode()

    def exactly(self, size: int) -> bytes:
        while len(self.buffer) < size:
            self.fill()
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def fields(self) -> list[tuple[str, str]]:
        found = []
        while line := self.line():
            name, value = line.split(":", 1)
            found.append((name.lower(), value.strip()))
        return found


class RuntimeApi:
    def __init__(self, invoke: str = "refused"):
        """`invoke`: whether the function may invoke itself: "allowed" or "refused"."""
        self.invoke_rule = invoke
        self.breaches: list[str] = []
        self.init_error: dict | None = None
        self.nexts: list[float] = []
        self.invoked: list[dict] = []
        self._waiting: queue.Queue[Invocation] = queue.Queue()
        self._current: Invocation | None = None
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    # --- the caller's side

    def submit(self, event: object, seconds: float = 30) -> Invocation:
        payload = event if isinstance(event, bytes) else json.dumps(event).encode()
        invocation = Invocation(payload, seconds)
        self._waiting.put(invocation)
        return invocation

    def invoke(self, event: object, seconds: float = 30) -> Answer:
        invocation = self.submit(event, seconds)
        assert invocation.answered.wait(seconds + 10), f"no answer to {invocation.payload[:200]!r}"
        assert invocation.answer.took <= seconds, f"answered {invocation.answer.took - seconds:.3f} s after the deadline"
        return invocation.answer

    def wait_until_asked(self, seconds: float = 15) -> float:
        """When the first `next` came."""
        assert self._asked.wait(seconds), "the function never asked for an event"
        return self.nexts[0]

    def close(self) -> None:
        self._listener.close()
        assert not self.breaches, self.breaches

    # --- the function's side

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = Reader(connection)
        try:
            while True:
                method, target, version = reader.line().split(" ")
                fields = reader.fields()
                self._check(version == "HTTP/1.1", f"version {version}")
                headers = dict(fields)
                self._check([n for n, _ in fields].count("host") == 1, f"{target}: one Host field")
                self._check("expect" not in headers, f"{target}: no Expect")
                connection.sendall(self._answer(method, target, fields, headers, reader))
        except (Closed, OSError):
            pass
        finally:
            connection.close()

    def _check(self, good: bool, what: str) -> None:
        if not good:
            self.breaches.append(what)

    @staticmethod
    def _reply(status: int, body: object, extra: str = "") -> bytes:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        return (f"HTTP/1.1 {status} X\r\nContent-Length: {len(text)}\r\nContent-Type: application/json\r\n{extra}\r\n"
                ).encode() + text

    def _answer(self, method, target, fields, headers, reader) -> bytes:
        if target.startswith("/2015-03-31/functions/"):
            return self._self_invoke(method, target, headers, reader)
        if not target.startswith(BASE):
            self._check(False, f"{method} {target}: no such call")
            return self._reply(404, {})
        parts = target[len(BASE) :].split("/")
        if (method, parts) == ("GET", ["invocation", "next"]):
            return self._next()
        if (method, parts) == ("POST", ["init", "error"]):
            self.init_error = self._error(headers, self._body(headers, reader)[0])
            return self._reply(202, {"status": "OK"})
        if method == "POST" and len(parts) == 3 and parts[0] == "invocation" and parts[2] in ("response", "error"):
            return self._take(parts[1], parts[2], fields, headers, reader)
        self._check(False, f"{method} {target}: no such call")
        return self._reply(404, {})

    def _next(self) -> bytes:
        with self._lock:
            self._check(self._current is None, "next before the invocation was answered")
            self.nexts.append(time.monotonic())
            self._asked.set()
        invocation = self._waiting.get()
        invocation.given = time.monotonic()
        with self._lock:
            self._current = invocation
        deadline = int((time.time() + invocation.seconds) * 1000)
        return self._reply(200, invocation.payload,
                           f"Lambda-Runtime-Aws-Request-Id: {invocation.id}\r\n"
                           f"Lambda-Runtime-Deadline-Ms: {deadline}\r\n"
                           "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:123456789012:function:kaiwa:live\r\n"
                           "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0\r\n")

    def _body(self, headers, reader, invocation=None) -> tuple[bytes, list, dict]:
        chunked = headers.get("transfer-encoding") == "chunked"
        self._check(chunked != ("content-length" in headers), "one of Content-Length and chunked")
        if not chunked:
            return reader.exactly(int(headers.get("content-length", 0))), [], {}
        chunks = []
        while size := int(reader.line(), 16):
            chunk = reader.exactly(size)
            self._check(reader.exactly(2) == b"\r\n", "a chunk ends in CRLF")
            chunks.append((time.monotonic() - invocation.given if invocation else 0, chunk))
        return b"".join(c for _, c in chunks), chunks, dict(reader.fields())

    def _error(self, headers, body) -> dict:
        error = json.loads(body)
        kind = headers.get("lambda-runtime-function-error-type", "")
        self._check(kind.count(".") == 1, f"error type {kind!r} is no Category.Reason")
        self._check(error.keys() == {"errorMessage", "errorType", "stackTrace"}, f"error body {error}")
        self._check(error["errorType"] == kind, "errorType is the header's")
        return error

    def _take(self, id, what, fields, headers, reader) -> bytes:
        with self._lock:
            invocation = self._current
        known = invocation is not None and invocation.id == id
        self._check(known, f"{what} for an invocation that is not running")
        streaming = headers.get("lambda-runtime-function-response-mode") == "streaming"
        body, chunks, trailers = self._body(headers, reader, invocation)
        if not known:
            return self._reply(400, {"errorMessage": "invalid request id", "errorType": "InvalidRequestID"})
        answer = Answer(what, headers, body, trailers, chunks, time.monotonic() - invocation.given)
        if what == "error":
            self._error(headers, body)
        elif streaming:
            answer.kind = "stream"
            self._check_stream(fields, headers, answer)
        else:
            self._check("transfer-encoding" not in headers, "a buffered answer has a length")
            if len(body) > LIMIT:
                self._check(False, f"an answer of {len(body)} bytes")
                return self._reply(413, {"errorMessage": "too large", "errorType": "RequestEntityTooLarge"})
            json.loads(body)
        with self._lock:
            self._current = None
        invocation.answer = answer
        invocation.answered.set()
        return self._reply(202, {"status": "OK"})

    def _check_stream(self, fields, headers, answer: Answer) -> None:
        self._check(headers.get("content-type") == "application/vnd.awslambda.http-integration-response", "content type")
        declared = {value.lower() for name, value in fields if name == "trailer"}
        names = {"lambda-runtime-function-error-type", "lambda-runtime-function-error-body"}
        self._check(declared == names, f"trailers {declared}")
        self._check(set(answer.trailers) in (set(), names), f"trailers sent: {answer.trailers}")
        if answer.trailers:
            error = json.loads(base64.b64decode(answer.trailers["lambda-runtime-function-error-body"]))
            self._check(error["errorType"] == answer.trailers["lambda-runtime-function-error-type"], "trailer types")
        if answer.body:
            end = answer.body.find(b"\0" * 8)
            self._check(0 < end <= 16 * 1024 - 8, "the prelude ends within 16 KB")
            prelude = json.loads(answer.body[:end])
            self._check("set-cookie" not in prelude["headers"], "cookies are apart")
            self._check("content-type" in prelude["headers"], "a content type")

    # --- Lambda's Invoke API

    def _self_invoke(self, method, target, headers, reader) -> bytes:
        body = self._body(headers, reader)[0]
        self._check(method == "POST" and target.endswith("/invocations"), f"{method} {target}")
        self._check(headers.get("x-amz-invocation-type") == "Event", "asynchronous")
        self._check(headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 Credential="), "signed")
        self._check("/lambda/aws4_request" in headers.get("authorization", ""), "signed for lambda")
        self.invoked.append({"target": target, "event": json.loads(body)})
        if self.invoke_rule != "allowed":
            return self._reply(403, {"Message": "not authorized to perform: lambda:InvokeFunction"},
                               "x-amzn-ErrorType: AccessDeniedException\r\n")
        self.submit(body)
        return self._reply(202, b"")


class Function:
    """Kaiwa as a function of `api`, or of another runtime API at `address`."""

    def __init__(self, folder: Path, address: str, env: dict[str, str] | None = None, wait: bool = True):
        self.log = folder / "function.log"
        self.env = {
            "AWS_LAMBDA_RUNTIME_API": address,
            "AWS_LAMBDA_FUNCTION_NAME": "kaiwa",
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example-secret-canary",
            "KAIWA_DATA": str(folder / "data"),
        } | (env or {})
        binary = program("KAIWA", "build/kaiwa", "build/dev/bin/kaiwa")
        self.folder = folder
        self.binary = binary
        self.began = time.monotonic()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen([binary], stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=folder,
                                            env=environment(self.env))

    def run(self, *arguments: str, text: str = "") -> str:
        """Runs a command of the command line on the function's data."""
        done = subprocess.run([self.binary, *arguments, "--data", self.env["KAIWA_DATA"]], input=text, text=True,
                              capture_output=True, timeout=60, cwd=self.folder, env=environment())
        assert done.returncode == 0, done.stderr
        return done.stdout

    def lines(self, event: str) -> list[dict]:
        """What it logged of `event`."""
        found = []
        for line in self.log.read_text().splitlines():
            entry = json.loads(line)
            if entry.get("event") == event:
                found.append(entry)
        return found

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def http_event(method: str, path: str, body: object = None, headers: dict[str, str] | None = None,
               cookies: list[str] | None = None, signer: str | None = None) -> dict:
    """As a function URL sends it; `signer` is the ARN whose signature AWS checked."""
    path, _, query = path.partition("?")
    fields = {"host": "abc.lambda-url.eu-west-1.on.aws", "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9"}
    if body is not None:
        fields["content-type"] = "application/json"
    event = {
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": fields | (headers or {}),
        "requestContext": {
            "accountId": "anonymous", "apiId": "abc", "domainName": "abc.lambda-url.eu-west-1.on.aws", "domainPrefix": "abc",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9", "userAgent": "test"},
            "requestId": "00000000", "routeKey": "$default", "stage": "$default", "time": "x", "timeEpoch": 0,
        },
        "isBase64Encoded": body is not None,
    }
    if cookies:
        event["cookies"] = cookies
    if signer:
        account = signer.split(":")[4]
        event["headers"]["authorization"] = f"AWS4-HMAC-SHA256 Credential=AKIA/20260102/eu-west-1/lambda/aws4_request, SignedHeaders=host, Signature={'0' * 64}"
        event["requestContext"]["accountId"] = account
        event["requestContext"]["authorizer"] = {"iam": {
            "accessKey": "AKIA", "accountId": account, "callerId": "AIDA", "cognitoIdentity": None, "principalOrgId": "o-1",
            "userArn": signer, "userId": "AIDA"}}
    if body is not None:
        event["body"] = base64.b64encode(json.dumps(body).encode()).decode()
    return event
