"""Labelled JSON Lines in, validated records and leak-free groups out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from training.corpus import CorpusError, corpus_files, groups, parse_record, read_records

GOOD: dict[str, Any] = {
    "id": "a",
    "title": "Corvane told to stop sales",
    "text": "The Commerce Department told Corvane that sales to China need a licence.",
    "lang": "en",
    "genre": "wire",
    "labels": {"chips": 3, "cloud_data": 0, "outbound_investment": 0},
    "stage": "enforced",
    "direction": "tightening",
    "companies": [{"name": "Corvane", "exposed": True}],
    "evidence": {"chips": ["sales to China need a licence"]},
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": {"chips": 3}}, "labels must hold exactly"),
        ({"labels": GOOD["labels"] | {"chips": 4}}, "severities must be 0, 1, 2 or 3"),
        ({"stage": None}, "needs a stage and a direction"),
        ({"labels": dict.fromkeys(GOOD["labels"], 0), "evidence": {}}, "neither stage nor direction"),
        ({"evidence": {"chips": ["not in the text"]}}, "evidence is not verbatim: 'not in the text'"),
        ({"evidence": {}}, r"evidence is for \[\], labels are for \['chips'\]"),
        ({"companies": [{"name": "Nobody", "exposed": True}]}, "company is not in the text: 'Nobody'"),
        ({"genre": "poem"}, "unknown genre 'poem'"),
        ({"title": None}, "title must be text"),
    ],
)
def test_each_fault_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_record(GOOD | change)


def test_all_faults_are_reported_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    lines = [json.dumps(GOOD), "{", json.dumps(GOOD), json.dumps(GOOD | {"id": "b", "genre": "poem"})]
    path.write_text("\n".join(lines))
    with pytest.raises(CorpusError) as caught:
        read_records([path])
    faults = caught.value.faults
    assert [fault.split(": ")[0] for fault in faults] == [f"{path}:2", f"{path}:3", f"{path}:4"]
    assert f"id a stands at {path}:1 too" in faults[1]


def test_pairs_events_and_near_duplicates_share_a_group() -> None:
    def record(name: str, text: str, **more: str) -> Any:
        return parse_record(GOOD | {"id": name, "text": GOOD["text"] + text, "companies": []} | more)

    alone: dict[str, Any] = {
        "title": "Bakery grows",
        "labels": dict.fromkeys(GOOD["labels"], 0),
        "evidence": {},
    }
    alone |= {"stage": None, "direction": None, "companies": []}
    records = [
        record("a", ""),
        record("b", " It said so on Monday."),
        parse_record(GOOD | alone | {"id": "c", "text": "Three shops opened in Leeds.", "pair": "p"}),
        parse_record(GOOD | alone | {"id": "d", "text": "Rain fell on the cup final.", "pair": "p"}),
        parse_record(GOOD | alone | {"id": "e", "title": "Heron", "text": "It stood by an old canal."}),
    ]
    numbers = groups(records).tolist()
    assert numbers[0] == numbers[1]
    assert numbers[2] == numbers[3]
    assert len(set(numbers)) == 3


def test_the_corpus_itself_is_sound() -> None:
    records = read_records(corpus_files())
    assert len(records) >= 2760
