"""Administration: people, and the servers of models."""

import asyncio
import subprocess

import pytest

from conftest import make_site
from support.client import Client, Refused, new_id, text_of

pytestmark = pytest.mark.anyio


async def test_people_are_added_changed_and_deleted(site, root):
    wanted = {"username": "fred", "name": "Fred", "role": "user", "password": "a good long password"}
    made = await root.ok("POST", "/api/admin/users", wanted)
    assert {k: made[k] for k in ("username", "name", "role", "disabled")} == {
        "username": "fred", "name": "Fred", "role": "user", "disabled": False}
    with pytest.raises(Refused) as taken:
        await root.ok("POST", "/api/admin/users", wanted)
    assert (taken.value.status, taken.value.code) == (409, "username_taken")

    found = (await root.ok("GET", "/api/admin/users", params={"q": "FRE"}))["items"]
    assert [user["id"] for user in found] == [made["id"]]
    path = f"/api/admin/users/{made['id']}"
    changed = await root.ok("PATCH", path, {"name": "Frederick", "role": "publisher"})
    assert (changed["name"], changed["role"]) == ("Frederick", "publisher")
    await root.ok("PUT", f"{path}/password", {"password": "quite another password"})
    async with Client(site.kaiwa.url) as fred:
        with pytest.raises(Refused):
            await fred.sign_in("fred", "a good long password")
        await fred.sign_in("fred", "quite another password")
        thread = await fred.new_thread()
        await root.ok("DELETE", path)
        assert (await fred.call("GET", f"/api/threads/{thread}")).status_code == 401
    assert (await root.call("PATCH", path, {"name": "x"})).status_code == 404


