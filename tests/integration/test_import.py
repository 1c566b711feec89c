"""What other systems' tables hold comes in once, under its owners, and what cannot be read is said."""

import hashlib
import json
import sqlite3
import subprocess

import pytest
from aws_fault_proxy.proxy import FaultProxy

from conftest import PASSWORD, add_key, add_user
from support.client import Client
from support.process import environment
from support.servers import Kaiwa
from support.tables import Tables

pytestmark = pytest.mark.anyio
ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/pool"


# Anew for each try of a test: what one left would make the next fail of something else.
@pytest.fixture
def tables(dynamodb):
    return Tables(dynamodb)


@pytest.fixture(params=["sqlite", "dynamodb"])
def target(request, tmp_path_factory, dynamodb):
    tables = Tables(dynamodb)
    env = tables.store() if request.param == "dynamodb" else tables.place()
    kaiwa = Kaiwa(tmp_path_factory.mktemp(request.param), None, env)
    add_user(kaiwa, "hana")
    kaiwa.key = add_key(kaiwa, "hana")
    yield kaiwa
    kaiwa.close()


async def threads_of(kaiwa: Kaiwa) -> dict[str, list[dict]]:
    async with Client(kaiwa.url, key=kaiwa.key) as client:
        page = await client.ok("GET", "/api/threads", params={"limit": 100})
        return {each["title"]: await client.messages(each["id"]) for each in page["items"]}


def lines(path, *items: dict) -> str:
    path.write_text("\n".join(json.dumps(item) for item in items))
    return str(path)


def element(kind: str, text: str) -> dict:
    return {"M": {"type": {"S": kind}, "data": {"M": {"type": {"S": kind}, "content": {"S": text}}}}}


async def test_langchain_sessions_come_in_once_and_go_on(target, tables):
    table = tables.make("langchain", "SessionId")
    tables.put(table, {"SessionId": {"S": "s-1"}, "History": {"L": [element("human", "こんばんは"), element("ai", "はい")]}},
               {"SessionId": {"S": "s-2"}, "History": {"S": "broken"}},
               {"SessionId": {"S": "s-3"}, "History": {"L": [element("human", "over")]}, "expireAt": {"N": "1"}})
    command = ["import", "langchain", "--table", table, "--user", "hana"]
    looked = target.run(*command, "--dry-run")
    assert "would import 1 conversations with 2 messages; 2 left out" in looked
    assert "こんばんは" not in await threads_of(target)
    first = target.run(*command)
    assert "imported 1 conversations with 2 messages; 0 were there; 2 left out" in first
    assert "left out: session s-2: the session's History is no list of messages" in first
    assert "left out: session s-3: its time is over (expireAt)" in first
    messages = (await threads_of(target))["こんばんは"]
    assert [(each["role"], each["text"]) for each in messages] == [("user", "こんばんは"), ("assistant", "はい")]
    async with Client(target.url, key=target.key) as client:
        threads = (await client.ok("GET", "/api/threads"))["items"]
        await client.ask(next(each["id"] for each in threads if each["title"] == "こんばんは"), "続き")
    assert "imported 0 conversations with 0 messages; 1 were there" in target.run(*command)
    assert len((await threads_of(target))["こんばんは"]) == 4, "what was there stays as it has become"


async def test_what_cannot_begin_says_what_to_give(target):
    for command, why in (
            (["langchain"], "--user names the user to give them to"),
            (["langchain", "--user", "nobody"], 'there is no user "nobody"; kaiwa user add makes one'),
            (["langchain", "--table", "nowhere", "--user", "hana"], "there is no table nowhere in DynamoDB; --table names it"),
            (["private-rag", "--file", "/nowhere/x", "--user", "hana"], "the file /nowhere/x cannot be read"),
            (["genu"], "--issuer names it; or --user names one"),
            (["genu", "--user", "hana", "--issuer", ISSUER], "give one of them"),
            (["chainlit", "--table", "nowhere"], "there is no table nowhere in DynamoDB; --table names it"),
            (["user-roles"], "--issuer names it")):
        with pytest.raises(RuntimeError) as failure:
            target.run("import", *command)
        assert why in str(failure.value), command


