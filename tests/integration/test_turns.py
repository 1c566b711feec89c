"""The life of a turn, as its person sees it."""

import asyncio
import time

import pytest

from support.client import Client, Refused, check_sequence, new_id, text_of

pytestmark = pytest.mark.anyio


async def test_an_answer_is_streamed_and_kept(ann):
    thread = await ann.new_thread()
    turn = await ann.ask(thread, "こんにちは、世界", "echo")
    events = await ann.sse(turn.generation)
    check_sequence(events)
    assert events[0].type == "started"
    assert events[0].data == {"generation": turn.generation, "message": turn.message, "reply": turn.reply, "model": "local/echo"}
    assert text_of(events) == "こんにちは、世界"
    assert events[-1].data == {"finish": "stop"}
    question, answer = await ann.messages(thread)
    assert question["text"] == "こんにちは、世界" and question["role"] == "user"
    assert answer["text"] == "こんにちは、世界" and answer["state"] == "complete" and answer["finish"] == "stop"
    assert answer["parent"] == turn.message and answer["generation"] == turn.generation
    assert (await ann.ok("GET", f"/api/threads/{thread}"))["title"] == "こんにちは、世界"


async def test_the_request_itself_can_carry_the_events(ann):
    thread = await ann.new_thread()
    body = {"message": {"id": new_id(), "text": "hello there"}, "model": "local/echo"}
    response = await ann.call("POST", f"/api/threads/{thread}/turns", body, headers={"accept": "text/event-stream"})
    assert response.status_code == 200 and response.headers["content-type"] == "text/event-stream"
    assert response.headers["x-accel-buffering"] == "no" and response.headers["cache-control"] == "no-store"
    again = await ann.call("GET", response.headers["location"], headers={"accept": "text/event-stream"})
    assert again.content == response.content and again.content.startswith(b"id: 1\nevent: started\n")


async def test_a_storm_of_one_request_is_one_turn(ann, models):
    model = "stream;tokens=3;chunk=storm "
    thread = await ann.new_thread()
    body = {"message": {"id": new_id(), "text": "storm"}, "model": f"local/{model}"}
    before = models.count(model)
    answers = await asyncio.gather(*(ann.call("POST", f"/api/threads/{thread}/turns", body) for _ in range(100)))
    assert {a.status_code for a in answers} == {202}
    assert len({a.content for a in answers}) == 1
    await ann.sse(answers[0].json()["generation"])
    later = await ann.ok("POST", f"/api/threads/{thread}/turns", body)
    assert later == answers[0].json()
    assert models.count(model) == before + 1
    assert len(await ann.messages(thread)) == 2

    changed = body | {"message": body["message"] | {"text": "other"}}
    with pytest.raises(Refused) as clash:
        await ann.ok("POST", f"/api/threads/{thread}/turns", changed)
    assert (clash.value.status, clash.value.code) == (409, "idempotency_conflict")


async def test_two_tabs_may_ask_at_once(ann):
    thread = await ann.new_thread()
    turns = await asyncio.gather(*(ann.ask(thread, f"tab {i}", "stream;tokens=20;rate=100") for i in range(8)))
    streams = await asyncio.gather(*(ann.sse(turn.generation) for turn in turns))
    for events in streams:
        check_sequence(events)
        assert text_of(events) == "word " * 20
    assert len({turn.message for turn in turns}) == 8


async def test_an_answer_that_nobody_reads_is_written_all_the_same(ann):
    thread = await ann.new_thread()
    turn = await ann.ask(thread, "hello", "stream;tokens=30;rate=100")
    deadline = time.monotonic() + 5
    while (answer := await ann.message(turn))["state"] == "pending":
        assert time.monotonic() < deadline
        assert ("word " * 30).startswith(answer["text"]), "a pending answer carries the text so far"
        await asyncio.sleep(0.05)
    assert answer["state"] == "complete" and answer["text"] == "word " * 30


async def test_stopping_closes_the_models_connection_within_a_second(ann, models):
    model = "stream;tokens=2000;rate=20;chunk=stop "
    thread = await ann.new_thread()
    turn = await ann.ask(thread, "hello", model)
    async with ann.stream(turn.generation) as events:
        read = []
        asked = None
        async for event in events:
            read.append(event)
            if event.type == "text" and asked is None:
                response = await ann.call("POST", f"/api/generations/{turn.generation}/stop")
                assert response.status_code == 202
                asked = time.monotonic()
        assert time.monotonic() - asked < 1
    check_sequence(read)
    assert read[-1].type == "stopped" and read[-1].data == {}
    request = models.requests(model)[-1]
    assert request["closed_by_peer_at_ms"] is not None
    assert request["closed_by_peer_at_ms"] / 1000 - asked < 1
    answer = await ann.message(turn)
    assert answer["state"] == "stopped" and answer["text"] == text_of(read) != ""
    assert (await ann.call("POST", f"/api/generations/{turn.generation}/stop")).status_code == 202