async def test_people_are_listed_by_page_and_order(root):
    names = []
    query = {"limit": 2, "sort": "username", "order": "desc"}
    while True:
        page = await root.ok("GET", "/api/admin/users", params=query)
        names += [user["username"] for user in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert {"ann", "ben", "root"} <= set(names) and len(names) == len(set(names))
    assert names == sorted(names, reverse=True)


async def test_one_administrator_always_remains(own_site):
    async with Client(own_site.kaiwa.url, key=own_site.keys["root"]) as root:
        me = (await root.ok("GET", "/api/session"))["user"]["id"]
        for method, body in (("PATCH", {"role": "user"}), ("PATCH", {"disabled": True}), ("DELETE", None)):
            with pytest.raises(Refused) as refused:
                await root.ok(method, f"/api/admin/users/{me}", body)
            assert (refused.value.status, refused.value.code) == (409, "last_administrator")
        assert (await root.ok("GET", "/api/session"))["user"]["role"] == "administrator"


async def test_a_provider_added_in_the_page_works_at_once_and_after_a_restart(tmp_path, models):
    site = make_site(tmp_path, models)
    kaiwa = site.kaiwa
    try:
        async with Client(kaiwa.url, key=site.keys["root"]) as root:
            tested = await root.ok("POST", "/api/admin/providers/test", {"kind": "openai", "base_url": f"{models.url}/v1"})
            assert tested["ok"] and "echo" in tested["models"] and tested["latency_ms"] >= 0
            dead = await root.ok("POST", "/api/admin/providers/test", {"kind": "openai", "base_url": "http://127.0.0.1:1/v1"})
            assert not dead["ok"] and dead["error"]["class"] == "network"

            wanted = {"name": "second", "kind": "openai", "base_url": f"{models.url}/v1", "api_key": "secret-two"}
            made = await root.ok("POST", "/api/admin/providers", wanted)
            assert made["has_key"] and made["origin"] == "store" and "api_key" not in made
            listed = {p["name"]: p for p in (await root.ok("GET", "/api/admin/providers"))["items"]}
            assert listed["local"]["origin"] == "configuration" and listed["second"]["origin"] == "store"
            for method, body in (("PATCH", {"models": []}), ("DELETE", None)):
                with pytest.raises(Refused) as refused:
                    await root.ok(method, "/api/admin/providers/local", body)
                assert (refused.value.status, refused.value.code) == (409, "read_only")
            with pytest.raises(Refused) as moved:
                await root.ok("PATCH", "/api/admin/providers/second", {"base_url": "http://127.0.0.1:1/v1"})
            assert moved.value.status == 400, "a key is not taken along to another server"
            assert not (await root.call("POST", "/api/admin/providers", wanted)).is_success

            for _ in range(50):
                ids = [model["id"] for model in (await root.ok("GET", "/api/models"))["items"]]
                if "second/echo" in ids:
                    break
                await asyncio.sleep(0.1)
            assert "second/echo" in ids and "local/echo" in ids

            thread = await root.new_thread()
            ask = {"message": {"id": new_id(), "text": "through the second"}, "model": "second/echo"}
            ticket = await root.ok("POST", f"/api/threads/{thread}/turns", ask)
            assert text_of(await root.sse(ticket["generation"])) == "through the second"
            assert models.requests("echo")[-1]["headers"]["authorization"] == "Bearer secret-two"
            assert kaiwa.stop() == 0
            kaiwa.start()
            ask["message"] = {"id": new_id(), "text": "still there"}
            ticket = await root.ok("POST", f"/api/threads/{thread}/turns", ask)
            assert text_of(await root.sse(ticket["generation"])) == "still there"
            await root.ok("DELETE", "/api/admin/providers/second")
            assert "second" not in {p["name"] for p in (await root.ok("GET", "/api/admin/providers"))["items"]}
            await root.ok("GET", "/api/admin/found")
    finally:
        kaiwa.close()


async def test_a_provider_whose_key_was_left_behind_is_not_called(tmp_path, models):
    site = make_site(tmp_path, models)
    kaiwa = site.kaiwa
    try:
        async with Client(kaiwa.url, key=site.keys["root"]) as root:
            wanted = {"name": "second", "kind": "openai", "base_url": f"{models.url}/v1", "api_key": "secret-two", "models": ["echo"]}
            await root.ok("POST", "/api/admin/providers", wanted)
            kaiwa.run("backup", str(tmp_path / "copy"))
            assert kaiwa.stop() == 0
            kaiwa.data.rename(tmp_path / "old")
            told = subprocess.run([kaiwa.binary, "restore", str(tmp_path / "copy"), "--data", str(kaiwa.data)], capture_output=True, text=True)
            assert told.returncode == 0 and f"{kaiwa.data}/secret.key is missing" in told.stderr
            assert "before-restore" not in told.stderr, "nothing was there"

            kaiwa.start()
            second = await until_asked(root, "second")
            assert (second["state"], second["has_key"]) == ("denied", False) and "enter the key again" in second["reason"]
            before = models.total()
            ask = {"message": {"id": new_id(), "text": "hello"}, "model": "second/echo"}
            ticket = await root.ok("POST", f"/api/threads/{await root.new_thread()}/turns", ask)
            assert (await root.sse(ticket["generation"]))[-1].data["class"] == "auth"
            assert models.total() == before

            with pytest.raises(Refused) as other:
                await root.ok("PATCH", "/api/admin/providers/second", {"models": []})
            assert other.value.status == 400
            await root.ok("PATCH", "/api/admin/providers/second", {"api_key": "secret-three"})
            assert (await until_asked(root, "second"))["state"] == "ready"
    finally:
        kaiwa.close()


async def until_asked(root: Client, name: str) -> dict:
    """The provider once it was asked for its models."""
    for _ in range(100):
        found = {p["name"]: p for p in (await root.ok("GET", "/api/admin/providers"))["items"]}[name]
        if found["state"] != "unknown":
            break
        await asyncio.sleep(0.1)
    return found


async def test_providers_and_models_are_sorted_filtered_and_paged(root):
    for name in ("zeta", "alpha"):
        await root.ok("POST", "/api/admin/providers", {"name": name, "kind": "custom", "base_url": "http://127.0.0.1:1/", "models": [name]})
    whole = [p["name"] for p in (await root.ok("GET", "/api/admin/providers"))["items"]]
    assert set(whole) >= {"local", "zeta", "alpha"} and whole[0] == "local", "as the configuration names them"

    async def walk(path, field, **query):
        seen = []
        query |= {"limit": 1}
        while True:
            page = await root.ok("GET", path, params=query)
            assert len(page["items"]) <= 1
            seen += [item[field] for item in page["items"]]
            if page["next"] is None:
                return seen
            query["after"] = page["next"]

    assert await walk("/api/admin/providers", "name") == sorted(whole)
    assert await walk("/api/admin/providers", "name", sort="name", order="desc") == sorted(whole, reverse=True)
    counts = await walk("/api/admin/providers", "model_count", sort="model_count", order="desc")
    assert counts == sorted(counts, reverse=True) and len(counts) == len(whole)
    assert await walk("/api/admin/providers", "name", q="LOC") == ["local"]
    models = [m["id"] for m in (await root.ok("GET", "/api/models"))["items"]]
    assert await walk("/api/models", "id", sort="id") == sorted(models)
    assert set(await walk("/api/models", "id", sort="provider", q="echo")) == {m for m in models if "echo" in m}
    for path in ("/api/models", "/api/admin/providers"):
        cursor = (await root.ok("GET", path, params={"limit": 1}))["next"]
        for wrong in ({"sort": "api_key"}, {"order": "up"}, {"limit": 0}, {"limit": 201}, {"q": "a" * 201}, {"after": "x" * 9000},
                      {"after": cursor, "order": "desc", "limit": 1}, {"after": cursor[:-3] + "%00", "sort": "state"}):
            response = await root.call("GET", path, params=wrong)
            assert (response.status_code, response.json()["code"]) == (400, "invalid_request"), (path, wrong)
    for name in ("zeta", "alpha"):
        await root.ok("DELETE", f"/api/admin/providers/{name}")


async def test_calls_of_a_provider_are_counted_by_the_minute(root):
    async def figures(span):
        shown = await root.ok("GET", "/api/admin/providers/local/activity", params={"span": span})
        return shown, sum(i["requests"] for i in shown["items"]), sum(i["failures"] for i in shown["items"])

    _, requests, failures = await figures("1h")
    thread = await root.new_thread()
    for model in ("echo", "fixed;status=500"):
        turn = await root.ask(thread, "counted", model)
        await root.sse(turn.generation)
    for span, step, number in (("1h", 60, 60), ("6h", 300, 72), ("24h", 900, 96)):
        shown, now_requests, now_failures = await figures(span)
        assert (shown["step_seconds"], len(shown["items"]), shown["next"]) == (step, number, None)
        times = [item["time"] for item in shown["items"]]
        assert times == sorted(times) and times[-1].endswith(":00.000Z")
        assert now_requests >= requests + 2 and now_failures >= failures + 1
    last = [item for item in shown["items"] if item["requests"]][-1]
    assert 0 <= last["first_token_ms"] <= last["slowest_first_token_ms"]
    for wrong in ("2h", "", "1H", "-1h", "x" * 5000):
        assert (await root.call("GET", "/api/admin/providers/local/activity", params={"span": wrong})).status_code == 400


async def test_a_server_that_is_down_is_listed_with_the_reason(tmp_path):
    providers = '[{"name":"down","kind":"openai","base_url":"http://127.0.0.1:1/v1","models":["wanted"]}]'
    site = make_site(tmp_path, None, {"KAIWA_PROVIDERS": providers})
    try:
        async with Client(site.kaiwa.url, key=site.keys["ann"]) as client:
            listed = {m["id"]: m for m in (await client.ok("GET", "/api/models"))["items"]}
            assert listed["down/wanted"]["state"] == "unreachable" and listed["down/wanted"]["reason"]
    finally:
        site.kaiwa.close()