async def test_what_was_read_is_said_and_other_systems_tables_are_refused(target, tables, tmp_path):
    langchains = tables.make("other", "SessionId")
    tables.put(langchains, {"SessionId": {"S": "s"}, "History": {"L": [element("human", "x")]}})
    empty = tables.make("empty", "SessionId")
    chainlits = tables.make_chainlit("none")
    nothing, notes, other = (tmp_path / name for name in ("nothing", "notes.txt", "other.json"))
    nothing.write_text("")
    notes.write_text("milk\nbread\n")
    other.write_text('{"SessionId":{"S":"s"},"History":{"L":[]}}\n')
    for command, read in ((["langchain", "--table", empty, "--user", "hana"], f"read 0 items of the table {empty}"),
                          (["genu", "--file", str(nothing), "--user", "hana"], f"read 0 items of {nothing}"),
                          (["chainlit", "--table", chainlits, "--user-table", ""], f"read 0 threads of the table {chainlits}")):
        assert read in target.run("import", *command)
    for command, why in (
            (["private-rag", "--file", str(notes), "--user", "hana"], f"nothing in {notes} is a question with its answer"),
            (["genu", "--file", str(other), "--user", "hana"], f"nothing in {other} is an item of GenU's"),
            (["bedrock-chat", "--file", str(other), "--user", "hana"], "an item of bedrock-chat's"),
            (["user-roles", "--file", str(other), "--issuer", ISSUER], "a user's role"),
            (["langchain", "--file", str(other), "--key", "id", "--user", "hana"], "a session of LangChain's"),
            (["chainlit", "--table", langchains], "its keys are not PK and SK")):
        for mode in ([], ["--dry-run"]):
            with pytest.raises(RuntimeError, match=why):
                target.run("import", *command, *mode)


@pytest.mark.parametrize("target", ["sqlite"], indirect=True)
async def test_looking_makes_nothing_and_storing_no_mistyped_folder(target, tables, tmp_path):
    table = tables.make_chainlit("looked")
    chainlit_thread(tables, table, 10, "hana")
    export = lines(tmp_path / "export.json", {"id": {"S": "user#s"}, "chatId": {"S": "chat#1"}, "createdDate": {"S": "1"}})

    def run(*words: str) -> subprocess.CompletedProcess:
        return subprocess.run([target.binary, "import", *words, "--data", "new"], cwd=tmp_path, env=environment(target.env),
                              capture_output=True, text=True, timeout=60)

    for words in (("chainlit", "--table", table, "--user-table", "", "--bucket", "b", "--dry-run"), ("genu", "--file", export, "--issuer", ISSUER, "--dry-run")):
        looked = run(*words)
        assert looked.returncode == 0 and "would import" in looked.stdout, looked.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["export.json"]
    for words in (("genu", "--file", export, "--user", "hana"), ("genu", "--file", export, "--user", "hana", "--dry-run"),
                  ("chainlit", "--table", table, "--user-table", "", "--user", "hana")):
        refused = run(*words)
        assert refused.returncode == 1 and "there is no database new/kaiwa.db; --data names the folder" in refused.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["export.json"]
    made = run("chainlit", "--table", table, "--user-table", "")
    assert made.returncode == 0 and "There was no database new/kaiwa.db: it is made." in made.stderr, made.stderr
    assert "imported 1 conversations" in made.stdout
    (tmp_path / "new" / "secret.key").unlink()
    look = ("chainlit", "--table", table, "--user-table", "", "--dry-run")
    looked = run(*look)
    assert looked.returncode == 0 and "1 are there" in looked.stdout, looked.stderr
    assert not (tmp_path / "new" / "secret.key").exists()
    with sqlite3.connect(tmp_path / "new" / "kaiwa.db") as database:
        database.execute("PRAGMA user_version = 4")
    looked = run(*look)
    assert looked.returncode == 1 and "new/kaiwa.db: the database has version 4, and who only looks does not bring it to" in looked.stderr
    assert database.execute("PRAGMA user_version").fetchone() == (4,)
    database.close()


