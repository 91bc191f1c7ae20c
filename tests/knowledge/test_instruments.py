"""Faults of instruments.jsonl, each with its line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskscore.knowledge import load_knowledge
from tests.knowledge.conftest import INSTRUMENT, KnowledgeFolder


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"id": "Some Rule"}, "id 'Some Rule' is not lower-case"),
        ({"regime": "ships"}, "unknown regime 'ships'"),
        ({"jurisdiction": "EU"}, "unknown jurisdiction 'EU'"),
        ({"exposes": ["foundry", "farmer"]}, "unknown role 'farmer' in 'exposes'"),
        ({"exposes": []}, "'exposes' must be a list of texts"),
        ({"terms": ["EAR", "ear"]}, "'ear' stands twice in 'terms'"),
        ({"dates": {"effective": "soon"}}, "date 'effective' is 'soon'"),
        ({"dates": {"effective": "2023-13-01"}}, "date 'effective' is '2023-13-01'"),
        ({"dates": {"effective": "2023-02-30"}}, "date 'effective' is '2023-02-30'"),
        ({"dates": {"effective": 2023}}, "date 'effective' is 2023"),
        ({"verified": "yes"}, "'verified' must be true or false"),
        ({"verified": False}, "'citation_verified' without 'verified'"),
        ({"source": ""}, "'verified' needs the https address"),
        ({"name": " "}, "'name' must be a text that is not blank"),
        ({"colour": "red"}, "unknown field 'colour'"),
    ],
)
def test_fault_of_a_row(folder: KnowledgeFolder, change: dict[str, Any], expected: str) -> None:
    folder.write_instruments({**INSTRUMENT, "id": "first-rule"}, {**INSTRUMENT, **change})
    faults = folder.faults()
    assert len(faults) == 1
    assert faults[0].startswith(f"instruments.jsonl:2: {expected}")


def test_bad_json_missing_field_and_duplicate_are_reported_together(folder: KnowledgeFolder) -> None:
    partial = {name: value for name, value in INSTRUMENT.items() if name != "status"}
    lines = [json.dumps(INSTRUMENT), "{nonsense", "[1]", json.dumps(partial), json.dumps(INSTRUMENT)]
    folder.write("instruments.jsonl", "\n".join(lines))
    numbered = [fault.split(": ", 1) for fault in folder.faults()]
    assert [place for place, _ in numbered] == [f"instruments.jsonl:{line}" for line in (2, 3, 4, 5)]
    assert "bad JSON" in numbered[0][1]
    assert numbered[1][1] == "not a JSON object"
    assert numbered[2][1] == "field 'status' is missing"
    assert numbered[3][1] == "instrument 'some-rule' is defined twice"


def test_unverified_row_needs_no_source(folder: KnowledgeFolder) -> None:
    folder.write_instruments({**INSTRUMENT, "verified": False, "citation_verified": False, "source": ""})
    assert load_knowledge(folder.path).instruments["some-rule"].source == ""
