"""Starts what is measured on a core of its own, waits until it answers, and reads what it took.

Only the standard library: bench/peers/*.py use it under the Python of each peer.
"""

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

SERVER_CORE, LOAD_CORE = "0", "1"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def process_tree(pid):
    out = [pid]
    for child in subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split():
        out += process_tree(int(child))
    return out


def cpu_seconds(pid):
    """Time on a core of all threads that live, by the scheduler's own clock: ticks are too coarse."""
    total = 0
    for p in process_tree(pid):
        for task in Path(f"/proc/{p}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except FileNotFoundError:  # it ended meanwhile
                pass
    return total / 1e9


def cpu_seconds_in_ticks(pid):
    """The same in steps of 10 ms, with the threads that ended: for a server that makes a thread for each piece of work."""
    total = 0
    for p in process_tree(pid):
        fields = Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def memory_kb(pid, field="Rss"):
    total = 0
    for p in process_tree(pid):
        total += int(re.search(rf"^{field}:\s+(\d+)", Path(f"/proc/{p}/smaps_rollup").read_text(), re.M)[1])
    return total


class Servers:
    """Everything that was started; stopped again whatever happens, and also when this process is killed."""

    def __init__(self):
        self.started = []

    def start(self, core, command, **kw):
        process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "taskset", "-c", core, *map(str, command)], **kw)
        self.started.append(process)
        return process

    def stop(self):
        for process in reversed(self.started):
            process.send_signal(signal.SIGTERM)
        for process in self.started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.started.clear()


def cold_start(program):
    """Seconds from the start of a function's process to its first call of the Runtime API."""
    with socket.create_server(("127.0.0.1", 0)) as api, tempfile.TemporaryDirectory() as folder:
        api.settimeout(10)
        env = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:%d" % api.getsockname()[1], "KAIWA_DATA": f"{folder}/data",
               "KAIWA_CHAT__DEFAULT_MODEL": "builtin/guide"}
        began = time.perf_counter()
        function = subprocess.Popen([Path(program).resolve()], env=env, cwd=folder, stderr=subprocess.DEVNULL)
        try:
            connection, _ = api.accept()
            request = connection.recv(4096)
            took = time.perf_counter() - began
            assert request.startswith(b"GET /2018-06-01/runtime/invocation/next "), request
            connection.close()
            return took
        finally:
            function.kill()
            function.wait()


def wait_ready(url, process=None, seconds=20):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process is not None and process.poll() is not None:
            raise SystemExit(f"the server of {url} ended with {process.returncode} before it answered")
        try:
            return urllib.request.urlopen(url, timeout=1).status
        except Exception:
            time.sleep(0.002)
    raise SystemExit(f"{url} did not answer in {seconds} s")