async def test_a_private_rags_history_comes_in_from_an_export(target, tmp_path):
    items = [{"session_id": {"S": "r"}, "timestamp": {"S": "29000"}, "user_message": {"S": "締め日は?"},
              "bot_response": {"S": "25日です"}},
             {"session_id": {"S": "r"}, "timestamp": {"S": "1"}, "user_message": {"S": "誰に?"}, "bot_response": {"S": "経理に"}}]
    export = tmp_path / "export.json"
    export.write_text("\n".join([json.dumps({"Item": items[0]}), "", "no json", json.dumps(items[1])]))
    printed = target.run("import", "private-rag", "--file", str(export), "--user", "hana")
    assert "export.json:3: the line is no JSON object" in printed
    assert "imported 1 conversations with 4 messages; 0 were there; 1 left out" in printed
    assert [each["text"] for each in (await threads_of(target))["締め日は?"]] == ["締め日は?", "25日です", "誰に?", "経理に"]


async def test_people_of_an_issuer_get_what_is_theirs(target, tmp_path):
    tree = {"system": {"role": "system", "content": [], "parent": None},
            "q": {"role": "user", "content": [{"content_type": "text", "body": "どこ?"}], "parent": "system"},
            "a": {"role": "assistant", "content": [{"content_type": "text", "body": "京都"}], "parent": "q"},
            "b": {"role": "assistant", "content": [{"content_type": "text", "body": "奈良"}], "parent": "q"}}
    chat = {"PK": {"S": "sub-1"}, "SK": {"S": "sub-1#CONV#1"}, "Title": {"S": "旅"}, "CreateTime": {"N": "1700000000000"},
            "LastMessageId": {"S": "a"}, "MessageMap": {"S": json.dumps(tree)}}
    export = lines(tmp_path / "bedrock-chat.json", chat)
    command = ["import", "bedrock-chat", "--file", export]
    assert "imported 1 conversations with 3 messages" in target.run(*command, "--issuer", ISSUER)
    assert "imported 0 conversations with 0 messages; 1 were there" in target.run(*command, "--issuer", ISSUER)
    assert "imported 1 conversations" in target.run(*command, "--user", "hana"), "somebody else's is another thread"
    shown = (await threads_of(target))["旅"]
    assert [each["text"] for each in shown] == ["どこ?", "京都"] and shown[1]["siblings"], "the other branch is there"

    tree["q"]["parent"] = "a"
    circle = lines(tmp_path / "circle.json", chat | {"SK": {"S": "sub-1#CONV#2"}, "MessageMap": {"S": json.dumps(tree)}})
    printed = target.run("import", "bedrock-chat", "--file", circle, "--issuer", ISSUER)
    assert "changed: sub-1 sub-1#CONV#2, the parent of message " in printed
    assert "imported 1 conversations with 3 messages; 0 were there; 0 left out" in printed

    genu = lines(tmp_path / "genu.json",
                 {"id": {"S": "user#sub-1"}, "createdDate": {"S": "1700000000000"}, "chatId": {"S": "chat#1"}, "title": {"S": "題"}},
                 {"id": {"S": "chat#1"}, "createdDate": {"S": "1700000000001#1"}, "role": {"S": "assistant"}, "content": {"S": "a"},
                  "messageId": {"S": "n"}},
                 {"id": {"S": "chat#1"}, "createdDate": {"S": "1700000000001#0"}, "role": {"S": "user"}, "content": {"S": "q"},
                  "messageId": {"S": "m"}},
                 {"id": {"S": "share#1"}, "createdDate": {"S": "1"}})
    printed = target.run("import", "genu", "--file", genu, "--issuer", ISSUER)
    assert "imported 1 conversations with 2 messages" in printed and "1 items and messages of kinds" in printed

    roles = lines(tmp_path / "roles.json", {"UserID": {"S": "sub-1"}, "Role": {"S": "先生"}})
    command = ["import", "user-roles", "--file", roles, "--issuer", ISSUER]
    assert "would import 1 roles" in target.run(*command, "--dry-run")
    assert "imported 1 roles; 0 were there" in target.run(*command)
    assert "imported 0 roles; 1 were there" in target.run(*command)
    users = [line.split("\t")[1] for line in target.run("user", "list").splitlines()]
    assert len([name for name in users if name.startswith("external:")]) == 1


