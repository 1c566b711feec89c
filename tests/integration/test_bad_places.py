"""The command line where the data are somebody else's, from the future, in use or on a full disk, and where words are odd."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from support.command_line import binary, kaiwa, names
from support.process import environment
from support.servers import Kaiwa

PASSWORD = "a good long password"
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}


@pytest.fixture
def home(tmp_path) -> Path:
    """A folder whose data have one user, and a backup of them."""
    assert kaiwa(tmp_path, "user", "add", "hana", "--password-stdin", text=PASSWORD)[0] == 0
    assert kaiwa(tmp_path, "backup", "copy")[0] == 0
    return tmp_path


def as_nobody(folder: Path, *words: str) -> tuple[int, str, str]:
    """Runs a command as a user without rights, in `folder`."""
    if os.geteuid() != 0:
        pytest.skip("only root becomes somebody else")
    program = os.open(binary(), os.O_RDONLY)  # its folder may be closed to others
    try:
        done = subprocess.run(["kaiwa", *words], executable=f"/proc/self/fd/{program}", pass_fds=[program], cwd=folder,
                              capture_output=True, text=True, timeout=30, env=environment(), stdin=subprocess.DEVNULL, **NOBODY)
    finally:
        os.close(program)
    return done.returncode, done.stdout, done.stderr


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
            and not path.name.endswith(("-shm", ".lock"))}


def test_absurdly_long_words_leave_room_for_the_reason(home):
    long = "a" * 100_000
    for words in (("user", "list", "--data", long), ("user", "disable", long), ("user", "delete", long), ("key", "revoke", long),
                  ("backup", long), ("restore", long), ("serve", "--listen", long), ("serve", "--config", long), (long,), ("user", long),
                  ("user", "add", long), ("key", "add", long), ("import", "langchain", "--user", "hana", "--file", long)):
        status, out, err = kaiwa(home, *words)
        assert status in (1, 2) and out == "" and err.startswith("kaiwa: ") and err.count("\n") == 1, (words[:2], err[:300])
        assert 20 < len(err) < 1_500, (words[:2], len(err))
    assert names(home, "user") == {"hana"}


def test_bytes_that_are_no_text_are_refused(home):
    bad = os.fsdecode(b"\xff\xfe")
    before = files_of(home)
    for words in (("user", "list", "--data", bad), ("user", "add", bad), ("user", "delete", bad), ("key", "add", bad), ("key", "revoke", bad),
                  ("restore", bad), ("serve", "--listen", bad), ("serve", "--config", bad), (bad,), ("config", bad),
                  ("import", "genu", "--user", bad, "--file", bad)):
        status, out, err = kaiwa(home, *words)
        assert status in (1, 2) and out == "" and err.startswith("kaiwa: ") and err.count("\n") == 1, (words, err)
    assert files_of(home) == before


def test_data_that_are_somebody_elses_are_said_to_be(home):
    home.chmod(0o777)
    before = files_of(home / "data")
    for words in (("user", "list"), ("user", "add", "taro", "--password-stdin"), ("key", "add", "k"), ("backup", "other"), ("restore", "copy"),
                  ("serve", "--listen", "127.0.0.1:0"), ("migrate", "--from", "sqlite", "--to", "dynamodb")):
        status, out, err = as_nobody(home, *words)
        assert status == 1 and out == "" and "Permission denied" in err and "data" in err, (words, err)
        assert err.count("\n") == 1 and "it is made" not in err, (words, err)
    assert files_of(home / "data") == before


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o755)
    (tmp_path / "file").write_text("x")
    for words in (("serve", "--listen", "127.0.0.1:0"), ("key", "add", "k")):
        status, _, err = as_nobody(tmp_path / "closed", *words)
        assert status == 1 and "cannot make the data folder data: Permission denied" in err, err
        status, _, err = kaiwa(tmp_path, *words, "--data", "file")
        assert status == 1 and "file" in err and "Not a directory" in err, err
    assert (tmp_path / "file").read_text() == "x"


def test_data_of_a_newer_kaiwa_are_left_alone(home):
    for folder in ("data", "copy"):
        with sqlite3.connect(home / folder / "kaiwa.db") as db:
            db.execute("PRAGMA user_version = 99")
        db.close()
    before = files_of(home / "data")
    for words in (("user", "list"), ("key", "add", "k"), ("serve", "--listen", "127.0.0.1:0"), ("restore", "copy")):
        status, _, err = kaiwa(home, *words)
        assert status == 1 and "the database has version 99" in err and "start the newer Kaiwa" in err, err
        assert "kaiwa.db" in err
    now = files_of(home / "data")
    assert {name: content for name, content in now.items() if name in before} == before
    assert not [path for path in (home / "data").iterdir() if "restor" in path.name]


def test_a_second_server_is_kept_out_and_says_of_what(tmp_path):
    first = Kaiwa(tmp_path, None)
    try:
        status, _, err = kaiwa(tmp_path, "serve", "--listen", "127.0.0.1:0")
        assert status == 1 and "another server uses the data folder data; stop it, or choose another folder" in err
        status, _, err = kaiwa(tmp_path, "serve", "--listen", f"127.0.0.1:{first.port}", "--data", "other")
        assert status == 1 and f"cannot listen on 127.0.0.1:{first.port}: Address already in use; stop the program that uses it" in err
        status, _, err = kaiwa(tmp_path, "migrate", "--from", "sqlite", "--to", "dynamodb")
        assert status == 1 and "another server uses the data folder" in err
    finally:
        first.close()


def test_a_restore_can_be_taken_back(home):
    """What was set aside holds also what was written last, though nobody put it into the database's file."""
    assert kaiwa(home, "user", "add", "taro", "--password-stdin", text=PASSWORD)[0] == 0
    assert kaiwa(home, "restore", "copy")[0] == 0
    assert names(home, "user") == {"hana"}
    [aside] = (home / "data").glob("before-restore-*")
    assert kaiwa(home, "restore", str(aside))[0] == 0
    assert names(home, "user") == {"hana", "taro"}


FULL = """
mount -t tmpfs -o size=700k tmpfs full || exit 77
cp -a data full/data && cd full
dd if=/dev/zero of=fill bs=1k count=2000 2>/dev/null
for words in "key add k" "user delete hana" "backup copy" "restore ../copy" "key add k --data new"; do
  "$KAIWA" $words && echo "went well: $words"
done
echo "rest: $(echo copy/*) $(echo data/*restoring*)"
rm fill
"$KAIWA" user list && "$KAIWA" key add after && "$KAIWA" backup copy && "$KAIWA" user list --data copy
"""


def test_a_full_disk_is_said_and_nothing_is_lost(home):
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("only root mounts a small disk")
    (home / "full").mkdir()
    done = subprocess.run(["unshare", "-m", "sh", "-c", FULL], cwd=home, env=environment({"KAIWA": binary()}), capture_output=True,
                          text=True, timeout=60)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no disk can be mounted here")
    assert done.returncode == 0, done.stderr
    assert "went well" not in done.stdout
    refused = [line for line in done.stderr.splitlines() if line.startswith("kaiwa: ")]
    assert len(refused) == 5 and all("space" in line for line in refused), done.stderr
    assert "rest: copy/* data/*restoring*" in done.stdout
    assert done.stdout.count("\thana\t") == 2 and "kw_" in done.stdout
