"""Chainlit's own DynamoDB data layer on the table that Kaiwa works on: each opens what the other wrote."""

import asyncio
import json
import os
import sys
import uuid
from pathlib import Path

os.environ.update(AWS_ACCESS_KEY_ID="kaiwatest", AWS_SECRET_ACCESS_KEY="secret", AWS_DEFAULT_REGION="us-east-1")
tests = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(tests / "support"), str(tests / "integration")]

import boto3  # noqa: E402
import httpx  # noqa: E402
import pytest  # noqa: E402
from chainlit.context import init_http_context  # noqa: E402
from chainlit.data.dynamodb import DynamoDBDataLayer  # noqa: E402
from chainlit.data.storage_clients.s3 import S3StorageClient  # noqa: E402
from chainlit.element import File, Image  # noqa: E402
from chainlit.types import Feedback, Pagination, ThreadFilter  # noqa: E402
from chainlit.user import User  # noqa: E402
from dynamodb_local.local import DynamoDbLocal  # noqa: E402

from support.aws import Moto  # noqa: E402
from support.client import Client, text_of  # noqa: E402
from support.servers import Kaiwa, ModelServer  # noqa: E402

pytestmark = pytest.mark.anyio
PASSWORD = "a good long password"


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


class Both:
    def __init__(self, kaiwa, key, layer):
        self.kaiwa, self.key, self.own_layer = kaiwa, key, layer

    @property
    def layer(self):
        init_http_context()  # Chainlit's layer asks who is calling; the answer is of the running task
        return self.own_layer


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Kaiwa, and Chainlit's data layer on its table and its bucket."""
    folder = tmp_path_factory.mktemp("kaiwa")
    s3 = Moto(folder, check=False)
    s3.make_bucket("files")
    with DynamoDbLocal() as service:
        models = ModelServer(folder)
        kaiwa = Kaiwa(folder, models, {
            "KAIWA_FILES__KIND": "s3",
            "KAIWA_FILES__S3__BUCKET": "files",
            "KAIWA_FILES__S3__PREFIX": "kaiwa/",
            "KAIWA_FILES__S3__ENDPOINT": s3.url,
            "KAIWA_FILES__S3__REGION": "eu-west-1",
            "KAIWA_STORE__KIND": "dynamodb",
            "KAIWA_STORE__DYNAMODB__CREATE_TABLES": "true",
            "KAIWA_STORE__DYNAMODB__ENDPOINT": service.url,
            "KAIWA_STORE__DYNAMODB__REGION": "us-east-1",
            "KAIWA_SECRET": "a secret of at least thirty-two characters",
            "AWS_ACCESS_KEY_ID": "kaiwatest",
            "AWS_SECRET_ACCESS_KEY": "secret",
        })
        try:
            kaiwa.run("user", "add", "hana", "--role", "user", "--password-stdin", text=PASSWORD + "\n")
            printed = kaiwa.run("key", "add", "key", "--user", "hana")
            key = next(word for word in printed.split() if word.startswith("kw_"))
            client = boto3.client("dynamodb", endpoint_url=service.url)
            storage = S3StorageClient("files", endpoint_url=s3.url)
            layer = DynamoDBDataLayer(table_name="ChainlitData", client=client, storage_provider=storage)
            yield Both(kaiwa, key, layer)
        finally:
            kaiwa.close()
            models.close()
            s3.close()


async def listed(layer) -> dict[str, str]:
    page = await layer.list_threads(Pagination(first=20), ThreadFilter(userId="hana"))
    return {thread["id"]: thread["name"] for thread in page.data}


async def test_chainlit_opens_what_kaiwa_wrote(both):
    async with Client(both.kaiwa.url, key=both.key) as client:
        thread = await client.new_thread()
        first = await client.ask(thread, "旅行の相談", model="fixed;text=どこへ?")
        await client.sse(first.generation)
        second = await client.ask(thread, "京都へ", model="fixed;text=良いですね")
        await client.sse(second.generation)
        await client.ok("PUT", f"/api/threads/{thread}/messages/{second.reply}/feedback",
                        {"value": "up", "comment": "良い"})

    assert (await listed(both.layer))[thread] == "旅行の相談"
    assert await both.layer.get_thread_author(thread) == "hana"
    opened = await both.layer.get_thread(thread)
    spoken = [(step["type"], step["output"]) for step in opened["steps"]]
    assert spoken == [("user_message", "旅行の相談"), ("assistant_message", "どこへ?"),
                      ("user_message", "京都へ"), ("assistant_message", "良いですね")]
    assert [step["id"] for step in opened["steps"]][1:3] == [first.reply, second.message]
    assert all(step["threadId"] == thread and step["parentId"] is None for step in opened["steps"])
    assert opened["steps"][3]["feedback"]["value"] == 1
    assert opened["steps"][3]["feedback"]["comment"] == "良い"
    assert opened["userId"] == opened["userIdentifier"] == "hana"
    json.dumps(opened)  # as Chainlit sends it to its page


