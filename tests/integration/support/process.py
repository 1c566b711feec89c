"""Programs under test, started with a port of the system's choice."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def program(variable: str, *places: str) -> str:
    if given := os.environ.get(variable):
        return given
    for place in places:
        if (ROOT / place).exists():
            return str(ROOT / place)
    raise RuntimeError(f"{variable}: none of {places} is built")


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """Nothing of ours but what a test sets: a variable of this run must not configure a server, nor a model server of this machine."""
    ours = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return ours | {"KAIWA_SERVER__FIND_LOCAL_MODELS": "false"} | (extra or {})


class Program:
    """A process whose output goes to a file, ready when `pattern` appears there."""

    def __init__(self, command: list[str], log: Path, pattern: str, env: dict[str, str] | None = None):
        self.log = log
        self._begin = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                                            env=environment(env), cwd=log.parent)
        self.ready = self.wait_for(pattern)

    def output(self) -> str:
        with self.log.open("rb") as file:
            file.seek(self._begin)
            return file.read().decode(errors="replace")

    def wait_for(self, pattern: str, seconds: float = 15) -> re.Match[str]:
        """Waits until what it wrote since its start matches."""
        deadline = time.monotonic() + seconds
        while True:
            if found := re.search(pattern, self.output()):
                return found
            if self.process.poll() is not None:
                raise RuntimeError(f"it ended with {self.process.returncode}:\n{self.output()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"no {pattern!r} within {seconds} s:\n{self.output()}")
            time.sleep(0.003)

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_running(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        if self.is_running():
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> int:
        return self.process.wait(seconds)
