"""The command line as a person and a script meet it: words, streams, folders and disks that are wrong."""

import os
import pty
import signal
import subprocess
import termios
import time
from pathlib import Path

import pytest

from support.command_line import binary, kaiwa, names
from support.process import environment

PASSWORD = "a good long password"


@pytest.fixture
def home(tmp_path) -> Path:
    """A folder whose data have one user."""
    status, out, err = kaiwa(tmp_path, "user", "add", "花子", "--password-stdin", text=PASSWORD)
    assert (status, out) == (0, "added 花子 (user)\n"), err
    assert "There was no database data/kaiwa.db: it is made." in err
    return tmp_path


def test_what_cannot_be_printed_is_no_success(home):
    for words in (("version",), ("--version",), ("--help",), ("create-secret",), ("config", "explain"), ("user", "list")):
        for streams in (">/dev/full", ">&-"):
            status, _, err = kaiwa(home, *words, streams=streams)
            assert status == 1 and "standard output cannot be written" in err, (words, streams, err)


def test_a_key_that_nobody_saw_is_void(home):
    for streams in (">/dev/full", ">&-"):
        status, _, err = kaiwa(home, "key", "add", "lost", streams=streams)
        assert status == 1 and "it was made void again" in err
    reader, writer = os.pipe()
    os.close(reader)  # as `| head -0` does
    done = subprocess.run([binary(), "key", "add", "lost"], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=30,
                          cwd=home, env=environment())
    os.close(writer)
    assert done.returncode == 1 and "it was made void again" in done.stderr
    assert names(home, "key") == set()
    status, out, _ = kaiwa(home, "key", "add", "lost")
    assert status == 0 and out.startswith("kw_") and names(home, "key") == {"lost"}


def test_keys_are_listed_with_whose_they_are(home):
    assert kaiwa(home, "key", "add", "hers", "--user", "花子")[0] == 0
    assert kaiwa(home, "key", "add", "alone")[0] == 0
    _, out, _ = kaiwa(home, "key", "list")
    lines = {line.split("\t")[2]: line.split("\t")[3] for line in out.splitlines()}
    assert lines == {"hers": "user 花子", "alone": "own principal"}


def test_who_is_called_like_somebody_else_is_refused(home):
    assert kaiwa(home, "user", "add", "hana", "--password-stdin", text=PASSWORD)[0] == 0
    for name in ("HANA", "ｈａｎａ", "hana"):
        status, _, err = kaiwa(home, "user", "add", name, "--password-stdin", text=PASSWORD)
        assert status == 1 and "the username is taken, as hana" in err, name
    status, _, err = kaiwa(home, "user", "add", "taro", "--password-stdin", text="あああ")
    assert status == 1 and "at least 8 characters" in err


def test_without_standard_streams_nothing_is_printed_into_the_data(home):
    # The numbers of closed streams would go to the files that are opened next.
    status, _, _ = kaiwa(home, "user", "add", "taro", "--password-stdin", streams="<&- >&- 2>&-")
    assert status == 1
    for _ in range(3):
        assert kaiwa(home, "user", "list", streams="<&- >&- 2>&-")[0] == 1
        assert kaiwa(home, "key", "add", "lost", streams="<&- >&- 2>&-")[0] == 1
    assert (home / "data" / "secret.key").stat().st_size == 44
    assert names(home, "user") == {"花子"} and names(home, "key") == set()