async def test_chainlit_sees_the_shown_branch_alone_and_kaiwa_all(both):
    async with Client(both.kaiwa.url, key=both.key) as client:
        thread = await client.new_thread()
        first = await client.ask(thread, "one", model="fixed;text=1")
        await client.sse(first.generation)
        edited = await client.ask(thread, "one, edited", model="fixed;text=1b", parent=None)
        await client.sse(edited.generation)
        opened = await both.layer.get_thread(thread)
        assert [step["output"] for step in opened["steps"]] == ["one, edited", "1b"]
        shown = await client.messages(thread)
        assert shown[0]["siblings"] == [first.message, edited.message]
        await client.ok("PATCH", f"/api/threads/{thread}", {"head": first.reply})
        opened = await both.layer.get_thread(thread)
        assert [step["output"] for step in opened["steps"]] == ["one", "1"]
        await client.ok("DELETE", f"/api/threads/{thread}")
    assert await both.layer.get_thread(thread) is None
    assert thread not in await listed(both.layer)


async def test_kaiwa_opens_what_chainlit_wrote_and_both_go_on(both):
    layer = both.layer
    await layer.create_user(User(identifier="hana", metadata={"role": "user"}))
    thread = str(uuid.uuid4())
    await layer.update_thread(thread, name="チェーンリット", user_id="hana",
                              metadata={"chat_settings": {"Model": "m", "Temperature": 0.7}}, tags=[])
    ids = [str(uuid.uuid4()) for _ in range(3)]

    def step(number: int, kind: str, output: str) -> dict:
        return {"id": ids[number], "threadId": thread, "name": kind, "type": kind, "output": output, "input": "",
                "createdAt": f"2026-01-02T03:04:0{number}.000001Z", "metadata": {}, "parentId": None}

    await layer.create_step(step(0, "user_message", "こんにちは"))
    await layer.create_step(step(1, "run", ""))
    await layer.create_step(step(2, "assistant_message", "はい、何でしょう"))
    await layer.upsert_feedback(Feedback(forId=ids[1], threadId=thread, value=0, comment="短い"))

    async with Client(both.kaiwa.url, key=both.key) as client:
        threads = (await client.ok("GET", "/api/threads"))["items"]
        assert thread in [each["id"] for each in threads]
        shown = await client.ok("GET", f"/api/threads/{thread}")
        assert shown["title"] == "チェーンリット"
        assert shown["settings"]["temperature"] == 0.7
        messages = await client.messages(thread)
        assert [message["text"] for message in messages] == ["こんにちは", "はい、何でしょう"]
        assert messages[1]["parent"] == ids[0]
        assert messages[1]["feedback"] == {"value": "down", "comment": "短い"}
        turn = await client.ask(thread, "続き", model="fixed;text=続けます")
        assert text_of(await client.sse(turn.generation)) == "続けます"

        opened = await layer.get_thread(thread)
        outputs = [each["output"] for each in opened["steps"] if each["type"] != "run"]
        assert outputs == ["こんにちは", "はい、何でしょう", "続き", "続けます"]
        # Chainlit renames it, which empties its metadata, and adds a question.
        await layer.update_thread(thread, name="改名")
        more = {**step(0, "user_message", "また"), "id": str(uuid.uuid4()), "createdAt": "2099-01-01T00:00:00.000001Z"}
        await layer.create_step(more)
        assert (await client.ok("GET", f"/api/threads/{thread}"))["title"] == "改名"
        texts = [message["text"] for message in await client.messages(thread)]
        assert texts == ["こんにちは", "はい、何でしょう", "続き", "続けます", "また"]


async def test_a_long_text_begins_in_chainlit_and_is_whole_in_kaiwa(both):
    async with Client(both.kaiwa.url, key=both.key) as client:
        thread = await client.new_thread()
        text = "長い文章。" * 16_000
        turn = await client.ask(thread, text, model="fixed;text=ok")
        await client.sse(turn.generation)
        assert (await client.messages(thread))[0]["text"] == text
    opened = await both.layer.get_thread(thread)
    assert text.startswith(opened["steps"][0]["output"])
    assert len(opened["steps"][0]["output"]) > 10_000


