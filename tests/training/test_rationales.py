"""Figures of evidence and faithfulness on assessments made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from riskscore.types import Article, Assessment, Evidence, SourceSpan, Verification
from tests.api.fake import FakeAssessor
from training.corpus import Record, parse_record
from training.rationales import evidence_figures, faithfulness_figures

TEXT = "The rule says each chip needs a licence before it leaves. Shares of the maker fell by a tenth."


def _record(severity: int = 2) -> Record:
    return parse_record(
        {
            "id": "x",
            "title": "",
            "text": TEXT,
            "genre": "wire",
            "labels": {"chips": severity, "cloud_data": 0, "outbound_investment": 0},
            "stage": "adopted" if severity else None,
            "direction": "tightening" if severity else None,
            "evidence": {"chips": ["each chip needs a licence"]} if severity else {},
        }
    )


def _assessed(evidence: str, test: Verification | None = None) -> Assessment:
    assessment = FakeAssessor().assess(Article(text=TEXT))
    start = TEXT.find(evidence)
    sentence = Evidence(evidence, SourceSpan("text", start, start + len(evidence)), 1.0)
    chips = replace(assessment.regimes["chips"], evidence=(sentence,))
    return replace(
        assessment,
        regimes={**assessment.regimes, "chips": chips},
        verification=None if test is None else {"chips": test},
    )


def _test(comprehensiveness: float, random: float, sentences: int) -> Verification:
    return Verification(comprehensiveness, 0.1, random, sentences, ())


def test_evidence_is_measured_on_positive_records_alone() -> None:
    right, wrong = (_assessed(part + ".") for part in TEXT.rstrip(".").split(". "))
    figures = evidence_figures([_record(), _record(0)], [right, wrong], seed=0)
    assert figures.keys() == {"chips"}
    assert figures["chips"]["token_f1"].value == pytest.approx(2 * 5 / (11 + 5))
    assert figures["chips"]["span_iou_f1"].value == 0.0  # 5 of 11 words
    figures = evidence_figures([_record()], [_assessed("each chip needs a licence")], seed=0)
    assert figures["chips"]["span_iou_f1"].value == 1.0


def test_short_texts_are_told_apart() -> None:
    tests = [_test(0.6, 0.2, 6), _test(0.3, 0.1, 3), _test(0.9, 0.9, 1)]
    found = faithfulness_figures([_assessed(TEXT, test) for test in tests], seed=0)
    longer = found["longer"]["chips"]
    assert longer["comprehensiveness"].value == pytest.approx(0.45)
    assert longer["times_random"].value == pytest.approx(3.0)
    assert longer["texts"].value == 2
    assert found["short"]["chips"]["times_random"].value == 1.0
    assert found["longer"].keys() == {"chips"}


def test_assessments_without_a_test_are_left_out() -> None:
    assert faithfulness_figures([_assessed(TEXT)], seed=0) == {"longer": {}, "short": {}}
