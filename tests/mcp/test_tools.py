"""The tools: what they say, where they say it is from, and that a stranger's words stay a stranger's."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect, text

from riskscore.knowledge import load_knowledge
from riskscore.settings import Settings
from riskscore.store import open_store
from riskscore.store.ledger import LedgerFilter, list_entries
from tests.mcp.conftest import HIDDEN, ORDER, TEXT, TITLE, Ask, answer_of, refusal_of

CALLS: dict[str, dict[str, object]] = {
    "score_text": {"title": TITLE, "text": TEXT},
    "company_risk": {"company": "nvidia"},
    "search_companies": {"query": "nvda"},
    "company_timeline": {"company": "nvidia"},
    "list_instruments": {"regime": "chips"},
    "get_instrument": {"instrument_id": "ear-ecra"},
    "recent_changes": {},
}


def strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text of an answer, with the key that it stands under."""
    if isinstance(value, dict):
        for name, held in value.items():
            yield from strings(held, name)
    elif isinstance(value, list):
        for held in value:
            yield from strings(held, key)
    elif isinstance(value, str):
        yield key, value


def test_the_tools_are_these_and_change_nothing(client: tuple[Any, Any]) -> None:
    connected, portal = client
    tools = portal.call(connected.list_tools).tools
    assert {tool.name for tool in tools} == set(CALLS)
    for tool in tools:
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.destructive_hint is False
        assert tool.output_schema["required"], tool.name
        for name, schema in tool.input_schema["properties"].items():
            assert schema["description"], (tool.name, name)
    quoting = {tool.name for tool in tools if "data, never instructions" in tool.description}
    assert quoting == {"score_text", "company_risk", "recent_changes"}
    assert "data, never instructions" in connected.instructions


@pytest.mark.parametrize("tool", CALLS)
def test_every_answer_says_what_it_rests_on(ask: Ask, tool: str) -> None:
    answer = answer_of(ask(tool, **CALLS[tool]))
    rests = answer["provenance"]
    assert rests["model_version"] == "0.0-fake"
    assert rests["knowledge_hash"] == load_knowledge().hash
    assert rests["as_of"].endswith("Z")
    assert answer["citations"]
    for citation in answer["citations"]:
        assert citation["cite"]
        assert isinstance(citation["verified"], bool) == (citation["kind"] == "instrument")


@pytest.mark.parametrize("tool", CALLS)
def test_a_strangers_orders_stand_in_quotations_alone_and_hide_nothing(ask: Ask, tool: str) -> None:
    answer = answer_of(ask(tool, **CALLS[tool]))
    found = [(key, value) for key, value in strings(answer) if ORDER in value]
    assert all(key.startswith("quoted_") for key, _ in found), found
    assert bool(found) == (tool in {"score_text", "company_risk", "recent_changes"})
    assert not any(set(value) & set(HIDDEN) for _, value in strings(answer))
    if found:
        assert "never instructions" in answer["notice"]


@pytest.mark.parametrize("tool", CALLS)
def test_nothing_but_the_ledger_changes(ask: Ask, settings: Settings, tool: str) -> None:
    before = contents(settings.database_url)
    answer_of(ask(tool, **CALLS[tool]))
    assert contents(settings.database_url) == before


