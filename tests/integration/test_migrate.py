"""Everything moves from SQLite to DynamoDB and back, through a kill -9, and is the same."""

import subprocess
import uuid

import pytest

from conftest import PASSWORD, add_key, add_user
from support.client import Client
from support.process import environment
from support.servers import Kaiwa
from support.tables import Tables
from test_import import chainlit_element, chainlit_thread

pytestmark = pytest.mark.anyio
HOSTILE = ["表示 🤔 \u202e逆さ \"'\\ </script>", "長い文章。" * 17_000, "\n\n\t '; DROP TABLE threads; --"]


@pytest.fixture
def both(dynamodb):
    """The configuration of either store, on tables of their own."""
    name = uuid.uuid4().hex[:12]
    return {
        "KAIWA_STORE__DYNAMODB__TABLE": f"chats-{name}",
        "KAIWA_STORE__DYNAMODB__USER_TABLE": f"users-{name}",
        "KAIWA_STORE__DYNAMODB__CREATE_TABLES": "true",
        "KAIWA_STORE__DYNAMODB__ENDPOINT": dynamodb,
        "KAIWA_STORE__DYNAMODB__REGION": "us-east-1",
        "KAIWA_SECRET": "a secret of at least thirty-two characters",
        "AWS_ACCESS_KEY_ID": "kaiwatest",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }


async def fill(client: Client, root: Client) -> None:
    await root.ok("POST", "/api/admin/providers", {"name": "kept", "kind": "openai", "api_key": "sk-kept",
                                                   "base_url": "http://127.0.0.1:9/v1"})
    upload = await client.http.post("/api/files", content=b"\x00bytes", headers={
        "content-type": "text/plain", "content-disposition": "attachment; filename*=UTF-8''%E5%9B%B3.txt"})
    assert upload.status_code == 201, upload.text
    for number, text in enumerate(HOSTILE):
        thread = await client.new_thread(settings={"temperature": 0.1, "system_prompt": "短く"})
        first = await client.ask(thread, text, model="fixed;text=一", files=[upload.json()["id"]] if not number else [])
        await client.sse(first.generation)
        edited = await client.ask(thread, "別の問い", model="fixed;text=二", parent=None)
        await client.sse(edited.generation)
        await client.ok("PUT", f"/api/threads/{thread}/messages/{first.reply}/feedback",
                        {"value": "down", "comment": "短い"})
        if number != 1:
            await client.ok("PATCH", f"/api/threads/{thread}", {"archived": number == 2, "head": first.reply})
    gone = await client.new_thread(id=GONE, title="消した")
    turn = await client.ask(gone, "もういらない", model="fixed;text=はい")
    await client.sse(turn.generation)
    await client.ok("DELETE", f"/api/threads/{gone}")
    for number in range(4):
        thread = await client.new_thread(title=f"thread {number}")
        turn = await client.ask(thread, "q", model="fixed;text=a")
        await client.sse(turn.generation)


GONE = "0f3a1111-2222-4333-8444-555555555555"


async def everything(client: Client, root: Client) -> dict:
    """All that a person sees."""
    seen: dict = {"threads": [], "messages": {}, "files": {}}
    for archived in ("false", "true"):
        page = await client.ok("GET", "/api/threads", params={"limit": 100, "archived": archived})
        for thread in page["items"]:
            thread = await client.ok("GET", f"/api/threads/{thread['id']}")
            seen["threads"].append(thread)
            shown = await client.messages(thread["id"], limit=100)
            seen["messages"][thread["id"]] = shown
            for file in (each for message in shown for each in message["files"]):
                seen["files"][file["id"]] = (await client.call("GET", f"/api/files/{file['id']}")).content
    users = (await root.ok("GET", "/api/admin/users"))["items"]
    seen["users"] = [{name: user[name] for name in ("id", "username", "role", "created_at")} for user in users]
    providers = (await root.ok("GET", "/api/admin/providers"))["items"]
    seen["providers"] = sorted(each["name"] for each in providers)
    hits, query = [], {"q": "別の問い"}
    while True:  # a page may end early, when its time is over
        page = await client.ok("GET", "/api/search", params=query)
        hits += [(hit["thread"], hit["message"]) for hit in page["items"]]
        if not page["next"]:
            break
        query["after"] = page["next"]
    seen["found"] = sorted(hits)
    return seen