@pytest.mark.parametrize("target", ["sqlite"], indirect=True)
async def test_a_long_conversation_comes_in_from_its_bucket(target, moto, tmp_path, monkeypatch):
    moto.make_bucket("large-messages")
    tree = {"q": {"role": "user", "content": [{"content_type": "text", "body": "長い話"}], "parent": None}}
    moto.client("s3").put_object(Bucket="large-messages", Key="sub/1/message_map.json", Body=json.dumps(tree))
    chats = [{"PK": {"S": "sub"}, "SK": {"S": f"sub#CONV#{number}"}, "Title": {"S": f"large {number}"}, "MessageMap": {"S": "{}"},
              "IsLargeMessage": {"BOOL": True}, "LargeMessagePath": {"S": f"sub/{number}/message_map.json"}} for number in (1, 2)]
    command = ["import", "bedrock-chat", "--file", lines(tmp_path / "export.json", *chats), "--user", "hana"]
    monkeypatch.setattr(target, "env", target.env | moto.env)
    printed = target.run(*command)
    assert "its messages lie in S3 at sub/1/message_map.json; --bucket names the bucket" in printed and "2 left out" in printed
    with pytest.raises(RuntimeError, match="there is no bucket absent; --bucket names it"):
        target.run(*command, "--bucket", "absent")
    printed = target.run(*command, "--bucket", "large-messages")
    assert "imported 1 conversations with 1 messages" in printed
    assert "left out: sub sub#CONV#2: s3://large-messages/sub/2/message_map.json: it is not there" in printed
    assert [each["text"] for each in (await threads_of(target))["large 1"]] == ["長い話"]


def chainlit_thread(tables: Tables, table: str, number: int, owner: str) -> str:
    thread = f"0f3a0000-0000-4000-8000-{number:012d}"
    tables.put(table, {"PK": {"S": f"THREAD#{thread}"}, "SK": {"S": "THREAD"}, "id": {"S": thread},
                       "name": {"S": f"thread of {owner}"}, "userId": {"S": owner}, "userIdentifier": {"S": owner},
                       "createdAt": {"S": "2026-01-02T03:04:05.000006Z"}, "metadata": {"M": {}},
                       "UserThreadPK": {"S": f"USER#{owner}"}, "UserThreadSK": {"S": "TS#2026-01-02T03:04:05.000006Z"}})
    for place, (kind, text) in enumerate((("user_message", "問い"), ("assistant_message", "答え"))):
        step = f"0f3b0000-0000-4000-8000-{number:06d}{place:06d}"
        tables.put(table, {"PK": {"S": f"THREAD#{thread}"}, "SK": {"S": f"STEP#{step}"}, "id": {"S": step},
                           "threadId": {"S": thread}, "type": {"S": kind}, "name": {"S": kind}, "output": {"S": text},
                           "createdAt": {"S": f"2026-01-02T03:04:0{place}.000001Z"}, "metadata": {"M": {}}})
    return thread