async def test_pictures_and_files_are_there_for_both(both):
    layer = both.layer
    await layer.create_user(User(identifier="hana", metadata={}))
    thread, step = str(uuid.uuid4()), str(uuid.uuid4())
    await layer.update_thread(thread, name="写真", user_id="hana", metadata={}, tags=[])
    await layer.create_step({"id": step, "threadId": thread, "name": "hana", "type": "user_message", "output": "見て", "input": "",
                             "createdAt": "2026-01-02T03:04:05.000001Z", "metadata": {}, "parentId": None})
    cat = b"\x89PNG\r\n\x1a\n" + b"cat" * 1000
    # In a session without a socket nobody is signed in: Chainlit takes "unknown" for the folder.
    picture = Image(name="猫.png", content=cat, thread_id=thread, for_id=step, mime="image/png")
    await layer.create_element(picture)
    await layer.create_element(File(name="メモ.txt", content=b"memo", thread_id=thread, for_id=step, mime="text/plain"))

    async with Client(both.kaiwa.url, key=both.key) as client:
        files = {file["name"]: file for file in (await client.messages(thread))[0]["files"]}
        assert set(files) == {"猫.png", "メモ.txt"}
        assert (await client.call("GET", f"/api/files/{picture.id}")).status_code == 404, "its id is Chainlit's, unique in its thread alone"
        for name, content in (("猫.png", cat), ("メモ.txt", b"memo")):
            loaded = await client.call("GET", f"/api/files/{files[name]['id']}")
            assert loaded.content == content and loaded.headers["content-length"] == str(len(content))

        sent = await client.call("POST", "/api/files", params={"name": "返事.txt"}, content="はい".encode(), headers={"content-type": "text/plain"})
        turn = await client.ask(thread, "これも", model="fixed;text=ok", files=[sent.json()["id"]])
        await client.sse(turn.generation)
    opened = await both.layer.get_thread(thread)
    urls = {element["name"]: element["url"] for element in opened["elements"]}
    assert set(urls) == {"猫.png", "メモ.txt", "返事.txt"}
    assert picture.id in [element["id"] for element in opened["elements"]]
    for name, content in (("猫.png", cat), ("返事.txt", "はい".encode())):
        assert httpx.get(urls[name], trust_env=False).content == content, name


async def test_one_element_in_threads_of_two_people_is_each_ones_own(both):
    layer = both.layer
    shared = str(uuid.uuid4())
    threads = {}
    for owner in ("hana", "bob"):
        thread, step = str(uuid.uuid4()), str(uuid.uuid4())
        await layer.update_thread(thread, name=owner, user_id=owner, metadata={}, tags=[])
        await layer.create_step({"id": step, "threadId": thread, "name": owner, "type": "user_message", "output": "見て", "input": "",
                                 "createdAt": "2026-01-02T03:04:05.000001Z", "metadata": {}, "parentId": None})
        await layer.create_element(Image(id=shared, name="logo.png", content=owner.encode(), thread_id=thread, for_id=step, mime="image/png"))
        threads[owner] = thread
    both.kaiwa.run("user", "add", "bob", "--role", "user", "--password-stdin", text=PASSWORD + "\n")
    printed = both.kaiwa.run("key", "add", "key", "--user", "bob")
    bobs = next(word for word in printed.split() if word.startswith("kw_"))
    for owner, key in (("hana", both.key), ("bob", bobs)):
        async with Client(both.kaiwa.url, key=key) as client:
            file, = (await client.messages(threads[owner]))[0]["files"]
            assert (await client.call("GET", f"/api/files/{file['id']}")).content == owner.encode()


async def test_a_deleted_thread_comes_back_though_chainlit_had_it_open(both):
    async with Client(both.kaiwa.url, key=both.key) as client:
        thread = await client.new_thread()
        turn = await client.ask(thread, "消して、戻す", model="fixed;text=はい")
        await client.sse(turn.generation)
        await client.ok("DELETE", f"/api/threads/{thread}")
        await both.layer.update_thread(thread, metadata={"chat_settings": {}})  # as when its page goes
        assert (await client.call("GET", f"/api/threads/{thread}")).status_code == 404
        restored = await client.ok("POST", f"/api/threads/{thread}/restore")
        assert restored["title"] == "消して、戻す"
    opened = await both.layer.get_thread(thread)
    assert [step["output"] for step in opened["steps"]] == ["消して、戻す", "はい"] and opened["userId"] == "hana"


async def test_others_threads_stay_theirs(both):
    thread = str(uuid.uuid4())
    await both.layer.update_thread(thread, name="bob's", user_id="bob", metadata={}, tags=[])
    async with Client(both.kaiwa.url, key=both.key) as client:
        assert (await client.call("GET", f"/api/threads/{thread}")).status_code == 404
    await asyncio.sleep(0)
