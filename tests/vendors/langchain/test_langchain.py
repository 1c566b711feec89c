"""LangChain's own DynamoDB history on the table where Kaiwa keeps sessions: each reads what the other wrote."""

import json
import os
import sys
from pathlib import Path

os.environ.update(AWS_ACCESS_KEY_ID="kaiwatest", AWS_SECRET_ACCESS_KEY="secret", AWS_DEFAULT_REGION="us-east-1")
tests = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(tests / "support"), str(tests / "integration")]

import httpx  # noqa: E402
import pytest  # noqa: E402
from dynamodb_local.local import DynamoDbLocal  # noqa: E402
from langchain_community.chat_message_histories import DynamoDBChatMessageHistory  # noqa: E402
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage  # noqa: E402

from support.dialects import make_dialects  # noqa: E402
from support.servers import ModelServer  # noqa: E402
from support.tables import Tables  # noqa: E402


class Both:
    def __init__(self, site, tables):
        self.site, self.tables = site, tables

    def history(self, session: str, **options) -> DynamoDBChatMessageHistory:
        return DynamoDBChatMessageHistory(table_name=self.tables.name("history"), session_id=session,
                                          endpoint_url=self.tables.url, **options)

    def ask(self, text: str, session: str | None = None) -> dict:
        asked = {"input_text": text} | ({"session_id": session} if session else {})
        headers = {"authorization": f"Bearer {self.site.keys['ann']}"}
        answer = httpx.post(self.site.kaiwa.url, json=asked, headers=headers, timeout=30, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def prompt(self) -> list[tuple[str, str]]:
        body = json.loads(self.site.models.requests("echo")[-1]["body"])
        return [(message["role"], message["content"]) for message in body["messages"]]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Kaiwa answering as S1's function, and LangChain on its table."""
    folder = tmp_path_factory.mktemp("kaiwa")
    with DynamoDbLocal() as service:
        tables = Tables(service.url)
        tables.make("history", "SessionId")
        models = ModelServer(folder)
        site = make_dialects(folder, models, tables.place() | {
            "KAIWA_COMPAT__ENDPOINTS": '["lambda-url"]',
            "KAIWA_COMPAT__HISTORY": "langchain",
            "KAIWA_COMPAT__HISTORY_TABLE": tables.name("history"),
            "KAIWA_COMPAT__HISTORY_DAYS": "7",
        })
        try:
            yield Both(site, tables)
        finally:
            site.kaiwa.close()
            models.close()


def test_langchain_reads_what_kaiwa_wrote_and_goes_on(both):
    session = both.ask("旅行の相談")["session_id"]
    both.ask("京都へ", session)
    history = both.history(session)
    assert [(type(each), each.content) for each in history.messages] == [
        (HumanMessage, "旅行の相談"), (AIMessage, "旅行の相談"), (HumanMessage, "京都へ"), (AIMessage, "京都へ")]
    history.add_user_message("宿は?")
    history.add_ai_message("駅の近くに")
    both.ask("続き", session)
    assert both.prompt()[-3:] == [("user", "宿は?"), ("assistant", "駅の近くに"), ("user", "続き")]
    assert [each.content for each in both.history(session).messages][-2:] == ["続き", "続き"]


def test_kaiwa_reads_what_langchain_wrote(both):
    history = both.history("from-langchain", ttl=3600)
    history.add_message(SystemMessage("短く答えて"))
    history.add_user_message("空を見て")
    history.add_message(AIMessage("はい", id="run-1", usage_metadata={
        "input_tokens": 1, "output_tokens": 2, "total_tokens": 3}, response_metadata={"model": "m"}))
    history.add_message(HumanMessage([{"type": "text", "text": "そして"}, {"type": "text", "text": "山を"}]))
    history.add_message(AIMessage("", tool_calls=[{"name": "look", "args": {"at": "山"}, "id": "c-1"}]))
    answer = both.ask("色は?", "from-langchain")["output_text"]
    # An answer without words is no message to a model, and neighbours of one role are one.
    assert both.prompt() == [("system", "短く答えて"), ("user", "空を見て"), ("assistant", "はい"), ("user", "そして山を\n\n色は?")]
    messages = both.history("from-langchain").messages
    assert [each.content for each in messages][-2:] == ["色は?", answer]
    assert messages[2].usage_metadata["total_tokens"] == 3, "what was there stays as it was"
    assert messages[4].tool_calls[0]["name"] == "look"


def test_a_session_that_was_cut_still_reads(both):
    long = "長" * 12_000
    for number in range(6):
        both.ask(f"{number}{long}", "long")
    messages = both.history("long").messages
    assert messages[0].type == "human" and messages[-1].content == f"5{long}"
    assert [each.content[0] for each in messages] == list("1122334455")


def test_what_langchain_cleared_is_forgotten(both):
    both.ask("one", "cleared")
    both.ask("two", "cleared")
    both.history("cleared").clear()
    both.ask("three", "cleared")
    assert both.prompt() == [("user", "three")]


def test_what_langchain_cut_stays_cut(both):
    both.ask("one", "short")
    both.ask("two", "short")
    history = both.history("short", history_size=2)
    history.add_user_message("theirs")
    history.add_ai_message("yes")
    both.ask("three", "short")
    assert both.prompt() == [("user", "theirs"), ("assistant", "yes"), ("user", "three")]