def chainlit_element(tables: Tables, table: str, thread: str, step: str, number: int) -> dict:
    """An element as Chainlit's data layer writes it for a picture that it put into its bucket."""
    id = f"0f3c0000-0000-4000-8000-{number:012d}"
    item = {"PK": {"S": f"THREAD#{thread}"}, "SK": {"S": f"ELEMENT#{id}"}, "id": {"S": id}, "threadId": {"S": thread},
            "type": {"S": "image"}, "chainlitKey": {"NULL": True}, "url": {"S": f"https://b.s3.amazonaws.com/{id}"},
            "objectKey": {"S": f"hana/{thread}/{id}"}, "name": {"S": f"{number}.png"}, "display": {"S": "inline"},
            "size": {"S": "medium"}, "forId": {"S": step}, "mime": {"S": "image/png"}, "props": {"M": {}}}
    tables.put(table, item)
    return item


async def test_chainlits_threads_come_in_with_their_people(target, tables):
    table = tables.make_chainlit("chainlit")
    users = tables.make("users", "username")
    tables.put(users, {"username": {"S": "taro"}, "password": {"S": hashlib.sha256(PASSWORD.encode()).hexdigest()},
                       "role": {"S": "admin"}, "createdAt": {"S": "2026-01-01T00:00:00Z"}})
    chainlit_thread(tables, table, 1, "taro")
    chainlit_thread(tables, table, 2, "hana")
    tables.put(table, {"PK": {"S": "THREAD#odd"}, "SK": {"S": "THREAD"}, "id": {"S": "odd"}})
    command = ["import", "chainlit", "--table", table, "--user-table"]
    with pytest.raises(RuntimeError, match="there is no table absent in DynamoDB; --user-table names"):
        target.run(*command, "absent")
    chainlit_thread(tables, table, 4, "key:x")
    looked = target.run(*command, users, "--dry-run")
    assert "would import 2 conversations with 4 messages; 0 are there; 2 left out" in looked and 'its owner "key:x" cannot be a user here' in looked
    with pytest.raises(RuntimeError, match="there is no table absent in DynamoDB; --user-table names"):
        target.run(*command, "absent", "--dry-run")
    printed = target.run(*command, users)
    assert "imported 2 conversations with 4 messages; 0 were there; 2 left out" in printed and "THREAD#odd" in printed
    assert "would import 0 conversations with 0 messages; 2 are there; 2 left out" in target.run(*command, users, "--dry-run")
    assert "imported 0 conversations with 0 messages; 2 were there; 2 left out" in target.run(*command, users)
    messages = (await threads_of(target))["thread of hana"]
    assert [each["text"] for each in messages] == ["問い", "答え"]
    async with Client(target.url) as taro:
        signed_in = await taro.sign_in("taro", PASSWORD)
        assert signed_in["user"]["role"] == "user", "no table makes administrators"
        page = await taro.ok("GET", "/api/threads")
        assert [each["title"] for each in page["items"]] == ["thread of taro"]
    chainlit_thread(tables, table, 3, "jiro")
    assert "imported 1 conversations with 2 messages" in target.run(*command, ""), "no table of users is needed"


