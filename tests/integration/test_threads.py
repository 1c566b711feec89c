"""Threads, search, feedback and export."""

import json

import pytest

from support.client import Client, Refused, new_id

pytestmark = pytest.mark.anyio


async def test_threads_are_listed_newest_first_page_by_page(site, root):
    made = [await root.new_thread(title=f"thread {i}") for i in range(7)]
    await root.ok("PATCH", f"/api/threads/{made[0]}", {"archived": True})
    seen, after = [], {}
    while True:
        page = await root.ok("GET", "/api/threads", params={"limit": 3} | after)
        assert all("settings" not in item and item["running"] is False for item in page["items"])
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert [id for id in seen if id in made] == made[:0:-1]
    archived = [item["id"] for item in (await root.ok("GET", "/api/threads", params={"archived": "true"}))["items"]]
    assert made[0] in archived and made[1] not in archived


async def test_a_thread_begins_with_a_temperature_unless_it_is_refused(ann, models):
    for body, settings, sent in (({}, {"temperature": 0.7}, 0.7), ({"settings": {"top_p": 0.5}}, {"temperature": 0.7, "top_p": 0.5}, 0.7),
                                 ({"settings": {"temperature": None}}, {}, None)):
        made = await ann.ok("POST", "/api/threads", body)
        assert made["settings"] == settings | {"model": "local/echo"}
        model = f"fixed;text={new_id()}"
        turn = await ann.ask(made["id"], "hello", model)
        await ann.sse(turn.generation)
        asked = models.requests(model)[-1]["body"]
        asked = json.loads(asked) if isinstance(asked, str) else asked
        assert asked.get("temperature") == sent


async def test_a_thread_shows_the_default_model_until_it_has_its_own(own_site, models):
    kaiwa = own_site.kaiwa
    async with Client(kaiwa.url, cookie=own_site.cookies["ann"]) as ann:
        asked, unasked, chosen = [await ann.ok("POST", "/api/threads", {"settings": {"model": model}}) for model in (None, None, "local/fixed;text=x")]
        assert [thread["settings"]["model"] for thread in (asked, unasked, chosen)] == ["local/echo", "local/echo", "local/fixed;text=x"]
        turn = await ann.ask(asked["id"], "hello")
        assert (await ann.sse(turn.generation))[0].data["model"] == "local/echo"
        kaiwa.stop()
        # The default goes with its server: who never asked it follows, who did keeps it.
        kaiwa.env |= {"KAIWA_CHAT__DEFAULT_MODEL": "new/echo",
                      "KAIWA_PROVIDERS": json.dumps([{"name": "new", "kind": "openai", "base_url": f"{models.url}/v1", "api_key": "k"}])}
        kaiwa.start()
        now = [await ann.ok("GET", f"/api/threads/{thread['id']}") for thread in (asked, unasked, chosen)]
        assert [thread["settings"]["model"] for thread in now] == ["local/echo", "new/echo", "local/fixed;text=x"]
        turn = await ann.ask(unasked["id"], "hello")
        events = await ann.sse(turn.generation)
        assert events[0].data["model"] == "new/echo" and events[-1].type == "done"
        # Its model is there no more: it is renamed and keeps it, and no other thread gets it.
        path = f"/api/threads/{chosen['id']}"
        renamed = await ann.ok("PATCH", path, {"title": "kept", "settings": chosen["settings"] | {"top_p": 0.5}})
        assert renamed["title"] == "kept" and renamed["settings"]["model"] == "local/fixed;text=x"
        for change in (("PATCH", f"/api/threads/{asked['id']}"), ("PATCH", path), ("POST", "/api/threads")):
            refused = await ann.call(*change, {"title": "no", "settings": {"model": "local/fixed;text=y"}})
            assert (refused.status_code, refused.json()["code"]) == (400, "unknown_model"), change
        again = await ann.ok("POST", "/api/threads", {"id": chosen["id"], "settings": {"model": "local/fixed;text=x"}})
        assert again["title"] == "kept"
        absent = await ann.call("PATCH", f"/api/threads/{new_id()}", {"settings": {"model": "local/fixed;text=y"}})
        assert absent.status_code == 404
        back = await ann.ok("PATCH", path, {"settings": {"model": None}})
        assert back["settings"]["model"] == "new/echo"


