"""Tokens of an issuer: who they make somebody, and which are refused."""

import asyncio
import hashlib
import hmac
import json

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.client import Client
from support.dialects import make_dialects
from support.issuer import Issuer, Key

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def issuer():
    made = Issuer()
    yield made
    made.close()


@pytest.fixture(scope="module")
def federated(tmp_path_factory, models, issuer):
    env = {"KAIWA_COMPAT__ENDPOINTS": json.dumps(["simplechat", "gptgram"]), "KAIWA_COMPAT__PRINCIPAL": "issuer",
           "KAIWA_COMPAT__ISSUER": issuer.url, "KAIWA_COMPAT__AUDIENCE": issuer.audience}
    made = make_dialects(tmp_path_factory.mktemp("federated"), models, env)
    yield made
    made.kaiwa.close()


async def chat(site, token: str, **fields) -> httpx.Response:
    async with httpx.AsyncClient(base_url=site.kaiwa.url, timeout=30, trust_env=False) as client:
        return await client.post("/chat", json={"message": "hello"} | fields, headers={"authorization": token})


def users(site) -> list[str]:
    """A line of each user that a token made."""
    return [line for line in site.kaiwa.run("user", "list").splitlines() if "external:" in line]


async def test_a_token_makes_a_user_of_issuer_and_subject(federated, issuer):
    for token in (issuer.token("sub-1"), f"Bearer {issuer.token('sub-1', issuer.keys[1])}",
                  issuer.token("sub-1", aud=None, token_use="access", client_id=issuer.audience)):
        answer = await chat(federated, token)
        assert answer.json()["success"] is True, answer.text
    [made] = users(federated)
    assert "\tuser\tenabled\t" in made
    assert issuer.asked.count("/pool/jwks") == 1, "keys are kept"


async def test_a_role_is_its_subjects_by_the_issuers_name(federated, issuer):
    headers = {"authorization": issuer.token("sub-of-a-teacher")}
    async with httpx.AsyncClient(base_url=federated.kaiwa.url, timeout=30, trust_env=False, headers=headers) as client:
        assert (await client.post("/main", json={"action": "addOrUpdate", "role": "先生"})).status_code == 200
        kept = await client.post("/main", json={"action": "get"})
        assert kept.json() == {"UserID": "sub-of-a-teacher", "Role": "先生"}


async def test_an_email_is_nobody(federated, issuer):
    before = users(federated)
    for subject in ("root", "ann", "Sub-1"):
        assert (await chat(federated, issuer.token(subject, email="ann@example.com"))).status_code == 200
    made = [line for line in users(federated) if line not in before]
    assert len(made) == 3 and all("\tuser\t" in line for line in made)
    async with Client(federated.kaiwa.url, key=federated.keys["ann"]) as ann:
        assert (await ann.ok("GET", "/api/threads"))["items"] == []


async def test_tokens_that_begin_alike_are_two_people(federated, issuer):
    pad = "x" * 300
    claims = [{"pad": pad} | issuer.claims(subject) for subject in ("twin-1", "twin-2")]
    tokens = [jwt.encode(c, issuer.keys[0].private, "RS256", headers={"kid": "rsa-1"}) for c in claims]
    assert tokens[0][:300] == tokens[1][:300]
    for token, text in zip(tokens, ("canary of twin one", "other")):
        assert (await chat(federated, token, message=text, conversationId="same")).status_code == 200
    assert "canary" not in federated.models.requests("echo")[-1]["body"]
    forged = tokens[0].rsplit(".", 1)[0] + "." + tokens[1].rsplit(".", 1)[1]
    assert (await chat(federated, forged)).status_code == 401


async def test_wrong_tokens_are_refused_without_a_trace(federated, issuer):
    before, asked = len(users(federated)), federated.models.total()
    stranger = Key("rsa-1")
    good = issuer.token("victim")
    public = issuer.keys[0].private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = jwt.utils.base64url_encode(b'{"alg":"HS256","kid":"rsa-1"}').decode()
    signed = f"{header}.{good.split('.')[1]}"
    confused = signed + "." + jwt.utils.base64url_encode(hmac.new(pem, signed.encode(), hashlib.sha256).digest()).decode()
    now = issuer.claims("x")["iat"]
    wrong = [
        "", "x", "Bearer", "Bearer x", "a.b.c", good[:-2], good + "A", good.rsplit(".", 1)[0] + ".", "Basic " + good,
        jwt.encode(issuer.claims("victim"), None, "none"), confused,
        issuer.token("victim", stranger), issuer.token("victim", stranger, {"kid": "nobody"}),
        issuer.token("victim", stranger, {"jwk": stranger.jwk()}),
        issuer.token("victim", stranger, {"jku": f"{issuer.url}/evil", "kid": "evil"}),
        issuer.token("victim", iss=issuer.url + "/"), issuer.token("victim", iss="https://evil.example"),
        issuer.token("victim", iss=None), issuer.token("victim", aud="client-2"), issuer.token("victim", aud=None),
        issuer.token("victim", aud=["client-1", "client-2"]), issuer.token("victim", azp="client-2"),
        issuer.token("victim", token_use="refresh"), issuer.token("victim", token_use="access"),
        issuer.token("victim", exp=now - 120), issuer.token("victim", exp=None), issuer.token("victim", nbf=now + 120),
        issuer.token("victim", iat=now + 120), issuer.token("victim", pad="x" * 12_000), federated.keys["ann"],
    ]
    for token in wrong:
        answer = await chat(federated, token)
        assert answer.status_code in (401, 431), (token[:80], answer.text)
        if answer.status_code == 401:
            assert answer.json() == {"success": False, "error": "Unauthorized", "message": "Unauthorized"}
    assert len(users(federated)) == before and federated.models.total() == asked
    assert issuer.asked.count("/pool/jwks") <= 3, "an unknown key is no reason to ask for each token"
    assert not any("evil" in path for path in issuer.asked)
    log = federated.kaiwa.program.output()
    assert good not in log and good.rsplit(".", 1)[1] not in log


async def test_a_disabled_person_stays_out(federated, issuer):
    token, before = issuer.token("leaver"), users(federated)
    assert (await chat(federated, token)).status_code == 200
    [line] = [line for line in users(federated) if line not in before]
    federated.kaiwa.run("user", "disable", line.split("\t")[1])
    await asyncio.sleep(1)
    assert (await chat(federated, token)).status_code == 401


async def test_an_issuer_that_does_not_answer_is_said_so(tmp_path, models, issuer):
    gone = Issuer()
    token = gone.token("x")
    gone.close()
    env = {"KAIWA_COMPAT__ENDPOINTS": '["simplechat"]', "KAIWA_COMPAT__SIMPLECHAT__PRINCIPAL": "issuer",
           "KAIWA_COMPAT__SIMPLECHAT__ISSUER": gone.url, "KAIWA_COMPAT__SIMPLECHAT__AUDIENCE": gone.audience}
    site = make_dialects(tmp_path, models, env)
    try:
        answer = await chat(site, token)
        assert (answer.status_code, answer.json()["success"]) == (503, False)
        assert answer.headers["retry-after"]
        assert (await chat(site, issuer.token("x"))).status_code == 401
    finally:
        site.kaiwa.close()