def test_a_wrong_folder_is_named_and_not_made(home):
    for words in (("user", "list"), ("key", "list"), ("user", "passwd", "花子", "--password-stdin"), ("user", "disable", "花子"),
                  ("user", "delete", "花子"), ("key", "revoke", "k"), ("backup", "copy")):
        status, _, err = kaiwa(home, *words, "--data", "elsewhere", text=PASSWORD)
        assert status == 1 and "elsewhere" in err and err.count("\n") == 1, err
    assert sorted(p.name for p in home.iterdir()) == ["data"]
    for words, status, says in ((("user", "list", "--data", ""), 2, "--data: must not be empty"),
                                (("serve", "--listen", ""), 2, "--listen: must not be empty"),
                                (("key", "add", "k", "--user", ""), 2, "--user: must not be empty"),
                                (("serve", "--config", "/"), 2, "the file / cannot be read"),
                                (("serve", "--config", "no.toml"), 2, "the file no.toml cannot be read"),
                                (("restore", "no"), 1, "there is no kaiwa.db in no"),
                                (("backup", "data"), 1, "data is in the data folder data; name a folder outside of it"),
                                (("backup", "data/inside"), 1, "data/inside is in the data folder data"),
                                (("backup", ""), 2, "folder: must not be empty"),
                                (("restore", ""), 2, "folder: must not be empty"),
                                (("import", "genu", "--user", "花子", "--file", ""), 2, "--file: must not be empty"),
                                (("import", "genu", "--user", "花子", "--file", "/nowhere"), 1, "/nowhere cannot be read: No such file"),
                                (("import", "genu", "--user", "花子", "--file", "/"), 1, "/ cannot be read: Is a directory"),
                                (("user", "add", ""), 1, "the username must not be empty"),
                                (("serve", "--listen", "192.0.2.1:8080"), 1, "choose an address of this machine"),
                                (("user", "passwd", "nobody", "--password-stdin"), 1, "there is no user \"nobody\"")):
        ended, _, err = kaiwa(home, *words, text=PASSWORD)
        assert ended == status and says in err and err.count("\n") == 1, (words, err)
    assert sorted(p.name for p in home.iterdir()) == ["data"]
    (home / "kaiwa.toml").write_text("[servr]\nlisten = \"127.0.0.1:0\"\n")
    status, _, err = kaiwa(home, "serve")
    assert (status, err) == (2, "kaiwa: kaiwa.toml:1: unknown key servr; did you mean server?\n")


def test_a_locale_that_is_not_there_changes_nothing(home):
    for locale in ("ja_JP.UTF-8", "ja_JP.eucJP", "C", "nonsense"):
        status, out, err = kaiwa(home, "user", "list", env={"LC_ALL": locale, "LANG": locale})
        assert status == 0 and "花子" in out, err
    status, out, _ = kaiwa(home, "key", "add", "鍵 一", env={"LC_ALL": "C"})
    assert status == 0 and names(home, "key") == {"鍵 一"}


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_prompt_that_is_broken_off_leaves_the_terminal_as_it_was(home, sent):
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    process = subprocess.Popen([binary(), "user", "passwd", "花子"], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE,
                               cwd=home, env=environment())
    deadline = time.monotonic() + 15
    while termios.tcgetattr(theirs)[3] & termios.ECHO:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    process.send_signal(sent)
    assert process.wait(15) == -sent
    assert termios.tcgetattr(theirs) == before
    process.stderr.close()
    for end in (ours, theirs):
        os.close(end)


def delete_on_a_terminal(home: Path, typed: bytes, *flags: str) -> tuple[int, bytes]:
    """The exit status of `kaiwa user delete`, and what it showed once `typed` was typed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([binary(), "user", "delete", "花子", *flags], stdin=theirs, stdout=theirs, stderr=theirs,
                               cwd=home, env=environment())
    os.close(theirs)
    shown = b""
    try:
        while more := os.read(ours, 1000):
            shown += more
            if typed and shown.endswith(b"again to go on: "):
                os.write(ours, typed)
    except OSError:
        pass  # it has ended
    os.close(ours)
    return process.wait(15), shown


def test_who_is_deleted_on_a_terminal_is_named_twice(home):
    for typed in (b"\n", b"y\n", "花\n".encode(), b"\x04"):
        status, shown = delete_on_a_terminal(home, typed)
        assert status == 1 and "all their conversations" in shown.decode() and b"nothing was deleted" in shown
        assert names(home, "user") == {"花子"}
    assert delete_on_a_terminal(home, "花子\n".encode())[0] == 0
    assert names(home, "user") == set()


@pytest.mark.parametrize("flags", [(), ("--yes",)])
def test_who_is_deleted_by_a_script_is_not_asked_for(home, flags):
    assert kaiwa(home, "user", "delete", "花子", *flags) == (0, "", "")
    assert names(home, "user") == set()


def test_with_yes_a_terminal_is_not_asked(home):
    assert delete_on_a_terminal(home, b"", "--yes") == (0, b"")


def test_a_typed_password_is_taken_and_not_shown(home):
    ours, theirs = pty.openpty()
    process = subprocess.Popen([binary(), "user", "passwd", "花子"], stdin=theirs, stdout=theirs, stderr=theirs,
                               cwd=home, env=environment())
    shown = b""
    while b"Password: " not in shown:
        shown += os.read(ours, 1000)
    while termios.tcgetattr(theirs)[3] & termios.ECHO:
        assert process.poll() is None
        time.sleep(0.01)
    os.write(ours, b"typed by a person\n")
    assert process.wait(15) == 0
    os.close(theirs)
    try:
        while more := os.read(ours, 1000):
            shown += more
    except OSError:
        pass  # how a terminal says that nobody is at its other end
    os.close(ours)
    assert b"typed" not in shown
