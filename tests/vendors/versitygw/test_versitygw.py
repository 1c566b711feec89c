"""The tests of files in a bucket, before a server that checks what AWS checks."""

import os
import sys
from pathlib import Path

import boto3
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integration"))
from conftest import anyio_backend, models  # noqa: E402, F401
from support.aws import REGION, free_port  # noqa: E402
from support.process import ROOT, Program  # noqa: E402
from test_check_aws import check  # noqa: E402
from test_s3_files import (  # noqa: E402, F401
    bucket,
    test_a_file_goes_up_in_parts_and_comes_down_unchanged,
    test_nothing_of_a_broken_upload_stays_in_the_bucket,
)

pytestmark = pytest.mark.anyio


class VersityGw(Program):
    """What the tests need of a server, as `support.aws.Moto` has it."""

    def __init__(self, folder: Path):
        (folder / "objects").mkdir()
        self.url = f"http://127.0.0.1:{free_port()}"
        program = str(ROOT / os.environ["VERSITYGW"])
        keys = ["--access", "kaiwakey", "--secret", "kaiwasecret", "--region", REGION]
        super().__init__([program, "--port", self.url.removeprefix("http://"), *keys, "posix", str(folder / "objects")],
                         folder / "versitygw.log", "versitygw|Listening|listening|127.0.0.1")
        self.env = {"AWS_ACCESS_KEY_ID": "kaiwakey", "AWS_SECRET_ACCESS_KEY": "kaiwasecret", "AWS_REGION": REGION,
                    "AWS_ENDPOINT_URL_S3": self.url}

    def client(self, service: str):
        return boto3.client(service, region_name=REGION, endpoint_url=self.url, aws_access_key_id="kaiwakey",
                            aws_secret_access_key="kaiwasecret")

    def make_bucket(self, name: str) -> None:
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})


@pytest.fixture(scope="session")
def moto(tmp_path_factory):
    server = VersityGw(tmp_path_factory.mktemp("versitygw"))
    yield server
    server.kill()


def test_a_forged_signature_and_another_region_are_told_apart(moto, bucket, tmp_path):  # noqa: F811
    env = moto.env | {"HOME": str(tmp_path), "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1", "KAIWA_FILES__KIND": "s3",
                      "KAIWA_FILES__S3__BUCKET": bucket}
    assert f"ok    S3 bucket {bucket} answers" in check(env, tmp_path).out
    assert "S3 answered SignatureDoesNotMatch" in check(env | {"AWS_SECRET_ACCESS_KEY": "forged"}, tmp_path).out
    assert f"ok    S3 bucket {bucket} answers" in check(env | {"KAIWA_FILES__S3__REGION": "us-west-2"}, tmp_path).out, "it is followed"