async def test_branches_edit_regenerate_continue_select(ann):
    thread = await ann.new_thread()

    async def run(turn):
        await ann.sse(turn["generation"])
        return turn

    first = await ann.ask(thread, "first", "echo")
    await ann.sse(first.generation)
    second = await ann.ask(thread, "second", "echo")
    await ann.sse(second.generation)
    assert [m["text"] for m in await ann.messages(thread)] == ["first", "first", "second", "second"]

    edited = await ann.ask(thread, "second, edited", "echo", parent=first.reply)
    await ann.sse(edited.generation)
    branch = await ann.messages(thread)
    assert [m["text"] for m in branch] == ["first", "first", "second, edited", "second, edited"]
    assert branch[2]["siblings"] == [second.message, edited.message]

    body = {"reply": new_id(), "model": "local/fixed;text=again"}
    path = f"/api/threads/{thread}/messages/{edited.reply}"
    retried = await run(await ann.ok("POST", f"{path}/regenerate", body))
    assert retried["reply"] == body["reply"] and retried["message"] == edited.message
    assert await ann.ok("POST", f"{path}/regenerate", body) == retried
    branch = await ann.messages(thread)
    assert branch[-1]["text"] == "again" and branch[-1]["siblings"] == [edited.reply, retried["reply"]]

    longer = {"reply": new_id(), "model": "local/fixed;text= and more"}
    await run(await ann.ok("POST", f"/api/threads/{thread}/messages/{retried['reply']}/continue", longer))
    assert (await ann.messages(thread))[-1]["text"] == "again and more"

    chosen = await ann.ok("POST", f"/api/threads/{thread}/messages/{second.message}/select", {})
    assert chosen["head"] == second.reply
    assert [m["text"] for m in await ann.messages(thread)] == ["first", "first", "second", "second"]

    other_root = await ann.ask(thread, "another beginning", "echo", parent=None)
    await ann.sse(other_root.generation)
    branch = await ann.messages(thread)
    assert len(branch) == 2 and branch[0]["siblings"] == [first.message, other_root.message]

    with pytest.raises(Refused) as question:
        await ann.ok("POST", f"/api/threads/{thread}/messages/{first.message}/regenerate", {"reply": new_id()})
    assert question.value.status == 404


async def test_a_model_that_fails_says_why(ann):
    thread = await ann.new_thread()
    turn = await ann.ask(thread, "hello", "echo;status=401")
    events = await ann.sse(turn.generation)
    check_sequence(events)
    problem = events[-1].data
    assert events[-1].type == "failed" and problem["class"] == "auth" and problem["provider"] == "local"
    assert {"type", "title", "status", "detail", "code", "request_id", "retryable"} <= problem.keys()
    answer = await ann.message(turn)
    assert answer["state"] == "failed" and answer["error"]["class"] == "auth"

    cut = await ann.ask(thread, "hello", "stream;tokens=50;cut=2000;rate=500")
    events = await ann.sse(cut.generation)
    assert events[-1].type == "failed" and events[-1].data["class"] == "network"
    answer = await ann.message(cut)
    assert answer["state"] == "failed" and answer["text"] == text_of(events) != ""


async def test_how_long_a_model_reasoned_stays_with_the_answer(ann):
    thread = await ann.new_thread()
    turn = await ann.ask(thread, "why", "stream?tokens=2&reasoning=3")
    events = await ann.sse(turn.generation)
    check_sequence(events)
    assert [e.type for e in events if e.type in ("reasoning", "step", "text")] == ["reasoning"] * 3 + ["step"] + ["text"] * 2
    step = next(e.data for e in events if e.type == "step")
    assert isinstance(step["detail"]["ms"], int) and step["detail"]["ms"] >= 0
    assert step == {"id": "reasoning", "kind": "model", "name": "reasoning", "state": "done", "detail": step["detail"]}
    assert (await ann.messages(thread))[-1]["steps"] == [step]


async def test_parameters_become_the_threads_settings(ann, models):
    model = "fixed;text=set"
    thread = await ann.new_thread(settings={"temperature": 0.25})
    turn = await ann.ask(thread, "hello", model, parameters={"max_tokens": 77, "system_prompt": "Be brief."})
    await ann.sse(turn.generation)
    settings = (await ann.ok("GET", f"/api/threads/{thread}"))["settings"]
    assert settings == {"model": f"local/{model}", "temperature": 0.25, "max_tokens": 77, "system_prompt": "Be brief."}
    sent = models.requests(model)[-1]["body"]
    sent = sent if isinstance(sent, dict) else __import__("json").loads(sent)
    assert sent["temperature"] == 0.25 and 77 in (sent.get("max_tokens"), sent.get("max_completion_tokens"))
    assert sent["messages"][0]["content"].endswith("Be brief.")


async def test_a_refused_turn_leaves_nothing(ann, models):
    thread = await ann.new_thread()
    before = models.total()
    for body in ({"message": {"id": "not-an-id", "text": "x"}}, {"message": {"id": new_id(), "text": "x" * 300_000}},
                 {"message": {"id": new_id(), "text": "a\u0000b"}}, {"message": {"id": new_id(), "text": " \n\u3000"}},
                 {"message": {"id": new_id(), "text": "x"}, "model": "nobody/echo"}):
        with pytest.raises(Refused) as refused:
            await ann.ok("POST", f"/api/threads/{thread}/turns", body)
        assert refused.value.status == 400
        assert refused.value.code == ("unknown_model" if "model" in body else "invalid_request")
    huge = await ann.call("POST", f"/api/threads/{thread}/turns", {"message": {"id": new_id(), "text": "x" * 3_000_000}})
    assert huge.status_code == 413
    assert await ann.messages(thread) == [] and models.total() == before
