"""Vectors from Bedrock: our embedder, HTTP client and signer before the double, beside the vendor's own client."""

import json
import time

import pytest

from support.bedrock import API_KEY, KEYS, TEMPORARY, BedrockDouble, runtime_client
from support.embedder import as_floats, embed

TITAN_1, TITAN_2 = "amazon.titan-embed-text-v1", "amazon.titan-embed-text-v2:0"
COHERE_3, COHERE_4 = "cohere.embed-multilingual-v3", "us.cohere.embed-v4:0"
ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/vectors12345"
JAPANESE = ["吾輩は猫である。名前はまだ無い。", "休暇を申請するには？", "寿司🍣と\"引用\"\n\\改行\t絵文字👩‍👩‍👧‍👦"]


@pytest.fixture(scope="module")
def double(tmp_path_factory):
    server = BedrockDouble(tmp_path_factory.mktemp("bedrock"))
    yield server
    server.close()


@pytest.fixture
def vectors(double, tmp_path):
    """Asks the program; `vectors.requests` is what the double saw of it."""
    def ask(model: str, texts: list[str], env: dict[str, str] | None = None, **options):
        double.forget()
        made = embed(double.url, tmp_path, model, texts, env, **options)
        ask.requests = double.requests()
        return made
    yield ask
    for model in (TITAN_1, TITAN_2, COHERE_3, COHERE_4):
        double.plan(model, {})


def by_the_vendors_client(double: BedrockDouble, model: str, **body) -> dict:
    made = runtime_client(double.url).invoke_model(modelId=model, body=json.dumps(body), contentType="application/json")
    return json.loads(made["body"].read())


def test_titan_makes_a_vector_a_text_in_their_order(double, vectors):
    texts = [*JAPANESE, "sea", "space"]
    for model, length, more in ((TITAN_1, 1536, {}), (TITAN_2, 1024, {"dimensions": 1024, "normalize": True})):
        made = vectors(model, texts)
        assert [r["body"] for r in vectors.requests] == [{"inputText": text} | more for text in texts]
        answers = [by_the_vendors_client(double, model, inputText=text) for text in texts]
        assert made.vectors == [as_floats(answer["embedding"]) for answer in answers]
        assert {len(vector) for vector in made.vectors} == {length}
        assert made.input_tokens == sum(answer["inputTextTokenCount"] for answer in answers)
    assert vectors.requests[0]["target"] == "/model/amazon.titan-embed-text-v2%3A0/invoke"


def test_titan_makes_shorter_vectors_when_told(double, vectors):
    made = vectors(TITAN_2, ["sea"], dimensions=256)
    assert made.identity == f"{TITAN_2}@256" and made.batch_size == 1
    assert made.vectors == [as_floats(by_the_vendors_client(double, TITAN_2, inputText="sea", dimensions=256)["embedding"])]


def test_cohere_tells_documents_from_questions(double, vectors):
    for model, length in ((COHERE_3, 1024), ("cohere.embed-english-v3", 1024), (COHERE_4, 1536)):
        documents = vectors(model, JAPANESE)
        assert len(vectors.requests) == 1 and documents.batch_size == 96
        questions = vectors(model, JAPANESE, purpose="query")
        assert documents.vectors != questions.vectors and {len(v) for v in documents.vectors + questions.vectors} == {length}
        for kind, made in (("search_document", documents), ("search_query", questions)):
            answer = by_the_vendors_client(double, model, texts=JAPANESE, input_type=kind)
            assert made.vectors == [as_floats(vector) for vector in answer["embeddings"]]
        assert documents.input_tokens == sum(len(text) for text in JAPANESE) - 3  # five letters of ASCII are two tokens


def test_more_texts_than_a_request_takes_keep_their_order(double, vectors):
    texts = [f"文書 {i}" for i in range(200)]
    made = vectors(COHERE_3, texts)
    assert [len(r["body"]["texts"]) for r in vectors.requests] == [96, 96, 8]
    assert [text for r in vectors.requests for text in r["body"]["texts"]] == texts
    for i in (0, 95, 96, 191, 192, 199):
        alone = by_the_vendors_client(double, COHERE_3, texts=[texts[i]], input_type="search_document")
        assert made.vectors[i] == as_floats(alone["embeddings"][0]), i
    assert len(made.vectors) == 200