def migrate(kaiwa: Kaiwa, source: str, target: str) -> str:
    command = [kaiwa.binary, "migrate", "--from", source, "--to", target, "--data", str(kaiwa.data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=kaiwa.folder,
                          env=environment(kaiwa.env))
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout


def kill_in_the_middle(kaiwa: Kaiwa) -> None:
    """Ends a migration once the first threads are on their way."""
    command = [kaiwa.binary, "migrate", "--from", "sqlite", "--to", "dynamodb", "--data", str(kaiwa.data)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                          env=environment(kaiwa.env), cwd=kaiwa.folder) as process:
        for line in process.stderr:
            if line.startswith("providers:"):
                break
        process.kill()


async def test_a_store_moves_there_and_back(tmp_path, models, both):
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old = Kaiwa(tmp_path / "old", models, both)
    new = None
    try:
        add_user(old, "root", "administrator")
        add_user(old, "hana")
        root_key, key = add_key(old, "root"), add_key(old, "hana")
        async with Client(old.url, key=key) as client, Client(old.url, key=root_key) as root:
            await fill(client, root)
            before = await everything(client, root)
        assert len(before["threads"]) == 7 and len(before["files"]) == 1

        with pytest.raises(RuntimeError, match="another server"):
            migrate(old, "sqlite", "dynamodb")
        assert old.stop() == 0
        kill_in_the_middle(old)
        printed = migrate(old, "sqlite", "dynamodb")
        assert "left out" not in printed
        again = migrate(old, "sqlite", "dynamodb")
        assert "copied: 0 users, 0 API keys, 0 providers, 0 threads, 0 messages" in again
        assert "were there: 2 users, 2 API keys, 1 providers, 8 threads, 22 messages" in again

        # The other store serves, and answers as the first did.
        old.env["KAIWA_STORE__KIND"] = "dynamodb"
        old.start()
        async with Client(old.url, key=key) as client, Client(old.url, key=root_key) as root:
            assert await everything(client, root) == before
            await client.ok("POST", f"/api/threads/{GONE}/restore")
            await client.ok("DELETE", f"/api/threads/{GONE}")
        assert old.stop() == 0
        with pytest.raises(RuntimeError, match="a change of thread"):
            migrate(old, "sqlite", "dynamodb")

        new = Kaiwa(tmp_path / "new", models, both)
        assert new.stop() == 0
        for file in (old.data / "files").rglob("*"):
            if file.is_file():
                copy = new.data / "files" / file.relative_to(old.data / "files")
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(file.read_bytes())
        migrate(new, "dynamodb", "sqlite")
        new.start()
        async with Client(new.url, key=key) as client, Client(new.url, key=root_key) as root:
            after = await everything(client, root)
            assert after == before
            await client.ok("POST", f"/api/threads/{GONE}/restore")
            restored = await client.messages(GONE)
            assert [message["text"] for message in restored] == ["もういらない", "はい"]
            thread = before["threads"][0]["id"]
            turn = await client.ask(thread, "続き", model="fixed;text=続けます")
            await client.sse(turn.generation)
        async with Client(new.url) as person:
            await person.sign_in("hana", PASSWORD)
    finally:
        old.close()
        if new:
            new.close()


async def test_a_store_that_is_used_is_not_overwritten(tmp_path, models, both):
    kaiwa = Kaiwa(tmp_path, models, both)
    try:
        add_user(kaiwa, "hana")
        assert kaiwa.stop() == 0
        kaiwa.env["KAIWA_STORE__KIND"] = "dynamodb"
        kaiwa.start()
        add_user(kaiwa, "ben")
        assert kaiwa.stop() == 0
        with pytest.raises(RuntimeError, match="the target holds user ben that the source does not"):
            migrate(kaiwa, "sqlite", "dynamodb")
        with pytest.raises(RuntimeError, match="the target holds user hana"):
            migrate(kaiwa, "dynamodb", "sqlite")
        with pytest.raises(RuntimeError, match="same kind"):
            migrate(kaiwa, "sqlite", "sqlite")
    finally:
        kaiwa.close()


async def test_chainlits_files_are_taken_along_or_said_to_stay(tmp_path, moto):
    tables = Tables(moto.url, moto)
    table, users = tables.make_chainlit("chats"), tables.make("users", "username")
    bucket = tables.name("chainlits-files")
    moto.make_bucket(bucket)
    env = moto.env | {"KAIWA_STORE__DYNAMODB__TABLE": table, "KAIWA_STORE__DYNAMODB__USER_TABLE": users,
                      "KAIWA_SECRET": "a secret of at least thirty-two characters"}
    thread = chainlit_thread(tables, table, 1, "hana")
    for number in (1, 2):
        element = chainlit_element(tables, table, thread, f"0f3b0000-0000-4000-8000-00000100000{number % 2}", number)
        moto.client("s3").put_object(Bucket=bucket, Key=element["objectKey"]["S"], Body=bytes([number]) * 1_000)
    for name, configured in (("without", {}), ("with", {"KAIWA_FILES__S3__BUCKET": bucket})):
        (tmp_path / name).mkdir()
        kaiwa = Kaiwa(tmp_path / name, None, env | configured)
        try:
            assert kaiwa.stop() == 0
            printed = migrate(kaiwa, "dynamodb", "sqlite")
            said = "left out: 2 files of messages that Chainlit stored in a bucket: to take them along, name it in files.s3.bucket"
            assert (said in printed) == (not configured), printed
            assert "1 threads, 2 messages, %d files" % (2 if configured else 0) in printed
            assert migrate(kaiwa, "dynamodb", "sqlite").count("1 threads, 2 messages") == 1, "nothing is doubled"
            stored = [path.read_bytes() for path in (kaiwa.data / "files").rglob("*") if path.is_file()]
            assert sorted(stored) == ([bytes([1]) * 1_000, bytes([2]) * 1_000] if configured else [])
        finally:
            kaiwa.close()
