"""The double of Amazon Bedrock, and what a server needs to call it."""

import os
import shutil
from pathlib import Path

import boto3
import httpx
from botocore.config import Config

from support.process import ROOT, Program

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDBEDROCK", "AWS_SECRET_ACCESS_KEY": "bedrock-secret"}
TEMPORARY = {"AWS_ACCESS_KEY_ID": "ASIABEDROCK", "AWS_SECRET_ACCESS_KEY": "temporary-secret",
             "AWS_SESSION_TOKEN": "temporary/token=="}
API_KEY = "bedrock-api-key-canary"


def node() -> str:
    own = ROOT / "build/tools/node/bin/node"
    return str(own) if own.exists() else shutil.which("node") or os.environ["NODE"]


class BedrockDouble(Program):
    def __init__(self, folder: Path):
        script = ROOT / "tests/support/bedrock_double/server.mjs"
        super().__init__([node(), str(script), "--lifetime", "1800"], folder / "bedrock_double.log", r"listening (\d+)")
        self.url = f"http://127.0.0.1:{self.ready[1]}"
        self.control = httpx.Client(base_url=self.url, trust_env=False)

    def plan(self, name: str, *plans: dict) -> None:
        self.control.put("/_control/plans", json={name: list(plans)}).raise_for_status()

    def requests(self, part: str = "/model/") -> list[dict]:
        """What was asked, oldest first, where the target has `part`."""
        return [r for r in self.control.get("/_control/requests").json() if part in r["target"]]

    def forget(self) -> None:
        self.control.delete("/_control/requests")

    def close(self) -> None:
        self.control.close()
        self.kill()


def runtime_client(url: str, service: str = "bedrock-runtime", key: str = "AKIDBEDROCK", secret: str = "bedrock-secret",
                   token: str | None = None):
    """The vendor's own client, which asks once."""
    return boto3.client(service, region_name="us-east-1", endpoint_url=url, aws_access_key_id=key, aws_secret_access_key=secret,
                        aws_session_token=token, config=Config(retries={"max_attempts": 0}, proxies={}))


def text(value: str) -> list:
    return ["contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": value}}]


def ended(reason: str = "end_turn", usage: bool = True) -> list[list]:
    events = [["contentBlockStop", {"contentBlockIndex": 0}], ["messageStop", {"stopReason": reason}]]
    if usage:
        events.append(["metadata", {"usage": {"inputTokens": 10, "outputTokens": 3, "totalTokens": 13}}])
    return events
