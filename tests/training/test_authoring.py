"""Authoring text in, corpus records out."""

from __future__ import annotations

import pytest

from training.authoring import AuthoringError, parse
from training.corpus import parse_record

SOURCE = """\
@@ wire | c3 d1 | enforced | tightening | event=an-order
T: <+>Corvane</+> told to stop: <c>sales to China need a licence</c>
<->Alder Bank</-> cut its target. <d>Rules on <+>Corvane</+> cloud sales are being weighed</d>.

@@ headline | 0
T: Corvane opens a canteen
"""


def test_marks_become_evidence_and_companies() -> None:
    first, second = parse(SOURCE, "x")
    assert first["id"] == "x-0001"
    assert first["title"] == "Corvane told to stop: sales to China need a licence"
    assert first["labels"] == {"chips": 3, "cloud_data": 1, "outbound_investment": 0}
    assert first["evidence"] == {
        "chips": ["sales to China need a licence"],
        "cloud_data": ["Rules on Corvane cloud sales are being weighed"],
    }
    assert first["companies"] == [
        {"name": "Corvane", "exposed": True},
        {"name": "Alder Bank", "exposed": False},
    ]
    assert first["event"] == "an-order"
    assert second["stage"] is None
    assert second["text"] == ""


def test_records_pass_the_corpus_reader() -> None:
    for raw in parse(SOURCE, "x"):
        parse_record(raw)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("text first", "line 1: text before the first @@ header"),
        ("@@ wire\nT: a", "line 1: a header needs at least genre"),
        ("@@ wire | c4\nT: a", "line 1: label 'c4' is not 0 or one of"),
        ("@@ wire | c1\nT: a", "line 1: a positive item needs"),
        ("@@ wire | 0\nbody", "the line after the header must start with 'T:'"),
        ("@@ wire | 0\nT: <+>a", "line 2: <\\+> is not closed"),
        ("@@ wire | 0\nT: a</c>", "line 2: </c> closes nothing"),
    ],
)
def test_faults_name_their_line(source: str, message: str) -> None:
    with pytest.raises(AuthoringError, match=message):
        list(parse(source, "x"))
