"""Kaiwa as a Lambda function with a model inside, and somebody who calls it."""

import json

from support.client import new_id
from support.runtime_api import Function, http_event

PROVIDERS = json.dumps([{"name": "inside", "kind": "builtin", "reply": "はい、わかりました。"}])
ENV = {"KAIWA_PROVIDERS": PROVIDERS, "KAIWA_CHAT__DEFAULT_MODEL": "inside/echo"}


def start(folder, api, env=None):
    return Function(folder, api.address, ENV | (env or {}))


class Person:
    """Somebody with a key."""

    def __init__(self, function, api=None):
        self.api = api or function.api
        program = getattr(function, "program", function)  # of the fixture, or one alone
        assert self.api.invoke(http_event("GET", "/readyz")).status == 200
        printed = program.run("key", "add", new_id())
        self.key = next(word for word in printed.split() if word.startswith("kw_"))

    def call(self, method, path, body=None, headers=None, seconds=30):
        return self.api.invoke(http_event(method, path, body, self.fields(headers)), seconds)

    def fields(self, headers=None):
        return {"authorization": f"Bearer {self.key}"} | (headers or {})

    def ok(self, method, path, body=None, headers=None, seconds=30):
        answer = self.call(method, path, body, headers, seconds)
        assert answer.status < 400, answer.body
        return json.loads(answer.content) if answer.content else None

    def thread(self):
        return self.ok("POST", "/api/threads", {})["id"]

    def turn(self, thread, text, model=None, stream=False, seconds=30):
        body = {"message": {"id": new_id(), "text": text}} | ({"model": model} if model else {})
        headers = {"accept": "text/event-stream"} if stream else {}
        return self.call("POST", f"/api/threads/{thread}/turns", body, headers, seconds)

    def messages(self, thread):
        return self.ok("GET", f"/api/threads/{thread}/messages")["items"]