def test_no_texts_are_no_vectors_and_an_empty_one_is_refused_unasked(vectors):
    assert vectors(COHERE_3, []).vectors == [] and vectors.requests == []
    for model in (TITAN_1, COHERE_3):
        for text in ("", " \n"):
            made = vectors(model, ["sea", text])
            assert (made.failure, made.message) == ("invalid", "a text without a word has no vector")
            assert vectors.requests == []


def test_the_end_of_a_text_that_is_too_long_is_left_out(double, vectors):
    long = "猫" * 60_000
    made = vectors(COHERE_3, [long, "sea"])
    assert [len(text) for text in vectors.requests[0]["body"]["texts"]] == [2048, 3]
    assert made.vectors[0] == as_floats(by_the_vendors_client(
        double, COHERE_3, texts=[long[:512]], input_type="search_document")["embeddings"][0])
    for model in (TITAN_1, TITAN_2):
        for text, tries in ((long, 2), ("cat " * 20_000, 2), ("cat " * 4_000 + "猫" * 10_000, 5), ("猫" * 8192, 1)):
            made = vectors(model, [text])
            asked = [r["body"]["inputText"] for r in vectors.requests]
            assert len(asked) <= tries and len(asked[0]) == min(50_000, len(text)), [len(t) for t in asked]
            assert text.startswith(asked[-1]) and made.input_tokens > 6_000
            assert made.vectors == [as_floats(by_the_vendors_client(double, model, inputText=asked[-1])["embedding"])]


def test_a_throttled_call_is_made_again(double, vectors):
    double.plan(TITAN_2, {"status": 429, "error": "ThrottlingException", "message": "slow down", "headers": {"retry-after": "1"}}, {})
    assert len(vectors(TITAN_2, ["sea"]).vectors) == 1
    first, second = vectors.requests
    assert second["at_ms"] - first["at_ms"] >= 1000 and first["body"] == second["body"]
    double.plan(COHERE_3, {}, {"status": 503, "error": "ServiceUnavailableException", "message": "no capacity"}, {})
    assert len(vectors(COHERE_3, ["sea"] * 97).vectors) == 97 and len(vectors.requests) == 3


REFUSALS = [("AccessDeniedException", 403, "auth", 1), ("ResourceNotFoundException", 404, "not_found", 1),
            ("ValidationException", 400, "invalid", 1), ("ServiceQuotaExceededException", 400, "quota", 1),
            ("ThrottlingException", 429, "rate_limited", 3), ("ModelNotReadyException", 429, "overloaded", 3),
            ("ServiceUnavailableException", 503, "overloaded", 3), ("InternalServerException", 500, "model_error", 3),
            ("ModelTimeoutException", 408, "timeout", 1), ("ModelErrorException", 424, "model_error", 1)]


@pytest.mark.parametrize("code,status,kind,tries", REFUSALS)
def test_a_refusal_says_why(double, vectors, code, status, kind, tries):
    double.plan(TITAN_2, {"status": status, "error": code, "message": "the double says no"})
    made = vectors(TITAN_2, ["sea", "space"])
    assert made.failure == kind and made.message == f"the double says no ({code})"
    assert len(vectors.requests) == tries


def test_what_the_service_refuses_of_a_model_is_said_in_its_words(vectors):
    made = vectors("cohere.embed-v4:0", ["sea"])
    assert made.failure == "invalid" and "with the ID or ARN of an inference profile" in made.message
    made = vectors("amazon.titan-embed-text-v1", ["sea"], dimensions=512)
    assert (made.failure, made.message) == ("configuration", "dimensions: the model has no vectors of this length")
    # An ARN says nothing of its family, and who gives a wrong one learns it from the service.
    assert vectors(ARN, ["sea"]).failure == "configuration"
    made = vectors(ARN, ["sea"], family="cohere-v3")
    assert made.failure == "invalid" and "required key [inputText] not found" in made.message


@pytest.mark.parametrize("how", ["reset", "end"])
@pytest.mark.parametrize("cut_at", [0, 1, 500, 5_000])
def test_a_cut_reply_is_asked_for_again_and_never_taken_for_vectors(double, vectors, how, cut_at):
    cut = {"cut_at": cut_at, "cut_how": how}
    double.plan(COHERE_3, cut, {})
    made = vectors(COHERE_3, ["sea", "space"])
    if how == "reset":
        assert len(made.vectors) == 2 and len(vectors.requests) == 2
        double.plan(COHERE_3, cut)
        made = vectors(COHERE_3, ["sea", "space"])
        assert made.failure == "network" and len(vectors.requests) == 3
    else:
        assert made.failure == "model_error" and "did not answer with a vector for each text" in made.message


