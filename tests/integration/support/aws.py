"""AWS's places that tests stand up: moto as the services.

tests/support/moto/fetch.sh installs it.
"""

import json
import os
import socket
from pathlib import Path

import boto3

from support.process import ROOT, Program, environment

TOOLS = Path(os.environ.get("KAIWA_AWS_TOOLS", ROOT / "build/tools/aws")) / "bin"
REGION = "eu-west-1"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Moto(Program):
    """AWS's services. The set-up's calls are let in; from then on each must be signed with a key that
    may do it, or it is refused as AWS refuses it. S3 takes parts of 64 KiB."""

    def __init__(self, folder: Path):
        port = free_port()
        env = {"INITIAL_NO_AUTH_ACTION_COUNT": "5", "S3_UPLOAD_PART_MIN_SIZE": "65536",
               "MOTO_S3_CUSTOM_ENDPOINTS": f"http://127.0.0.1:{port}"}
        super().__init__([str(TOOLS / "moto_server"), "-H", "127.0.0.1", "-p", str(port)], folder / "moto.log",
                         r"Running on http", env)
        self.url = f"http://127.0.0.1:{port}"
        self.env = self.env_of("setup", "setup")
        iam = self.client("iam")
        iam.create_user(UserName="kaiwa")
        mighty = iam.create_access_key(UserName="kaiwa")["AccessKey"]
        everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_user_policy(UserName="kaiwa", PolicyName="all", PolicyDocument=json.dumps(everything))
        iam.create_user(UserName="nobody")
        poor = iam.create_access_key(UserName="nobody")["AccessKey"]
        self.env, self.poor_env = (self.env_of(key["AccessKeyId"], key["SecretAccessKey"]) for key in (mighty, poor))

    def env_of(self, key: str, secret: str) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": self.url}

    def client(self, service: str):
        """The vendor's own client, as whoever may do all."""
        return boto3.client(service, region_name=REGION, endpoint_url=self.url,
                            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
                            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"])

    def make_bucket(self, name: str) -> None:
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})

    def close(self) -> None:
        self.kill()
