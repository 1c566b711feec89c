"""The double of Bedrock against the vendor's own client: what this suite relies on is what boto3 understands."""

import json

import pytest
from botocore.exceptions import ClientError, EventStreamError

from support.bedrock import BedrockDouble, ended, runtime_client, text

MESSAGES = [{"role": "user", "content": [{"text": "hello there"}]}]
ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdef123456"


@pytest.fixture(scope="module")
def double(tmp_path_factory):
    server = BedrockDouble(tmp_path_factory.mktemp("double"))
    yield server
    server.close()


def client(double: BedrockDouble, service: str = "bedrock-runtime", **who):
    return runtime_client(double.url, service, **who)


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
    assert [len(page["inferenceProfileSummaries"]) for page in pages] == [2, 2, 2]


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


COHERE = {"texts": ["a"], "input_type": "search_query"}
REFUSED = [
    ("amazon.titan-embed-text-v1", {"inputText": "a", "dimensions": 256}, "extraneous key [dimensions] is not permitted"),
    ("amazon.titan-embed-text-v1", {}, "required key [inputText] not found"),
    ("amazon.titan-embed-text-v2:0", {"inputText": ["a", "b"]}, "expected type: string, found: array"),
    ("amazon.titan-embed-text-v2:0", {"inputText": ""}, "expected minLength: 1, actual: 0"),
    ("amazon.titan-embed-text-v2:0", {"inputText": "猫" * 50_001}, "expected maxLength: 50000, actual: 50001"),
    ("amazon.titan-embed-text-v2:0", {"inputText": "猫" * 8_193}, "Max input tokens: 8192, request input token count: 8193"),
    ("amazon.titan-embed-text-v2:0", {"inputText": "a", "dimensions": 1536}, "1536 is not a valid enum value"),
    ("amazon.titan-embed-text-v2:0", {"inputText": "a", "normalize": "yes"}, "yes is not a valid enum value"),
    ("cohere.embed-english-v3", {"texts": ["a"]}, "required key [input_type] not found"),
    ("cohere.embed-english-v3", COHERE | {"input_type": "document"}, "#/input_type: document is not a valid enum value"),
    ("cohere.embed-english-v3", COHERE | {"texts": ["a"] * 97}, "#/texts: expected maximum item count: 96, found: 97"),
    ("cohere.embed-multilingual-v3", COHERE | {"texts": ["a", "🐈" * 2_049]}, "#/texts/1: expected maxLength: 2048, actual: 2049"),
    ("cohere.embed-multilingual-v3", COHERE | {"truncate": "RIGHT"}, "RIGHT is not a valid enum value"),
    ("cohere.embed-multilingual-v3", COHERE | {"output_dimension": 256}, "extraneous key [output_dimension] is not permitted"),
    ("us.cohere.embed-v4:0", COHERE | {"truncate": "END"}, "END is not a valid enum value"),
    ("us.cohere.embed-v4:0", {"input_type": "search_query"}, "required key [texts] not found"),
    ("cohere.embed-v4:0", COHERE, "Retry your request with the ID or ARN of an inference profile"),
]


@pytest.mark.parametrize("model,body,words", REFUSED)
def test_it_refuses_what_models_of_vectors_do_not_take(double, model, body, words):
    with pytest.raises(ClientError) as refused:
        client(double).invoke_model(modelId=model, body=json.dumps(body))
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException" and words in error["Message"]


def test_it_makes_the_same_vectors_of_the_same_texts(double):
    def ask(model, **body):
        answer = client(double).invoke_model(modelId=model, body=json.dumps(body))
        assert int(answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-bedrock-input-token-count"]) > 0
        return json.loads(answer["body"].read())
    model = "cohere.embed-multilingual-v3"
    lists = ask(model, texts=["a", "b"], input_type="search_query")
    typed = ask(model, texts=["b"], input_type="search_query", embedding_types=["float"])
    assert lists["response_type"] == "embeddings_floats" and typed["response_type"] == "embeddings_by_type"
    assert lists["embeddings"][1] == typed["embeddings"]["float"][0] != lists["embeddings"][0]
    assert abs(sum(number * number for number in lists["embeddings"][0]) - 1) < 1e-9