def test_what_is_no_vector_for_each_text_is_a_failure(double, vectors):
    for answer in ({"embeddings": {"float": [[1]]}}, {"embeddings": [[1], [1, 2]]}, {"embeddings": {"int8": [[1], [2]]}},
                   {"embeddings": [["1"], ["2"]]}, {"message": "?"}, []):
        double.plan(COHERE_3, {"json": answer})
        assert vectors(COHERE_3, ["sea", "space"]).failure == "model_error", answer


def test_a_late_reply_is_not_waited_for(double, vectors):
    double.plan(TITAN_2, {"wait_ms": 20_000})
    made = vectors(TITAN_2, ["sea"], first_byte_ms=300, total_ms=1_500)
    assert made.failure == "timeout" and made.seconds < 5
    for _ in range(40):
        if open_still := [request for request in double.requests() if request["closed_at_ms"] is None]:
            time.sleep(0.05)
    assert len(vectors.requests) > 1 and not open_still, "the double still waits"
    double.plan(TITAN_2, {"cut_at": 100, "stays_open": True})
    made = vectors(TITAN_2, ["sea"], idle_ms=300, total_ms=1_500)
    assert made.failure == "timeout" and made.seconds < 5
    double.plan(TITAN_2, {"wait_ms": 500})
    assert len(vectors(TITAN_2, ["sea"], first_byte_ms=5_000).vectors) == 1


@pytest.mark.parametrize("keys,code", [(KEYS | {"AWS_SECRET_ACCESS_KEY": "wrong"}, "InvalidSignatureException"),
                                       (KEYS | {"AWS_ACCESS_KEY_ID": "AKIDNOBODY"}, "UnrecognizedClientException"),
                                       (TEMPORARY | {"AWS_SESSION_TOKEN": "over"}, "UnrecognizedClientException")])
def test_wrong_keys_are_refused(vectors, keys, code):
    for model in (TITAN_2, COHERE_4):
        made = vectors(model, JAPANESE[:1], keys)
        assert made.failure == "auth" and code in made.message and "wrong" not in made.message
        assert len(vectors.requests) <= 2


def test_no_keys_are_said_without_asking(vectors):
    made = vectors(TITAN_2, ["sea"], {})
    assert made.failure == "auth" and "environment" in made.for_operator and vectors.requests == []


def test_temporary_keys_sign_for_the_region(vectors):
    assert len(vectors(TITAN_2, ["sea"], TEMPORARY, region="ap-northeast-1").vectors) == 1
    headers = vectors.requests[0]["headers"]
    assert "/ap-northeast-1/bedrock/aws4_request" in headers["authorization"]
    assert headers["x-amz-security-token"] == TEMPORARY["AWS_SESSION_TOKEN"]


def test_an_api_key_is_a_bearer_token(vectors):
    for env, options in (({}, {"api_key": API_KEY}), ({"AWS_BEARER_TOKEN_BEDROCK": API_KEY}, {})):
        assert len(vectors(COHERE_3, ["sea"], env, **options).vectors) == 1
        headers = vectors.requests[0]["headers"]
        assert headers["authorization"] == f"Bearer {API_KEY}" and "x-amz-date" not in headers
    made = vectors(COHERE_3, ["sea"], {}, api_key="another")
    assert made.failure == "auth" and "API Key" in made.message and "another" not in made.message


ARNS = [(ARN, "titan-v2", 1024), (f"arn:aws:bedrock:us-east-1::foundation-model/{TITAN_1}", "", 1536),
        (f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{COHERE_4}", "", 1536)]


@pytest.mark.parametrize("arn,family,length", ARNS)
def test_an_arn_is_one_label_of_the_path(vectors, arn, family, length):
    made = vectors(arn, ["sea", "海"], **({"family": family} if family else {}))
    assert [len(vector) for vector in made.vectors] == [length, length]
    assert vectors.requests[0]["target"] == f"/model/{arn.replace(':', '%3A').replace('/', '%2F')}/invoke"
