"""Sessions, passwords, API keys, and who may send what from where."""

import httpx
import pytest

from conftest import add_user
from support.client import Client, Refused

pytestmark = pytest.mark.anyio


async def test_signing_in_and_out(site):
    add_user(site.kaiwa, "carol")
    async with Client(site.kaiwa.url) as client:
        with pytest.raises(Refused) as nobody:
            await client.ok("GET", "/api/session")
        assert (nobody.value.status, nobody.value.code) == (401, "unauthenticated")

        wrong, unknown = [], []
        for name, answers in (("carol", wrong), ("nobody-of-this-name", unknown)):
            with pytest.raises(Refused) as refused:
                await client.sign_in(name, "not the password")
            answers.append(refused.value)
        assert (wrong[0].status, wrong[0].code) == (401, "wrong_credentials")
        same = ("status", "code", "detail", "title")
        assert [wrong[0].problem[k] for k in same] == [unknown[0].problem[k] for k in same]

        response = await client.call("POST", "/api/session", {"username": "carol", "password": site.password})
        cookie = response.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
        assert response.json()["user"]["username"] == "carol"
        token = client.http.cookies["kaiwa"]

        await client.ok("DELETE", "/api/session")
        stolen = await client.call("GET", "/api/session", headers={"cookie": f"kaiwa={token}"})
        assert stolen.status_code == 401, "a session that was signed out is dead at once"


async def test_guessing_is_slowed_down_for_the_account_alone(site):
    add_user(site.kaiwa, "dora")
    async with Client(site.kaiwa.url) as client:
        statuses = []
        for _ in range(8):
            response = await client.call("POST", "/api/session", {"username": "dora", "password": "guess"})
            statuses.append(response.status_code)
        assert statuses[:5] == [401] * 5 and 429 in statuses
        assert response.status_code == 429 and int(response.headers["retry-after"]) >= 1
        assert response.json()["code"] == "too_many_requests"
    async with Client(site.kaiwa.url, cookie=site.cookies["ann"]) as ann:
        await ann.ok("GET", "/api/session")


async def test_a_new_password_ends_the_other_sessions(site):
    add_user(site.kaiwa, "erin")
    async with Client(site.kaiwa.url) as here, Client(site.kaiwa.url) as there:
        await here.sign_in("erin", site.password)
        await there.sign_in("erin", site.password)
        sessions = (await here.ok("GET", "/api/sessions"))["items"]
        assert len(sessions) == 2 and [s["current"] for s in sessions].count(True) == 1

        with pytest.raises(Refused) as wrong:
            await here.ok("PUT", "/api/session/password", {"current": "wrong", "new": "another good password"})
        assert (wrong.value.status, wrong.value.code) == (403, "wrong_credentials")
        with pytest.raises(Refused) as short:
            await here.ok("PUT", "/api/session/password", {"current": site.password, "new": "short"})
        assert short.value.status == 400
        await here.ok("PUT", "/api/session/password", {"current": site.password, "new": "another good password"})
        await here.ok("GET", "/api/session")
        assert (await there.call("GET", "/api/session")).status_code == 401
        await there.sign_in("erin", "another good password")

        other = next(s["id"] for s in (await here.ok("GET", "/api/sessions"))["items"] if not s["current"])
        await here.ok("DELETE", f"/api/sessions/{other}")
        assert (await there.call("GET", "/api/session")).status_code == 401


async def test_a_key_is_shown_once_and_can_be_revoked(site, ann):
    made = await ann.ok("POST", "/api/keys", {"name": "script"})
    assert made["key"].startswith(made["prefix"])
    listed = [k for k in (await ann.ok("GET", "/api/keys"))["items"] if k["id"] == made["id"]]
    assert len(listed) == 1 and "key" not in listed[0]
    async with Client(site.kaiwa.url, key=made["key"]) as script:
        assert (await script.ok("GET", "/api/session"))["user"]["username"] == "ann"
        await script.new_thread()  # no Origin needed
        await ann.ok("DELETE", f"/api/keys/{made['id']}")
        assert (await script.call("GET", "/api/session")).status_code == 401


async def test_a_key_without_a_user_is_somebody_of_its_own(site):
    printed = site.kaiwa.run("key", "add", "robot")
    key = next(word for word in printed.split() if word.startswith("kw_"))
    async with Client(site.kaiwa.url, key=key) as robot:
        assert (await robot.ok("GET", "/api/session"))["user"]["role"] == "user"
        thread = await robot.new_thread(title="mine")
        assert [t["id"] for t in (await robot.ok("GET", "/api/threads"))["items"]] == [thread]
        with pytest.raises(Refused) as refused:
            await robot.ok("POST", "/api/keys", {"name": "more"})
        assert refused.value.status == 403


async def test_every_carrier_of_a_credential_is_judged_alike(site):
    key, cookie = site.keys["ann"], site.cookies["ann"]
    cases = [
        ({"authorization": f"Bearer {key}"}, 200),
        ({"authorization": f"bearer {key}"}, 200),
        ({"cookie": cookie}, 200),
        ({"cookie": cookie, "authorization": f"Bearer {key}"}, 400),
        ({"cookie": cookie, "x-api-key": key}, 400),
        ({"x-api-key": key}, 401),
        ({"authorization": f"Basic {key}"}, 401),
        ({"authorization": f"Bearer {key}x"}, 401),
        ({"authorization": f"Bearer {key[:-1]}"}, 401),
        ({"authorization": f"Bearer {cookie.split('=')[1]}"}, 401),
        ({"cookie": f"kaiwa={key}"}, 401),
        ({"cookie": f"__Host-{cookie}"}, 401),
        ({"authorization": "Bearer ' OR 1=1 --"}, 401),
    ]
    async with httpx.AsyncClient(base_url=site.kaiwa.url, trust_env=False) as client:
        for headers, status in cases:
            response = await client.get("/api/session", headers=headers)
            assert response.status_code == status, (headers, response.text)
        assert (await client.get(f"/api/session?key={key}&access_token={key}")).status_code == 401


async def test_a_foreign_page_can_change_nothing_with_the_cookie(site, ann):
    before = len((await ann.ok("GET", "/api/threads", params={"limit": 200}))["items"])
    cookie = {"cookie": site.cookies["ann"]}
    async with httpx.AsyncClient(base_url=site.kaiwa.url, trust_env=False) as client:
        for headers in ({}, {"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"},
                        {"sec-fetch-site": "same-site"}, {"origin": site.kaiwa.url.replace("http:", "https:")},
                        {"origin": "http://evil.example", "sec-fetch-site": "same-origin"}):
            response = await client.post("/api/threads", json={}, headers=cookie | headers)
            assert (response.status_code, response.json()["code"]) == (403, "bad_origin"), headers
        for host in ("evil.example", "localhost.evil.example", "169.254.169.254"):
            response = await client.get("/api/session", headers=cookie | {"host": host})
            assert (response.status_code, response.json()["code"]) == (421, "misdirected")
        form = {"content-type": "application/x-www-form-urlencoded", "origin": site.kaiwa.url}
        response = await client.post("/api/threads", content=b'{"title":"x"}', headers=cookie | form)
        assert (response.status_code, response.json()["code"]) == (415, "unsupported_type")
    assert len((await ann.ok("GET", "/api/threads", params={"limit": 200}))["items"]) == before
