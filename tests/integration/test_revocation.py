"""What is taken away is gone within a second, also for connections that stay open."""

import asyncio
import time

import httpx
import pytest
import websockets

from conftest import add_key, add_user, sign_in
from support.client import Client

pytestmark = pytest.mark.anyio
DEAD_WITHIN = 1.0
names = iter(f"revoked{i}" for i in range(100))


async def read_stream(client: Client, generation: str) -> float:
    """When the server ended the stream: by cutting it, or with the end of the answer that it stopped."""
    last = None
    try:
        async with client.stream(generation, 1) as events:
            async for event in events:
                last = event
        assert last and last.type == "stopped", "the stream ended as if it were whole"
    except httpx.RemoteProtocolError:
        pass
    return time.monotonic()


async def read_socket(client: Client, generation: str) -> float:
    async with client.websocket() as socket:
        await socket.follow(generation)
        with pytest.raises(websockets.ConnectionClosed):
            while True:
                await socket.next()
    return time.monotonic()


async def read_polls(client: Client, generation: str) -> float:
    after = 0
    while True:
        response = await client.call("GET", f"/api/generations/{generation}/events", params={"after": after, "wait": 20},
                                     headers={"accept": "application/json"})
        if response.status_code in (401, 204):
            return time.monotonic()
        assert response.status_code == 200, response.text
        after = response.json()["events"][-1]["n"] if response.json()["events"] else after


async def ask_again_and_again(client: Client, _: str) -> float:
    while (await client.call("GET", "/api/session")).status_code == 200:
        await asyncio.sleep(0.02)
    return time.monotonic()


CARRIERS = [read_stream, read_socket, read_polls, ask_again_and_again]


async def sign_out(site, root, user, credentials):
    async with Client(site.kaiwa.url, cookie=credentials["cookie"]) as client:
        await client.ok("DELETE", "/api/session")


async def revoke_key(site, root, user, credentials):
    async with Client(site.kaiwa.url, key=credentials["key"]) as client:
        keys = (await client.ok("GET", "/api/keys"))["items"]
        await client.ok("DELETE", f"/api/keys/{keys[0]['id']}")


async def disable(site, root, user, credentials):
    await root.ok("PATCH", f"/api/admin/users/{user['id']}", {"disabled": True})


async def delete(site, root, user, credentials):
    await root.ok("DELETE", f"/api/admin/users/{user['id']}")


async def reset_password(site, root, user, credentials):
    await root.ok("PUT", f"/api/admin/users/{user['id']}/password", {"password": "some other password"})


async def disable_by_command_line(site, root, user, credentials):
    await asyncio.to_thread(site.kaiwa.run, "user", "disable", user["username"])


CASES = [(sign_out, "cookie"), (revoke_key, "key"), (disable, "cookie"), (disable, "key"), (delete, "cookie"), (delete, "key"),
         (reset_password, "cookie"), (disable_by_command_line, "key")]


@pytest.mark.parametrize("revoke, carried_by", CASES, ids=[f"{r.__name__}-{c}" for r, c in CASES])
@pytest.mark.parametrize("model", ["stream;tokens=3000;rate=50", "stream;tokens=10;first_delay=30000"], ids=["busy", "idle"])
async def test_every_open_connection_dies(site, root, model, revoke, carried_by):
    name = next(names)
    add_user(site.kaiwa, name)
    credentials = {"key": add_key(site.kaiwa, name), "cookie": sign_in(site.kaiwa.url, name, site.password)}
    user = (await root.ok("GET", "/api/admin/users", params={"q": name}))["items"][0]
    async with Client(site.kaiwa.url, **{carried_by: credentials[carried_by]}) as client:
        turn = await client.ask(await client.new_thread(), "hello", model)
        carriers = [asyncio.create_task(carrier(client, turn.generation)) for carrier in CARRIERS]
        await asyncio.sleep(0.4)
        assert not any(task.done() for task in carriers)
        await revoke(site, root, user, credentials)
        begun = time.monotonic()
        ended = await asyncio.wait_for(asyncio.gather(*carriers), 5)
    late = {carrier.__name__: round(end - begun, 2) for carrier, end in zip(CARRIERS, ended)}
    assert max(late.values()) <= DEAD_WITHIN, late


async def test_an_administrator_who_is_one_no_more_may_administer_no_more(site, root):
    name = next(names)
    add_user(site.kaiwa, name, "administrator")
    key = add_key(site.kaiwa, name)
    user = (await root.ok("GET", "/api/admin/users", params={"q": name}))["items"][0]
    async with Client(site.kaiwa.url, key=key) as client:
        await client.ok("GET", "/api/admin/users")
        await root.ok("PATCH", f"/api/admin/users/{user['id']}", {"role": "user"})
        assert (await client.call("GET", "/api/admin/users")).status_code == 403
