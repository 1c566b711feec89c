"""Starts dynalite, with transactions in front of it, on a free port of loopback, in memory, and stops it."""

import os
import selectors
import shutil
import subprocess
from pathlib import Path

here = Path(__file__).resolve().parent
start_patience = 60


def node() -> str:
    own = here.parents[2] / "build/tools/node/bin/node"
    return str(own) if own.exists() else shutil.which("node") or os.environ["NODE"]


class Dynalite:
    def __enter__(self):
        if not (here / "node_modules/.installed-lock").exists():
            raise RuntimeError("dynalite is not installed: run tools/setup.sh vendor_doubles")
        self.process = subprocess.Popen([node(), str(here / "server.mjs")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            line = self.process.stdout.readline() if selector.select(start_patience) else ""
        if not line.startswith("listening "):
            self.__exit__()
            raise RuntimeError(f"dynalite did not start; it said {line!r}")
        self.url = f"http://127.0.0.1:{int(line.split()[1])}"
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
