"""Kaiwa and the scripted model server."""

import json
import subprocess
from pathlib import Path

import httpx

from support.process import Program, environment, program

ADMIN = ("root", "correct horse battery")


class ModelServer(Program):
    def __init__(self, folder: Path):
        command = [program("KAIWA_MODEL_SERVER", "build/release/bin/kaiwa_model_server", "build/dev/bin/kaiwa_model_server"), "--lifetime", "1800"]
        super().__init__(command, folder / "model_server.log", r"listening (\d+)")
        self.url = f"http://127.0.0.1:{self.ready[1]}"
        self.control = httpx.Client(base_url=self.url, trust_env=False)

    def requests(self, model: str) -> list[dict]:
        """Chat requests for `model`, oldest first."""
        found = [r for r in self.control.get("/_control/requests").json() if r["model"] == model]
        for request in found:
            request["headers"] = {name.lower(): value for name, value in request["headers"].items()}
        return found

    def count(self, model: str) -> int:
        return self.control.get("/_control/counters").json().get(model, {}).get("requests", 0)

    def total(self) -> int:
        return sum(entry["requests"] for entry in self.control.get("/_control/counters").json().values())

    def forget(self) -> None:
        self.control.delete("/_control/requests")
        self.control.delete("/_control/counters")

    def close(self) -> None:
        self.control.close()
        self.kill()


class Kaiwa:
    """A server on a data folder, which outlives its stops and starts."""

    def __init__(self, folder: Path, models: ModelServer | None, env: dict[str, str] | None = None,
                 options: tuple[str, ...] = ()):
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "kaiwa.log"
        providers = []
        if models:
            providers = [{"name": "local", "kind": "openai", "base_url": f"{models.url}/v1", "api_key": "model-key-canary"}]
        self.env = {
            "KAIWA_PROVIDERS": json.dumps(providers),
            "KAIWA_CHAT__DEFAULT_MODEL": "local/echo" if models else "",
        } | (env or {})
        self.binary = program("KAIWA", "build/kaiwa", "build/dev/bin/kaiwa")
        self.options = options
        self.port = 0
        self.program: Program | None = None
        self.start()

    def start(self) -> None:
        """Starts it, on the port it had before."""
        command = [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", str(self.data), *self.options]
        self.program = Program(command, self.log, r"ready (http://127\.0\.0\.1:(\d+))", self.env)
        self.url = self.program.ready[1]
        self.port = int(self.program.ready[2])

    def run(self, *arguments: str, text: str = "") -> str:
        """Runs a command of the command line beside it."""
        command = [self.binary, *arguments, "--data", str(self.data)]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, cwd=self.folder,
                              env=environment(self.env))
        if done.returncode != 0:
            raise RuntimeError(f"{arguments}: {done.stderr}")
        return done.stdout

    @property
    def pid(self) -> int:
        return self.program.pid

    def kill(self) -> None:
        self.program.kill()

    def stop(self) -> int:
        self.program.terminate()
        return self.program.wait(30)

    def close(self) -> None:
        if self.program:
            self.program.kill()
