"""Servers that tests share; a test that stops or breaks one starts its own."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from support.aws import Moto
from support.client import Client
from support.dialects import configuration, make_dialects
from support.function import start
from support.runtime_api import RuntimeApi
from support.servers import ADMIN, Kaiwa, ModelServer

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from dynamodb_local.local import DynamoDbLocal  # noqa: E402

PASSWORD = "a good long password"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Iterator[ModelServer]:
    server = ModelServer(tmp_path_factory.mktemp("models"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def moto(tmp_path_factory) -> Iterator[Moto]:
    server = Moto(tmp_path_factory.mktemp("moto"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def dynamodb() -> Iterator[str]:
    """The address of a DynamoDB Local; each test works on tables of its own."""
    with DynamoDbLocal() as service:
        yield service.url


def add_user(kaiwa: Kaiwa, name: str, role: str = "user") -> None:
    kaiwa.run("user", "add", name, "--role", role, "--password-stdin", text=PASSWORD + "\n")


def add_key(kaiwa: Kaiwa, user: str) -> str:
    printed = kaiwa.run("key", "add", f"key of {user}", "--user", user)
    return next(word for word in printed.split() if word.startswith("kw_"))


def sign_in(url: str, username: str, password: str) -> str:
    """The `Cookie` of a new session."""
    answer = httpx.post(f"{url}/api/session", json={"username": username, "password": password}, timeout=60,
                        trust_env=False)
    assert answer.status_code == 200, answer.text
    return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())


def make_site(folder: Path, models: ModelServer | None, env: dict[str, str] | None = None) -> SimpleNamespace:
    """A server with an administrator and two users, each with a session and a key."""
    kaiwa = Kaiwa(folder, models, env)
    try:
        add_user(kaiwa, ADMIN[0], "administrator")
        add_user(kaiwa, "ann")
        add_user(kaiwa, "ben")
        names = (ADMIN[0], "ann", "ben")
        keys = {name: add_key(kaiwa, name) for name in names}
        cookies = {name: sign_in(kaiwa.url, name, PASSWORD) for name in names}
    except BaseException:
        kaiwa.close()
        raise
    return SimpleNamespace(kaiwa=kaiwa, keys=keys, cookies=cookies, models=models, password=PASSWORD)


@pytest.fixture(scope="session")
def site(tmp_path_factory, models) -> Iterator[SimpleNamespace]:
    made = make_site(tmp_path_factory.mktemp("kaiwa"), models)
    yield made
    made.kaiwa.close()


@pytest.fixture
def own_site(tmp_path, models) -> Iterator[SimpleNamespace]:
    """A server that the test may stop and break."""
    made = make_site(tmp_path, models)
    yield made
    made.kaiwa.close()


@pytest.fixture
async def ann(site) -> AsyncIterator[Client]:
    async with Client(site.kaiwa.url, cookie=site.cookies["ann"]) as client:
        yield client


@pytest.fixture
async def ben(site) -> AsyncIterator[Client]:
    async with Client(site.kaiwa.url, key=site.keys["ben"]) as client:
        yield client


@pytest.fixture
async def root(site) -> AsyncIterator[Client]:
    async with Client(site.kaiwa.url, cookie=site.cookies[ADMIN[0]]) as client:
        yield client


@pytest.fixture(scope="module")
def dialects(tmp_path_factory, models):
    made = make_dialects(tmp_path_factory.mktemp("dialects"), models, configuration())
    yield made
    made.kaiwa.close()


@pytest.fixture
def function(tmp_path, request):
    options = getattr(request, "param", {})
    api = RuntimeApi(options.get("invoke", "refused"))
    env = dict(options.get("env", {})) | {"AWS_ENDPOINT_URL_LAMBDA": f"http://{api.address}"}
    made = start(tmp_path, api, env)
    yield SimpleNamespace(api=api, program=made, folder=tmp_path)
    made.close()
    api.close()
