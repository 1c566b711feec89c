"""The double of Bedrock against the vendor's own client: what this suite relies on is what boto3 understands."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

from support.bedrock import BedrockDouble, ended, text

MESSAGES = [{"role": "user", "content": [{"text": "hello there"}]}]
ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdef123456"


@pytest.fixture(scope="module")
def double(tmp_path_factory):
    server = BedrockDouble(tmp_path_factory.mktemp("double"))
    yield server
    server.close()


def client(double: BedrockDouble, service: str = "bedrock-runtime", key: str = "AKIDBEDROCK", secret: str = "bedrock-secret",
           token: str | None = None):
    return boto3.client(service, region_name="us-east-1", endpoint_url=double.url, aws_access_key_id=key,
                        aws_secret_access_key=secret, aws_session_token=token,
                        config=Config(retries={"max_attempts": 0}, proxies={}))


def test_it_reads_a_streamed_answer_from_a_model_by_arn(double):
    runtime = client(double, key="ASIABEDROCK", secret="temporary-secret", token="temporary/token==")
    events = list(runtime.converse_stream(modelId=ARN, messages=MESSAGES)["stream"])
    words = [e["contentBlockDelta"]["delta"]["text"] for e in events if "contentBlockDelta" in e]
    assert words == ["hello ", "there"]
    assert events[-1]["metadata"]["usage"]["outputTokens"] == 2


def test_it_reads_the_lists(double):
    control = client(double, "bedrock")
    assert len(control.list_foundation_models(byOutputModality="TEXT")["modelSummaries"]) == 7
    pages = control.get_paginator("list_inference_profiles").paginate()
    assert [len(page["inferenceProfileSummaries"]) for page in pages] == [2, 2]


def test_it_takes_exceptions_and_damage_for_what_they_are(double):
    double.plan("mid", {"events": [text("a"), ["!modelStreamErrorException", {"message": "broke"}]]})
    with pytest.raises(EventStreamError, match="broke"):
        list(client(double).converse_stream(modelId="mid", messages=MESSAGES)["stream"])
    double.plan("damaged", {"events": [text("a"), *ended()], "corrupt_at": 9})
    with pytest.raises(Exception, match="(?i)checksum"):
        list(client(double).converse_stream(modelId="damaged", messages=MESSAGES)["stream"])


@pytest.mark.parametrize("who,code", [({"secret": "wrong"}, "InvalidSignatureException"),
                                      ({"key": "AKIDNOBODY"}, "UnrecognizedClientException"),
                                      ({"key": "ASIABEDROCK", "secret": "temporary-secret"}, "UnrecognizedClientException")])
def test_it_is_refused_where_the_signature_is_wrong(double, who, code):
    with pytest.raises(ClientError) as refused:
        client(double, **who).converse_stream(modelId="m", messages=MESSAGES)
    assert refused.value.response["Error"]["Code"] == code
