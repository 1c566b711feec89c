"""A server for programs: two keys that stand for themselves, and nobody with a password; and its callers."""

import json
from pathlib import Path
from types import SimpleNamespace

import httpx

from support.client import Client
from support.servers import Kaiwa, ModelServer

EVERY = ["lambda-url", "simplechat", "gptgram", "private-rag"]


def configuration(**more: str) -> dict[str, str]:
    names = {"ENDPOINTS": json.dumps(EVERY), "STAGE": "Prod"} | more
    return {f"KAIWA_COMPAT__{name}": value for name, value in names.items()}


def make_dialects(folder: Path, models: ModelServer, env: dict[str, str]) -> SimpleNamespace:
    kaiwa = Kaiwa(folder, models, env)
    try:
        printed = {name: kaiwa.run("key", "add", name) for name in ("ann", "ben")}
    except BaseException:
        kaiwa.close()
        raise
    keys = {name: next(word for word in text.split() if word.startswith("kw_")) for name, text in printed.items()}
    return SimpleNamespace(kaiwa=kaiwa, keys=keys, models=models)


def caller(site, user: str | None = "ann") -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {site.keys[user]}"} if user else {}
    return httpx.AsyncClient(base_url=site.kaiwa.url, headers=headers, timeout=30, trust_env=False)


def last_body(site) -> dict:
    """What the model was asked last."""
    return json.loads(site.models.requests("echo")[-1]["body"])


def last_prompt(site) -> list[tuple[str, str]]:
    def text(content):
        return content if isinstance(content, str) else "".join(part["text"] for part in content)

    return [(message["role"], text(message["content"])) for message in last_body(site)["messages"]]


async def threads_of(site, user: str) -> list[dict]:
    async with Client(site.kaiwa.url, key=site.keys[user]) as client:
        return (await client.ok("GET", "/api/threads"))["items"]