class ReadOnlyTables(FaultProxy):
    """DynamoDB with tables in which nobody may write."""

    def __init__(self, upstream: str):
        super().__init__(upstream, seed=1, share=0)
        self.names: list[str] = []
        self.refused: list[str] = []

    def forward(self, handler, body: bytes):
        operation = handler.headers.get("X-Amz-Target", "").rpartition(".")[2]
        reads = operation in ("Scan", "GetItem", "BatchGetItem", "Query")
        if reads or not any(f'"{name}"' in body.decode() for name in self.names):
            return super().forward(handler, body)
        self.refused.append(operation)
        return 400, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(
            {"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "no"}).encode()


async def test_a_source_is_only_read_and_looking_writes_nowhere(target, tables, monkeypatch):
    source = tables.make_chainlit("read-only")
    users = tables.make("users", "username")
    stored = [target.env.get("KAIWA_STORE__DYNAMODB__TABLE", ""), target.env.get("KAIWA_STORE__DYNAMODB__USER_TABLE", "")]
    for number, name in ((31, "saburo"), (32, "shiro")):
        row = {"username": {"S": name}, "password": {"S": hashlib.sha256(PASSWORD.encode()).hexdigest()}, "role": {"S": "user"}}
        tables.put(users, row)
        if stored[1] and name == "shiro":
            tables.put(stored[1], row)  # another program added them, and nobody saw them yet
        chainlit_thread(tables, source, number, name)
    command = ["import", "chainlit", "--table", source, "--user-table", users]
    with ReadOnlyTables(tables.url) as proxy:
        monkeypatch.setattr(target, "env", target.env | {"KAIWA_STORE__DYNAMODB__ENDPOINT": proxy.url})
        proxy.names = [source, users, *filter(None, stored)]
        assert "would import 2 conversations with 4 messages; 0 are there; 0 left out" in target.run(*command, "--dry-run")
        proxy.names = [source, users]
        assert "imported 2 conversations with 4 messages; 0 were there; 0 left out" in target.run(*command)
        assert proxy.refused == []
    assert "id" not in tables.get(users, username="saburo")


@pytest.mark.parametrize("target", ["sqlite"], indirect=True)
async def test_chainlits_pictures_and_files_come_in_with_their_messages(target, moto, monkeypatch):
    tables = Tables(moto.url, moto)
    table = tables.make_chainlit("pictures")
    thread = chainlit_thread(tables, table, 7, "hana")
    bucket = tables.name("chainlits-files")
    moto.make_bucket(bucket)
    content = {number: bytes([number]) * (70_000 * number) for number in (1, 2)}
    # The same element in a thread of somebody else's, and a file that a Kaiwa wrote under another prefix than this one's.
    theirs = chainlit_thread(tables, table, 8, "jiro")
    shared = chainlit_element(tables, table, theirs, "0f3b0000-0000-4000-8000-000008000000", 1)
    moto.client("s3").put_object(Bucket=bucket, Key=shared["objectKey"]["S"], Body=b"jiro's")
    ours = chainlit_element(tables, table, theirs, "0f3b0000-0000-4000-8000-000008000001", 4)
    tables.put(table, ours | {"kaiwaFile": ours["id"], "kaiwaPlace": {"N": "0"}, "kaiwaSize": {"N": "4"}, "objectKey": {"S": "before/4"}})
    moto.client("s3").put_object(Bucket=bucket, Key="before/4", Body=b"ours")
    for number in (1, 2, 3):
        element = chainlit_element(tables, table, thread, f"0f3b0000-0000-4000-8000-00000700000{number % 2}", number)
        if number in content:
            moto.client("s3").put_object(Bucket=bucket, Key=element["objectKey"]["S"], Body=content[number])
    monkeypatch.setattr(target, "env", target.env | moto.env | {"KAIWA_STORE__DYNAMODB__ENDPOINT": moto.url, "KAIWA_STORE__DYNAMODB__REGION": "eu-west-1"})
    command = ["import", "chainlit", "--table", table, "--user-table", ""]
    looked = target.run(*command, "--dry-run")
    assert f"THREAD#{thread}: 3 files of its messages; --bucket names where they are" in looked
    looked = target.run(*command, "--dry-run", "--bucket", bucket)
    assert "would import 2 conversations with 4 messages and 4 files; 0 are there; 1 left out" in looked
    assert "its file 3.png is not in the bucket" in looked
    printed = target.run(*command, "--bucket", bucket)
    assert "imported 2 conversations with 4 messages and 4 files; 0 were there; 1 left out" in printed
    assert f"THREAD#{thread}: its file 3.png is not in the bucket under hana/{thread}/0f3c0000-0000-4000-8000-000000000003" in printed
    moto.client("s3").delete_object(Bucket=bucket, Key=f"hana/{thread}/0f3c0000-0000-4000-8000-000000000001")
    async with Client(target.url, key=target.key) as client:
        question, reply = await client.messages(thread)
        files = question["files"] + reply["files"]
        assert [(each["name"], each["type"], each["size"]) for each in files] == [("2.png", "image/png", 140_000), ("1.png", "image/png", 70_000)]
        for each, number in zip(files, (2, 1)):
            assert (await client.call("GET", f"/api/files/{each['id']}")).content == content[number]
    async with Client(target.url, key=add_key(target, "jiro")) as client:
        question, reply = await client.messages(theirs)
        loaded = [await client.call("GET", f"/api/files/{each['id']}") for each in question["files"] + reply["files"]]
        assert [each.content for each in loaded] == [b"jiro's", b"ours"]
    assert "would import 0 conversations with 0 messages; 2 are there; 0 left out" in target.run(*command, "--dry-run", "--bucket", bucket)
    assert "imported 0 conversations with 0 messages; 2 were there; 0 left out" in target.run(*command, "--bucket", bucket)


@pytest.mark.parametrize("target", ["sqlite"], indirect=True)
async def test_an_import_that_was_killed_inside_a_file_is_in_nobodys_way(target, moto, monkeypatch):
    tables = Tables(moto.url, moto)
    table = tables.make_chainlit("killed")
    thread = chainlit_thread(tables, table, 9, "hana")
    bucket = tables.name("large-files")
    moto.make_bucket(bucket)
    element = chainlit_element(tables, table, thread, "0f3b0000-0000-4000-8000-000009000000", 9)
    content = b"large" * (24 << 20)  # takes long enough to be killed in its middle
    moto.client("s3").put_object(Bucket=bucket, Key=element["objectKey"]["S"], Body=content)
    monkeypatch.setattr(target, "env", target.env | moto.env | {"KAIWA_STORE__DYNAMODB__ENDPOINT": moto.url, "KAIWA_STORE__DYNAMODB__REGION": "eu-west-1"})
    command = ["import", "chainlit", "--table", table, "--user-table", "", "--bucket", bucket]
    running = subprocess.Popen([target.binary, *command, "--data", str(target.data)], cwd=target.folder, env=environment(target.env),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    unfinished = target.data / "files" / "unfinished"
    while running.poll() is None and not (unfinished.is_dir() and any(unfinished.iterdir())):
        pass
    running.kill()
    running.wait()
    assert any(unfinished.iterdir()), "it was not inside a file"
    printed = target.run(*command)  # beside the server, which was not started again
    assert "and 1 files; 0 were there; 0 left out" in printed
    assert not any(unfinished.iterdir())
    async with Client(target.url, key=target.key) as client:
        [file] = (await client.messages(thread))[0]["files"]
        assert (await client.call("GET", f"/api/files/{file['id']}")).content == content


@pytest.mark.parametrize("target", ["sqlite"], indirect=True)
async def test_an_import_that_was_killed_is_made_whole_by_the_next(target, tmp_path):
    items = [{"session_id": {"S": f"killed-{number}"}, "user_message": {"S": f"q{number}-{place}"}, "bot_response": {"S": "a"}}
             for number in range(120) for place in range(2)]
    export = lines(tmp_path / "export.json", *items)
    command = ["import", "private-rag", "--file", export, "--user", "hana"]
    running = subprocess.Popen([target.binary, *command, "--data", str(target.data)], cwd=target.folder, text=True,
                               env=environment(target.env), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        assert running.stderr.readline().startswith("100 done")
    finally:
        running.kill()
        running.communicate()
    printed = target.run(*command)
    counts = [int(word) for word in printed.replace(";", "").split() if word.isdigit()]
    stored, messages, present, left_out = counts[-4:]
    assert stored + present == 120 and present >= 100 and messages == stored * 4 and left_out == 0, printed
    threads = await threads_of(target)
    ours = [messages for title, messages in threads.items() if title.endswith("-0") and title.startswith("q")]
    assert len(ours) >= 90 and all(len(messages) == 4 for messages in ours)
