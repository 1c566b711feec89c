"""Files in a bucket: moto as S3, which lets nobody in whose signature it cannot verify."""

import sqlite3
import time
import uuid
from pathlib import Path

import pytest

from conftest import add_key, add_user, make_site
from support.client import Client
from support.servers import Kaiwa
from support.tables import Tables
from test_files import check_ranges, form, picture, upload
from test_import import chainlit_element, chainlit_thread

pytestmark = pytest.mark.anyio
MEGABYTE = 1 << 20


@pytest.fixture
def bucket(moto):
    name = f"files-{uuid.uuid4().hex[:12]}"
    moto.make_bucket(name)
    return name


def files_in(moto, bucket: str) -> dict[str, str]:
    return {"KAIWA_FILES__KIND": "s3", "KAIWA_FILES__S3__BUCKET": bucket, "KAIWA_FILES__S3__PREFIX": "kaiwa/"} | moto.env


def keys(moto, bucket: str) -> list[str]:
    return [item["Key"] for item in moto.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])]


def wait_for_keys(moto, bucket: str, count: int) -> None:
    deadline = time.monotonic() + 10
    while len(keys(moto, bucket)) != count:
        assert time.monotonic() < deadline, keys(moto, bucket)
        time.sleep(0.02)


def peak_memory(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


async def test_a_file_goes_up_in_parts_and_comes_down_unchanged(moto, bucket, models, tmp_path):
    site = make_site(tmp_path, models, files_in(moto, bucket))
    try:
        async with Client(site.kaiwa.url, key=site.keys["ann"]) as ann, Client(site.kaiwa.url, key=site.keys["ben"]) as ben:
            small = (await upload(ann, picture(300_000), "猫.png")).json()
            before = peak_memory(site.kaiwa.pid)
            content = picture(40 * MEGABYTE + 1)
            large = (await upload(ann, content)).json()
            assert sorted(keys(moto, bucket)) == sorted(f"kaiwa/{file['id']}" for file in (small, large))
            down = await ann.call("GET", f"/api/files/{large['id']}")
            assert down.content == content and down.headers["content-type"] == "image/png"
            assert peak_memory(site.kaiwa.pid) - before < 30 * MEGABYTE
            await check_ranges(ann, small["id"], picture(300_000))
            for method in ("GET", "HEAD"):
                assert (await ben.call(method, f"/api/files/{large['id']}")).status_code == 404
            thread = await ann.new_thread()
            turn = await ann.ask(thread, "look", "fixed;text=seen in s3", files=[small["id"]])
            await ann.sse(turn.generation)
            assert "image/png" in str(models.requests("fixed;text=seen in s3")[-1]["body"])
        assert not (site.kaiwa.data / "files").exists()
        site.kaiwa.run("backup", str(tmp_path / "copy"))
        assert (tmp_path / "copy" / "kaiwa.db").exists()
        assert site.kaiwa.stop() == 0

        # 31 days later: what was sent stays, what was not goes from the bucket, too.
        database = sqlite3.connect(site.kaiwa.data / "kaiwa.db")
        with database:
            assert database.execute("UPDATE files SET created_at = created_at - 31 * 86400000").rowcount == 2
        database.close()
        site.kaiwa.start()
        wait_for_keys(moto, bucket, 1)
        assert keys(moto, bucket) == [f"kaiwa/{small['id']}"]
    finally:
        site.kaiwa.close()


async def test_nothing_of_a_broken_upload_stays_in_the_bucket(moto, bucket, models, tmp_path):
    site = make_site(tmp_path, models, files_in(moto, bucket))
    s3 = moto.client("s3")
    try:
        whole, headers = form("file", picture(12 * MEGABYTE), "image/png", "a.png")
        async with Client(site.kaiwa.url, key=site.keys["ann"]) as ann:

            async def half():
                yield whole[:11 * MEGABYTE]
                deadline = time.monotonic() + 10
                while not s3.list_multipart_uploads(Bucket=bucket).get("Uploads"):
                    assert time.monotonic() < deadline, "no part went up while the rest is still to come"
                raise ConnectionError("the sender is gone")

            with pytest.raises(ConnectionError):
                await ann.call("POST", "/api/files", content=half(), headers=headers)
            deadline = time.monotonic() + 10
            while s3.list_multipart_uploads(Bucket=bucket).get("Uploads"):
                assert time.monotonic() < deadline
            assert keys(moto, bucket) == []
    finally:
        site.kaiwa.close()


async def test_a_bucket_in_trouble_is_no_lost_file_and_no_secret(moto, bucket, models, tmp_path):
    poor = files_in(moto, bucket) | moto.poor_env
    site = make_site(tmp_path, models, poor)
    try:
        async with Client(site.kaiwa.url, key=site.keys["ann"]) as ann:
            refused = await upload(ann, picture())
            assert refused.status_code == 503, refused.text
            assert refused.headers["content-type"] == "application/problem+json"
            assert moto.poor_env["AWS_ACCESS_KEY_ID"] not in refused.text
        site.kaiwa.program.wait_for("AccessDenied")
        assert moto.poor_env["AWS_SECRET_ACCESS_KEY"] not in site.kaiwa.program.output()
    finally:
        site.kaiwa.close()


async def test_what_chainlit_stored_in_tables_and_bucket_is_shown_and_the_other_way_round(moto, bucket, models, tmp_path):
    tables = Tables(moto.url, moto)
    table = tables.make_chainlit("chainlit")
    users = tables.make("users", "username")
    env = files_in(moto, bucket) | {
        "KAIWA_STORE__KIND": "dynamodb", "KAIWA_STORE__DYNAMODB__TABLE": table, "KAIWA_STORE__DYNAMODB__USER_TABLE": users,
        "KAIWA_SECRET": "a secret of at least thirty-two characters",
    }
    kaiwa = Kaiwa(tmp_path, models, env)
    try:
        for name in ("ann", "ben"):
            add_user(kaiwa, name)
        thread = chainlit_thread(tables, table, 1, "ann")
        element = chainlit_element(tables, table, thread, "0f3b0000-0000-4000-8000-000001000000", 1)
        content = picture(100_000)
        moto.client("s3").put_object(Bucket=bucket, Key=element["objectKey"]["S"], Body=content)
        # The same element in a thread of somebody else's: its id is unique in its thread alone.
        bens = chainlit_thread(tables, table, 2, "ben")
        shared = chainlit_element(tables, table, bens, "0f3b0000-0000-4000-8000-000002000000", 1)
        assert shared["id"] == element["id"]
        moto.client("s3").put_object(Bucket=bucket, Key=shared["objectKey"]["S"], Body=picture(70_000))
        async with Client(kaiwa.url, key=add_key(kaiwa, "ann")) as ann, Client(kaiwa.url, key=add_key(kaiwa, "ben")) as ben:
            found = []
            for who, theirs, size in ((ann, thread, 100_000), (ben, bens, 70_000)):
                question, _ = await who.messages(theirs)
                assert [each["name"] for each in question["files"]] == ["1.png"]
                found.append(question["files"][0]["id"])
                loaded = await who.call("GET", f"/api/files/{found[-1]}", headers={"range": "bytes=0-9"})
                assert loaded.content == picture(size) and loaded.headers["content-length"] == str(size), "whole, whatever was asked"
                assert loaded.headers["content-type"] == "image/png" and loaded.headers["content-disposition"].startswith("attachment")
                assert (await who.call("GET", f"/api/files/{element['id']['S']}")).status_code == 404
            for who, others in ((ann, found[1]), (ben, found[0])):
                assert (await who.call("GET", f"/api/files/{others}")).status_code == 404
            assert tables.get(table, PK=f"THREAD#{thread}", SK=f"ELEMENT#{element['id']['S']}") == element, "nothing of Chainlit's is rewritten"
            # The model is shown it with what is asked next, and Chainlit finds what is sent here.
            file = (await upload(ann, picture(5_000))).json()
            turn = await ann.ask(thread, "what is it?", "fixed;text=a cat", files=[file["id"]])
            await ann.sse(turn.generation)
            assert str(models.requests("fixed;text=a cat")[-1]["body"]).count("image/png") == 2
            written = tables.get(table, PK=f"THREAD#{thread}", SK=f"ELEMENT#{file['id']}-{turn.message}")
            assert written["objectKey"] == {"S": f"kaiwa/{file['id']}"} and written["objectKey"]["S"] in keys(moto, bucket)
    finally:
        kaiwa.close()


async def test_two_servers_with_tables_and_a_bucket_keep_nothing_of_their_own(moto, bucket, models, tmp_path):
    env = files_in(moto, bucket) | {
        "KAIWA_STORE__KIND": "dynamodb",
        "KAIWA_STORE__DYNAMODB__TABLE": f"chats-{bucket}",
        "KAIWA_STORE__DYNAMODB__USER_TABLE": f"users-{bucket}",
        "KAIWA_STORE__DYNAMODB__CREATE_TABLES": "true",
        "KAIWA_SECRET": "a secret that both of them know, of 32 and more",
    }
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    one, two = (Kaiwa(folder, models, env) for folder in folders)
    try:
        add_user(one, "ann")
        key = add_key(one, "ann")
        async with Client(one.url, key=key) as first, Client(two.url, key=key) as second:
            content = picture(6 * MEGABYTE)
            file = (await upload(first, content)).json()
            assert (await second.call("GET", f"/api/files/{file['id']}")).content == content
        assert keys(moto, bucket) == [f"kaiwa/{file['id']}"]
        assert one.stop() == 0 and two.stop() == 0
        for folder in folders:
            assert not (folder / "data").exists() or not any((folder / "data").iterdir())
    finally:
        one.close()
        two.close()
