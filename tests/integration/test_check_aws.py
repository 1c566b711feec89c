"""Who the program is in AWS, and what `kaiwa check aws` says of it."""

import json
import os
import subprocess
import uuid
from pathlib import Path
from types import SimpleNamespace

import botocore.exceptions
import botocore.session
import pytest

from conftest import make_site
from support.aws import REGION, Endpoints
from support.bedrock import API_KEY, KEYS, BedrockDouble
from support.process import environment, program

KAIWA = program("KAIWA", "build/kaiwa", "build/dev/bin/kaiwa")


@pytest.fixture
def endpoints():
    made = Endpoints()
    yield made
    made.close()


def check(env: dict[str, str], folder: Path) -> SimpleNamespace:
    done = subprocess.run([KAIWA, "check", "aws"], capture_output=True, text=True, timeout=100, cwd=folder,
                          env=environment(env))
    return SimpleNamespace(status=done.returncode, out=done.stdout, err=done.stderr)


def vendors_identity(env: dict[str, str], monkeypatch) -> str:
    """Who the vendor's own client is with these variables."""
    with monkeypatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in env.items():
            patch.setenv(name, value)
        return botocore.session.Session().create_client("sts").get_caller_identity()["Arn"]


CREDENTIALS = """[default]
aws_access_key_id = DEFAULT
aws_secret_access_key = s
[base]
aws_access_key_id = BASE
aws_secret_access_key = s
"""
CONFIG = """[profile role]
role_arn = arn:aws:iam::1:role/app
source_profile = base
region = eu-west-1
[profile process]
credential_process = printf '%s' '{"Version":1,"AccessKeyId":"PROCESS","SecretAccessKey":"s"}'
region = eu-west-1
[profile broken]
credential_process = false
region = eu-west-1
"""


def homes(endpoints: Endpoints, folder: Path) -> dict[str, tuple[dict[str, str], str | None]]:
    """What a machine can have, and whose key it means; nothing: no key at all."""
    (folder / "credentials").write_text(CREDENTIALS)
    (folder / "config").write_text(CONFIG)
    (folder / "token").write_text("web.identity.token")
    (folder / "eks").write_text(Endpoints.TOKEN)
    keys = {"AWS_ACCESS_KEY_ID": "ENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "s"}
    files = {"AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"), "AWS_CONFIG_FILE": str(folder / "config")}
    web = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "token"), "AWS_ROLE_ARN": "arn:aws:iam::1:role/pod"}
    eks = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{endpoints.url}/eks",
           "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(folder / "eks")}
    ecs = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{endpoints.url}/v2/credentials/x"}
    return {
        "keys of the environment": (keys, "ENVIRONMENT"),
        "keys before files": (keys | files, "ENVIRONMENT"),
        "the default profile": (files, "DEFAULT"),
        "a named profile": (files | {"AWS_PROFILE": "base"}, "BASE"),
        "a role of another profile": (files | {"AWS_PROFILE": "role"}, "ROLE-BASE"),
        "a process": (files | {"AWS_PROFILE": "process"}, "PROCESS"),
        "a process that fails": (files | {"AWS_PROFILE": "broken"} | ecs, None),
        "a profile that is not there": (files | {"AWS_PROFILE": "absent"} | ecs, None),
        "web identity": (web, "WEB"),
        "ECS": (ecs, "ASIAECS"),
        "EKS": (eks, "ASIAEKS"),
        "a container's endpoint elsewhere": ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/x"}, None),
        "an instance": ({}, "ASIAIMDS"),
        "an instance that may not say": ({"AWS_EC2_METADATA_DISABLED": "true"}, None),
        "half a key": ({"AWS_ACCESS_KEY_ID": "HALF"} | ecs, None),
    }