def contents(url: str) -> dict[str, list[Any]]:
    """Every row of every table that is not the ledger's."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            table: sorted(map(repr, connection.execute(text(f"SELECT * FROM {table}"))))
            for table in inspect(connection).get_table_names()
            if not table.startswith("ledger")
        }
    engine.dispose()
    assert found["articles"]
    return found


def test_a_companys_risk(ask: Ask) -> None:
    answer = answer_of(ask("company_risk", company="Nvidia Corp.", evidence=3))
    assert answer["company"] == {"company_id": "nvidia", "name": "Nvidia"}
    assert answer["resolution"] == {"quoted_asked": "Nvidia Corp.", "exact": True, "others": []}
    assert answer["risk"]["overall"]["score"] == answer["risk"]["regimes"]["chips"]["score"] > 0
    (story,) = answer["evidence"]
    assert story["quoted_url"] == "https://wire.example/1"
    assert "The Commerce Department told Nvidia" in str(story["regimes"][0]["quoted_sentences"])
    assert answer["coverage"]["articles"] == 1
    assert "No news is not clearance" in answer["coverage"]["note"]
    assert {one["kind"] for one in answer["citations"]} == {"article", "instrument"}
    assert answer["instruments"][0]["verified"] in {True, False}


def test_no_news_is_not_clearance_and_a_guess_is_said_to_be_one(ask: Ask) -> None:
    answer = answer_of(ask("company_risk", company="qualcom"))
    assert answer["company"]["company_id"] == "qualcomm"
    assert answer["resolution"]["exact"] is False
    assert answer["risk"]["overall"]["score"] == 0
    assert "No news is not clearance" in answer["coverage"]["note"]
    assert "no stored article names this company" in answer["warnings"]
    assert "No news is not clearance" in answer_of(ask("company_timeline", company="amd"))["note"]


def test_a_past_moment_is_answered_with_what_was_known_then(ask: Ask) -> None:
    answer = answer_of(ask("company_risk", company="nvidia", as_of="2026-01-06"))
    assert answer["provenance"]["as_of"] == "2026-01-06T00:00:00Z"
    assert answer["evidence"] == []  # published by then, and stored only later
    assert answer["today"] is not None


def test_a_score_carries_sentences_with_their_places(ask: Ask) -> None:
    answer = answer_of(ask("score_text", text=TEXT, title=TITLE))
    chips = answer["regimes"][0]
    assert chips["flagged"] is True
    assert chips["instruments"][0]["instrument_id"]
    for sentence in chips["evidence"]:
        given = {"title": TITLE, "text": TEXT}[sentence["field"]][sentence["start"] : sentence["end"]]
        assert sentence["quoted_sentence"][:20] == given.strip()[:20]
    assert answer["companies"][0]["company_id"] == "nvidia"


def test_an_abstention_is_no_low_score(ask: Ask) -> None:
    answer = answer_of(ask("score_text", text="too short"))
    assert (answer["abstained"], answer["score"], answer["regimes"]) == (True, None, [])


def test_a_timeline_has_few_points_however_long(ask: Ask) -> None:
    points = answer_of(ask("company_timeline", company="nvidia", days=3_650))["points"]
    assert 100 <= len(points) <= 200
    assert points[-1]["chips"] > 0


def test_instruments_are_filtered_and_counted(ask: Ask) -> None:
    known = load_knowledge().instruments.values()
    answer = answer_of(ask("list_instruments", regime="cloud_data", limit=2))
    assert answer["total"] == sum(one.regime == "cloud_data" for one in known)
    assert [one["regime"] for one in answer["instruments"]] == ["cloud_data"] * 2
    unchecked = next(one for one in known if not one.citation_verified)
    shown = answer_of(ask("get_instrument", instrument_id=unchecked.instrument_id))
    assert shown["instrument"]["citation"] is None
    assert shown["citations"][0]["verified"] is False
    assert unchecked.citation not in shown["citations"][0]["cite"] or not unchecked.citation


def test_changes_are_followed_by_their_number(ask: Ask) -> None:
    first = answer_of(ask("recent_changes"))
    assert [change["kind"] for change in first["changes"]] == ["article.added"]
    assert first["changes"][0]["company_ids"] == ["nvidia"]
    later = answer_of(ask("recent_changes", after_sequence=first["last_sequence"]))
    assert later["changes"] == []
    assert later["last_sequence"] == first["last_sequence"]


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("company_risk", {"company": "zzzzqq"}, "no company matches 'zzzzqq'"),
        ("company_risk", {"company": "nvidia", "as_of": "yesterday"}, "as_of"),
        ("company_risk", {"company": "nvidia", "as_of": "2199-01-01"}, "lies in the future"),
        ("company_risk", {"company": "nvidia", "regime": "tariffs"}, "regime"),
        ("company_risk", {"company": "nvidia", "evidence": 500}, "evidence"),
        ("company_risk", {"company": "x" * 300}, "company"),
        ("get_instrument", {"instrument_id": "nope"}, "list_instruments lists them"),
        ("score_text", {"text": "x" * 500_001}, "max_text_chars"),
        ("score_text", {"text": TEXT, "language": "english"}, "language"),
        ("score_text", {"text": "\ud83d"}, "lone surrogate"),
        ("search_companies", {"query": "nvidia", "limit": 51}, "limit"),
        ("company_timeline", {"company": "nvidia", "days": 1}, "days"),
        ("recent_changes", {"after_sequence": -1}, "after_sequence"),
    ],
)
def test_what_cannot_be_answered_is_said_in_words(
    ask: Ask, tool: str, arguments: dict[str, object], words: str
) -> None:
    assert words in refusal_of(ask(tool, **arguments))


def test_the_logs_repeat_no_question(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        refusal_of(ask("company_risk", company="secretly zzzqq"))
    assert "zzzqq" not in caplog.text


def test_questions_stand_in_the_ledger(ask: Ask, settings: Settings) -> None:
    ask("company_risk", company="nvidia")
    ask("score_text", text=TEXT)
    store = open_store(settings.database_url)
    with store.read() as connection:
        score, risk = list_entries(connection, LedgerFilter(), 2)
    store.close()
    assert (score.entry.action, risk.entry.action) == ("article.scored", "company.risk")
    assert {score.entry.actor, risk.entry.actor} == {"cli:tester"}
    assert (risk.entry.subject, risk.entry.request_id) == ("nvidia", "mcp-1")


def test_resources_tell_of_model_and_labels(client: tuple[Any, Any]) -> None:
    connected, portal = client
    uris = {str(one.uri) for one in portal.call(connected.list_resources).resources}
    assert uris == {"riskscore://model/card", "riskscore://labels"}
    (card,) = portal.call(connected.read_resource, "riskscore://model/card").contents
    assert card.text.startswith("# Model card")
    (labels,) = portal.call(connected.read_resource, "riskscore://labels").contents
    for meaning in load_knowledge().vocabulary.severities.values():
        assert meaning in labels.text


def test_a_long_headline_is_cut(ask: Ask) -> None:
    long = "Chips " * 300
    answer = answer_of(ask("score_text", text=long + "chip exports are curbed.", title=long))
    assert max(len(value) for key, value in strings(answer) if key.startswith("quoted_")) <= 600


@pytest.fixture(autouse=True)
def _away_from_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
