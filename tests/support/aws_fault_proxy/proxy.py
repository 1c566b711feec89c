"""Stands between a program and DynamoDB and makes the service's bad moments happen, by a seed.

Faults, each of which the real service has and its local stand-ins lack: throttling, server errors,
writes refused and transactions cancelled by conflicts, answers cut or lost after the work was done, parts of batches
left undone. A call is never carried out twice here: whatever is repeated, the caller repeats.
"""

import http.client
import json
import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

error_prefix = "com.amazonaws.dynamodb.v20120810#"
single_writes = {"PutItem", "UpdateItem", "DeleteItem"}
kinds = ("throttle", "server_error", "conflict", "cut", "lost", "partial")


class FaultProxy:
    """A context manager; `url` is where to call. `share` of the calls meet a fault."""

    def __init__(self, upstream: str, seed: int, share: float = 0.1, kinds=kinds):
        self.upstream = upstream.removeprefix("http://")
        self.random = random.Random(seed)
        self.share = share
        self.kinds = kinds
        self.counts: dict[str, int] = {}
        self.lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                proxy.answer(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def choose(self, operation: str) -> str:
        """Which fault this call meets; empty for none."""
        with self.lock:
            if operation in ("CreateTable", "DescribeTable", "UpdateTimeToLive"):
                return ""
            if self.random.random() >= self.share:
                return ""
            kind = self.random.choice(self.kinds)
            if kind == "conflict" and operation not in single_writes | {"TransactWriteItems"}:
                kind = "throttle"
            if kind == "partial" and operation not in ("BatchWriteItem", "BatchGetItem"):
                kind = "server_error"
            if kind not in self.kinds:
                return ""
            self.counts[kind] = self.counts.get(kind, 0) + 1
            return kind

    def pick(self, items: list) -> tuple[list, list]:
        with self.lock:
            kept = [item for item in items if self.random.random() < 0.5]
        return kept, [item for item in items if item not in kept]

    def answer(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        operation = handler.headers.get("X-Amz-Target", "").rpartition(".")[2]
        kind = self.choose(operation)
        if kind == "throttle":
            return self.fail(handler, 400, "ProvisionedThroughputExceededException", "slow down")
        if kind == "server_error":
            return self.fail(handler, 500, "InternalServerError", "try again")
        if kind == "conflict" and operation in single_writes:
            return self.fail(handler, 400, "TransactionConflictException",
                             "Transaction is ongoing for the item")
        if kind == "conflict":
            count = len(json.loads(body)["TransactItems"])
            reasons = [{"Code": "None"} for _ in range(count)]
            with self.lock:
                place = self.random.randrange(count)
            reasons[place] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
            return self.fail(handler, 400, "TransactionCanceledException", "cancelled",
                             {"CancellationReasons": reasons})
        left = None
        if kind == "partial":
            body, left = self.split(operation, json.loads(body))
        status, headers, answer = self.forward(handler, body)
        if left and status == 200:
            merged = json.loads(answer)
            name = "UnprocessedItems" if operation == "BatchWriteItem" else "UnprocessedKeys"
            merged[name] = self.together(merged.get(name) or {}, left)
            answer = json.dumps(merged).encode()
        if kind == "lost":  # the work was done; nobody hears of it
            handler.close_connection = True
            return handler.connection.close()
        self.send(handler, status, headers, answer, len(answer) // 2 if kind == "cut" else None)

    def split(self, operation: str, request: dict) -> tuple[bytes, dict | None]:
        """Leaves out half of a batch: at least one stays, and what is left out is told."""
        asked, left = {}, {}
        for table, wanted in request["RequestItems"].items():
            items = wanted if operation == "BatchWriteItem" else wanted["Keys"]
            kept, dropped = self.pick(items)
            if not kept:
                kept, dropped = items[:1], items[1:]
            asked[table] = kept if operation == "BatchWriteItem" else {**wanted, "Keys": kept}
            if dropped:
                left[table] = dropped if operation == "BatchWriteItem" else {**wanted, "Keys": dropped}
        return json.dumps({**request, "RequestItems": asked}).encode(), left or None

    @staticmethod
    def together(undone: dict, left: dict) -> dict:
        """What the service left undone by itself, and what was left out here."""
        for table, wanted in undone.items():
            if table not in left:
                left[table] = wanted
            elif isinstance(wanted, list):
                left[table] = wanted + left[table]
            else:
                left[table]["Keys"] = wanted["Keys"] + left[table]["Keys"]
        return left

    def forward(self, handler, body: bytes):
        connection = http.client.HTTPConnection(self.upstream, timeout=60)
        try:
            headers = {name: value for name, value in handler.headers.items()
                       if name.lower() not in ("host", "content-length", "connection")}
            connection.request("POST", handler.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def fail(self, handler, status: int, code: str, message: str, extra: dict | None = None):
        body = json.dumps({"__type": error_prefix + code, "Message": message, **(extra or {})}).encode()
        self.send(handler, status, [("Content-Type", "application/x-amz-json-1.0")], body)

    def send(self, handler, status: int, headers, body: bytes, cut: int | None = None):
        handler.send_response(status)
        for name, value in headers:
            if name.lower() in ("content-type", "x-amzn-requestid"):
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            handler.wfile.flush()
            handler.close_connection = True
            handler.connection.close()