async def test_changes_touch_only_their_field(ann):
    id = new_id()
    made = await ann.ok("POST", "/api/threads", {"id": id, "title": "a", "settings": {"temperature": 0.5, "top_p": 0.25}})
    assert made["id"] == id and made["head"] is None and made["archived"] is False
    await ann.ok("PATCH", f"/api/threads/{id}", {"title": "会話"})
    await ann.ok("PATCH", f"/api/threads/{id}", {"settings": {"temperature": None, "max_tokens": 9}})
    now = await ann.ok("GET", f"/api/threads/{id}")
    assert now["title"] == "会話" and now["settings"] == {"model": "local/echo", "top_p": 0.25, "max_tokens": 9}


async def test_a_deletion_can_be_taken_back(ann):
    thread = await ann.new_thread(title="gone")
    turn = await ann.ask(thread, "hello", "stream;tokens=1000;rate=20")
    await ann.ok("DELETE", f"/api/threads/{thread}")
    for path in (f"/api/threads/{thread}", f"/api/threads/{thread}/messages", f"/api/generations/{turn.generation}/events"):
        assert (await ann.call("GET", path)).status_code == 404, path
    back = await ann.ok("POST", f"/api/threads/{thread}/restore")
    assert back["title"] == "gone"
    assert [m["text"] for m in await ann.messages(thread)][0] == "hello"


async def test_long_threads_are_read_backwards(ann):
    thread = await ann.new_thread()
    for i in range(6):
        turn = await ann.ask(thread, f"question {i}", "echo")
        await ann.sse(turn.generation)
    read, before = [], {}
    while True:
        page = await ann.ok("GET", f"/api/threads/{thread}/messages", params={"limit": 5} | before)
        read = page["items"] + read
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert [m["text"] for m in read] == [f"question {i}" for i in range(6) for _ in range(2)]
    for parent, child in zip(read, read[1:]):
        assert child["parent"] == parent["id"]


async def test_words_are_found_in_titles_and_messages(ann, ben):
    thread = await ann.new_thread(title="旅行の計画")
    turn = await ann.ask(thread, "京都でＲＡＭＥＮを食べたい", "fixed;text=新福菜館はいかがですか")
    await ann.sse(turn.generation)
    for words, where in (("京都", turn.message), ("ramen", turn.message), ("新福", turn.reply), ("旅行", None)):
        hits = [h for h in (await ann.ok("GET", "/api/search", params={"q": words}))["items"] if h["thread"] == thread]
        assert where in [h["message"] for h in hits], words
        hit = next(h for h in hits if h["message"] == where)
        assert hit["title"] == "旅行の計画" and hit["marks"]
        begin, end = hit["marks"][0]
        assert 0 <= begin < end <= len(hit["snippet"].encode("utf-16-le")) // 2
        assert (await ben.ok("GET", "/api/search", params={"q": words}))["items"] == []
    await ann.ok("DELETE", f"/api/threads/{thread}")
    hits = (await ann.ok("GET", "/api/search", params={"q": "新福"}))["items"]
    assert thread not in [h["thread"] for h in hits]


async def test_feedback_is_kept_and_taken_back(ann):
    thread = await ann.new_thread()
    turn = await ann.ask(thread, "hello", "echo")
    await ann.sse(turn.generation)
    path = f"/api/threads/{thread}/messages/{turn.reply}/feedback"
    await ann.ok("PUT", path, {"value": "down", "comment": "no"})
    assert (await ann.message(turn))["feedback"] == {"value": "down", "comment": "no"}
    await ann.ok("PUT", path, {"value": "up"})
    assert (await ann.message(turn))["feedback"] == {"value": "up"}
    await ann.ok("DELETE", path)
    assert (await ann.message(turn))["feedback"] is None


async def test_a_thread_is_exported_whole(ann):
    thread = await ann.new_thread(title="a/b 会話")
    for i in range(3):
        turn = await ann.ask(thread, f"question {i}", f"fixed;text=answer {i}")
        await ann.sse(turn.generation)
    markdown = await ann.call("GET", f"/api/threads/{thread}/export", params={"format": "markdown"})
    assert markdown.headers["content-disposition"].startswith("attachment;")
    assert markdown.text.startswith("# a/b 会話\n")
    places = [markdown.text.index(text) for i in range(3) for text in (f"question {i}", f"answer {i}")]
    assert places == sorted(places)
    exported = (await ann.call("GET", f"/api/threads/{thread}/export", params={"format": "json"})).json()
    assert exported["thread"]["id"] == thread
    assert exported["messages"] == await ann.messages(thread)
    with pytest.raises(Refused) as refused:
        await ann.ok("GET", f"/api/threads/{thread}/export", params={"format": "pdf"})
    assert refused.value.status == 400
