"""AWS's places that tests stand up: moto as the services.

moto and boto3 have a Python of their own (build/tools/aws, from requirements-aws.txt): their many
packages stay away from ours.
"""

import json
import os
import socket
import subprocess
from pathlib import Path

from support.process import ROOT, Program, environment

TOOLS = Path(os.environ.get("KAIWA_AWS_TOOLS", ROOT / "build/tools/aws")) / "bin"
REGION = "eu-west-1"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def boto(script: str, env: dict[str, str]) -> str:
    """Runs `script` in the Python that has boto3; what it printed."""
    done = subprocess.run([TOOLS / "python", "-c", script], capture_output=True, text=True, timeout=120,
                          env=environment(env))
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


class Moto(Program):
    """AWS's services. Until `lock()` every call is let in; from then on each must be signed with a
    key that may do it."""

    SET_UP = """
import boto3, json
iam = boto3.client("iam")
iam.create_user(UserName="kaiwa")
key = iam.create_access_key(UserName="kaiwa")["AccessKey"]
policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
iam.put_user_policy(UserName="kaiwa", PolicyName="all", PolicyDocument=json.dumps(policy))
iam.create_user(UserName="nobody")
poor = iam.create_access_key(UserName="nobody")["AccessKey"]
print(json.dumps([[k["AccessKeyId"], k["SecretAccessKey"]] for k in (key, poor)]))
"""

    def __init__(self, folder: Path, part_bytes: int = 5 << 20):
        port = free_port()
        env = {"INITIAL_NO_AUTH_ACTION_COUNT": "5", "S3_UPLOAD_PART_MIN_SIZE": str(part_bytes),
               "MOTO_S3_CUSTOM_ENDPOINTS": f"http://127.0.0.1:{port}"}
        super().__init__([str(TOOLS / "moto_server"), "-H", "127.0.0.1", "-p", str(port)], folder / "moto.log",
                         r"Running on http", env)
        self.url = f"http://127.0.0.1:{port}"
        made = json.loads(boto(self.SET_UP, self.env_of("setup", "setup")))
        self.env = self.env_of(*made[0])
        self.poor_env = self.env_of(*made[1])

    def env_of(self, key: str, secret: str) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": self.url}

    def run(self, script: str) -> str:
        return boto("import boto3, json\n" + script, self.env)

    def close(self) -> None:
        self.kill()
