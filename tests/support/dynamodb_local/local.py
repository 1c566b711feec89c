"""Starts DynamoDB Local on a free port of loopback, in memory, and stops it."""

import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

tools = Path(__file__).resolve().parents[3] / "build" / "tools" / "dynamodb"
start_patience = 90


def is_there() -> bool:
    return (tools / "whole").exists() and (tools / "loopback.so").exists()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class DynamoDbLocal:
    def __enter__(self):
        if not is_there():
            raise RuntimeError(f"DynamoDB Local is not in {tools}: run tools/setup.sh test")
        self.folder = tempfile.TemporaryDirectory(prefix="kaiwa-dynamodb-")
        self.port = free_port()
        command = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m", "-cp", f"{tools}/lib/*",
                   f"-Djava.io.tmpdir={self.folder.name}",
                   "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
                   "-port", str(self.port), "-inMemory", "-sharedDb", "-disableTelemetry"]
        self.log = open(Path(self.folder.name) / "log", "w")
        self.process = subprocess.Popen(
            command, cwd=self.folder.name, stdout=self.log, stderr=subprocess.STDOUT,
            env={**os.environ, "LD_PRELOAD": str(tools / "loopback.so")})
        self.url = f"http://127.0.0.1:{self.port}"
        self.wait_until_ready()
        return self

    def wait_until_ready(self):
        until = time.monotonic() + start_patience
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(self.url, timeout=2)
            except urllib.error.HTTPError:
                return  # it answers; an unsigned request is refused
            except OSError:
                time.sleep(0.1)
        said = (Path(self.folder.name) / "log").read_text()
        self.__exit__()
        raise RuntimeError(f"DynamoDB Local did not start: {said[-2000:]}")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()
        self.folder.cleanup()
