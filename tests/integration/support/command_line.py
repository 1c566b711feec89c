"""The program as a command that ends."""

import subprocess
from pathlib import Path

from support.process import environment, program

SHELL = "exec \"$0\" \"$@\" "


def binary() -> str:
    return program("KAIWA", "build/kaiwa", "build/dev/bin/kaiwa")


def kaiwa(folder: Path, *words: str, text: str = "", streams: str = "", env: dict | None = None) -> tuple[int, str, str]:
    """Runs a command in `folder`; `streams` redirects as a shell does."""
    command = ["/bin/sh", "-c", SHELL + streams, binary(), *words] if streams else [binary(), *words]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=30, cwd=folder, env=environment(env))
    return done.returncode, done.stdout, done.stderr


def names(folder: Path, kind: str) -> set[str]:
    status, out, err = kaiwa(folder, kind, "list")
    assert status == 0, err
    return {line.split("\t")[1 if kind == "user" else 2] for line in out.splitlines()}