def test_the_same_places_mean_the_same_key_as_for_the_vendors_own_client(endpoints, tmp_path, monkeypatch):
    for name, (env, expected) in homes(endpoints, tmp_path).items():
        full = {"HOME": str(tmp_path), "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
                "AWS_ENDPOINT_URL_STS": endpoints.url, "AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoints.url} | env
        found = check(full, tmp_path)
        if expected is None:
            assert found.status == 1 and "fails credentials" in found.out, (name, found)
            with pytest.raises((botocore.exceptions.BotoCoreError, ValueError)):
                vendors_identity(full, monkeypatch)
            continue
        assert f"identity arn:aws:sts::1:key/{expected} of account 1" in found.out, (name, found)
        assert vendors_identity(full, monkeypatch) == f"arn:aws:sts::1:key/{expected}", name


def test_an_instance_says_its_region(endpoints, tmp_path):
    found = check({"HOME": str(tmp_path), "AWS_ENDPOINT_URL_STS": endpoints.url,
                   "AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoints.url}, tmp_path)
    assert f"ok    region {REGION}" in found.out and found.status == 0, found
    assert not any(call.endswith("401") for call in endpoints.calls)


def test_nothing_is_asked_of_the_network_before_it_is_needed(endpoints, tmp_path):
    site = make_site(tmp_path, None, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoints.url,
                                      "AWS_ENDPOINT_URL": endpoints.url})
    site.kaiwa.close()
    assert endpoints.calls == []


def test_wrong_keys_no_keys_and_no_way_are_told_apart(moto, tmp_path):
    home = {"HOME": str(tmp_path)}
    good = check(home | moto.env, tmp_path)
    assert good.status == 0 and "ok    identity arn:aws:iam::123456789012:user/kaiwa of account 123456789012" in good.out, good
    assert "ok    region eu-west-1" in good.out and "ok    credentials from the environment" in good.out
    wrong = check(home | moto.env | {"AWS_SECRET_ACCESS_KEY": "wrong-canary"}, tmp_path)
    assert wrong.status == 1 and "fails identity: STS answered SignatureDoesNotMatch" in wrong.out, wrong
    nonsense = check(home | moto.env | {"AWS_ENDPOINT_URL": "nonsense"}, tmp_path)
    assert nonsense.status == 1 and "check the endpoint" in nonsense.out, nonsense
    assert "the keys are wrong or over" in wrong.out and "canary" not in wrong.out + wrong.err
    unknown = check(home | moto.env | {"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"}, tmp_path)
    assert unknown.status == 1 and "InvalidClientTokenId" in unknown.out, unknown
    none = check(home | {"AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}, tmp_path)
    assert none.status == 1 and "fails credentials: none are configured" in none.out and "docs/aws.md" in none.out, none
    over = check(home | moto.env | {"AWS_CREDENTIAL_EXPIRATION": "2020-01-02T03:04:05Z"}, tmp_path)
    assert over.status == 1 and "fails credentials: those of the environment expired at 2020-01-02T03:04:05.000Z" in over.out, over
    rootless = check(home | moto.env | {"AWS_CA_BUNDLE": "/no/such.pem"}, tmp_path)
    assert rootless.status == 1 and "fails AWS_CA_BUNDLE /no/such.pem: " in rootless.out, rootless
    away = check(home | moto.env | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, tmp_path)
    assert away.status == 1 and "fails identity: STS cannot be reached" in away.out and "the way there" in away.out, away


def test_every_service_of_the_configuration_is_asked(moto, tmp_path):
    checked = f"checked-{uuid.uuid4().hex[:12]}"  # moto keeps what an earlier try made
    moto.make_bucket(checked)
    moto.client("secretsmanager").create_secret(Name=checked, SecretString="a secret of more than 32 characters")
    def keys(hash, range):
        return [{"AttributeName": hash, "KeyType": "HASH"}, {"AttributeName": range, "KeyType": "RANGE"}]

    names = ("PK", "SK", "UserThreadPK", "UserThreadSK")
    moto.client("dynamodb").create_table(
        TableName=checked, KeySchema=keys("PK", "SK"), BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        GlobalSecondaryIndexes=[{"IndexName": "UserThread", "KeySchema": keys("UserThreadPK", "UserThreadSK"),
                                 "Projection": {"ProjectionType": "KEYS_ONLY"}}])
    double = BedrockDouble(tmp_path)
    try:
        bedrock = {"name": "aws", "kind": "bedrock", "endpoint": double.url, "api_key": "no-key-of-bedrock"}
        env = {"HOME": str(tmp_path), "KAIWA_SECRET": f"secret:aws-secret:{checked}", "KAIWA_STORE__KIND": "dynamodb",
               "KAIWA_STORE__DYNAMODB__TABLE": checked, "KAIWA_STORE__DYNAMODB__USER_TABLE": "absent",
               "KAIWA_FILES__KIND": "s3", "KAIWA_FILES__S3__BUCKET": checked, "KAIWA_PROVIDERS": json.dumps([bedrock])}
        found = check(moto.env | env, tmp_path)
        assert found.status == 1, found
        assert f"ok    secret:aws-secret:{checked} (KAIWA_SECRET) can be read" in found.out
        assert f"ok    DynamoDB table {checked} answers in eu-west-1" in found.out
        assert "fails DynamoDB table absent: DynamoDB answered ResourceNotFoundException" in found.out
        assert "check its name" in found.out
        assert f"ok    S3 bucket {checked} answers" in found.out
        assert "fails Bedrock (aws): " in found.out
        assert "more than 32 characters" not in found.out
        signed = {name: value for name, value in bedrock.items() if name != "api_key"}
        own = KEYS | {"AWS_REGION": REGION, "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1"}
        models = check(own | {"HOME": str(tmp_path), "KAIWA_PROVIDERS": json.dumps([signed])}, tmp_path)
        assert "ok    Bedrock (aws) answers in eu-west-1 and has" in models.out, models
        keyed = check({"HOME": str(tmp_path), "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true",
                       "AWS_BEARER_TOKEN_BEDROCK": API_KEY, "KAIWA_PROVIDERS": json.dumps([signed])}, tmp_path)
        assert keyed.status == 0 and "ok    no credentials, and none are needed" in keyed.out, keyed
    finally:
        double.close()

    forged = check(moto.env | env | {"AWS_SECRET_ACCESS_KEY": "forged", "KAIWA_PROVIDERS": "[]"}, tmp_path)
    assert f"fails S3 bucket {checked}: S3 answered SignatureDoesNotMatch" in forged.out, forged
    poor = check(moto.poor_env | env | {"KAIWA_SECRET": "s" * 32, "KAIWA_PROVIDERS": "[]"}, tmp_path)
    assert poor.status == 1 and "allow s3:ListBucket" in poor.out and "allow dynamodb:DescribeTable" in poor.out, poor
    lost = check(moto.env | env | {"KAIWA_FILES__S3__BUCKET": "nowhere", "KAIWA_PROVIDERS": "[]",
                                   "KAIWA_COMPAT__HISTORY": "langchain", "KAIWA_COMPAT__GPTGRAM__ROLES_TABLE": checked,
                                   "KAIWA_STORE__DYNAMODB__CREATE_TABLES": "true"}, tmp_path)
    assert lost.status == 1 and "S3 answered NoSuchBucket" in lost.out, lost
    assert "ok    DynamoDB table absent is not there yet and will be made" in lost.out
    assert "fails DynamoDB table ChatMessageHistory: DynamoDB answered ResourceNotFoundException" in lost.out
    assert f"fails DynamoDB table {checked}: it has the keys PK and SK, where the hash key UserID is needed" in lost.out
