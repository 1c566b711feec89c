"""The program's embeddings of Bedrock, by a program of their own."""

import json
import struct
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

from support.bedrock import KEYS
from support.process import environment, program


def embed(url: str, folder: Path, model: str, texts: list[str], env: dict[str, str] | None = None, **options) -> SimpleNamespace:
    """What it says of these texts: `vectors`, or `failure` and `message`; and how many `seconds` it took."""
    binary = program("KAIWA_BEDROCK_EMBEDDER", "build/release/bin/kaiwa_bedrock_embedder", "build/dev/bin/kaiwa_bedrock_embedder")
    given = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1", "HOME": str(folder)} | (KEYS if env is None else env)
    began = time.monotonic()
    done = subprocess.run([binary, url, model, *(f"{name}={value}" for name, value in options.items())], input=json.dumps(texts),
                          capture_output=True, text=True, timeout=120, cwd=folder, env=environment(given))
    assert not done.stderr and (done.returncode == 1) == ("failure" in done.stdout), done
    return SimpleNamespace(**json.loads(done.stdout), seconds=time.monotonic() - began)


def as_floats(vector: list[float]) -> list[float]:
    """The same numbers as 32 bits keep them."""
    return [struct.unpack("f", struct.pack("f", number))[0] for number in vector]
