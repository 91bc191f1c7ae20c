"""From a form to a label and back, and what of a form counts for nothing."""

from __future__ import annotations

from typing import Any

from riskscore.api.label_schemas import LabelAnswer
from riskscore.dashboard.forms import Form
from riskscore.dashboard.label_forms import fields_of_assessment, fields_of_label, label_of, missing
from riskscore.labels.reading import read_text
from riskscore.types import Article
from riskscore.wire.answers import score_answer
from tests.api.fake import FakeAssessor

ARTICLE = Article(
    title="Nvidia told to stop chip sales",
    text="The Commerce Department told Nvidia on Monday to stop selling its chip in China. Each chip counts. "
    "Microsoft said that it was not affected by the order.",
)
READ = read_text(ARTICLE)
FIELDS: dict[str, list[str]] = {
    "severity_chips": ["3"],
    "severity_cloud_data": ["0"],
    "severity_outbound_investment": ["0"],
    "stage": ["enforced"],
    "direction": ["tightening"],
    "evidence_chips": ["0", "2"],
    "evidence_cloud_data": ["1"],
    "span_chips": ["  stop selling its chip \r\n\r\n"],
    "company": ["Nvidia", "Microsoft", "Commerce"],
    "company_state": ["exposed", "named", "absent"],
    "more_named": ["Department\r\nNvidia"],
    "genre": ["wire"],
    "note": ["Why.\r\nBecause."],
    "assessment_id": ["as_1"],
}


def label(**change: list[str]) -> dict[str, Any]:
    return label_of(Form({**FIELDS, **change}), READ)


def test_a_form_becomes_the_codebooks_record() -> None:
    assert label() == {
        "labels": {"chips": 3, "cloud_data": 0, "outbound_investment": 0},
        "stage": "enforced",
        "direction": "tightening",
        "companies": [
            {"name": "Nvidia", "exposed": True},
            {"name": "Microsoft", "exposed": False},
            {"name": "Department", "exposed": False},
        ],
        "evidence": {"chips": [ARTICLE.title, "Each chip counts.", "stop selling its chip"]},
        "genre": "wire",
        "note": "Why.\nBecause.",
        "author": None,
        "assessment_id": "as_1",
    }


def test_what_goes_with_a_regime_goes_when_it_is_set_to_none() -> None:
    nothing = label(severity_chips=["0"])
    assert (nothing["stage"], nothing["direction"], nothing["evidence"]) == (None, None, {})
    assert missing(nothing) == ""


def test_what_is_made_up_is_left_to_the_api_to_refuse_or_ignored() -> None:
    assert label(severity_chips=["x"])["labels"]["chips"] == 4
    assert label(evidence_chips=["99", "-1", "one"])["evidence"]["chips"] == ["stop selling its chip"]


def test_what_is_missing_is_said_in_a_sentence() -> None:
    assert missing(label()) == ""
    lacking = label(evidence_chips=[], span_chips=[""], stage=[""])
    assert missing(lacking) == "Mark what speaks for Chips; choose a stage."


def test_a_label_fills_the_form_that_gives_it_again() -> None:
    given = label()
    stored: Any = {**given, "story_id": "st_1"}
    answer: LabelAnswer = stored
    again = label_of(fields_of_label(answer, READ), READ)
    assert again == {**given, "author": None, "assessment_id": None}


def test_an_assessment_fills_the_form_as_the_model_would_have_it() -> None:
    answer = score_answer(FakeAssessor().assess(ARTICLE))
    filled = label_of(fields_of_assessment(answer, ARTICLE, READ), READ)
    assert filled["labels"] == {"chips": 1, "cloud_data": 0, "outbound_investment": 0}
    assert (filled["stage"], filled["direction"]) == ("enforced", "tightening")
    assert {"name": "Nvidia", "exposed": True} in filled["companies"]
    assert filled["evidence"]["chips"]
    assert all(span in READ.whole for span in filled["evidence"]["chips"])


def test_names_are_those_of_the_text_that_is_read() -> None:
    said = "<p>Nvidia&#8217;s chip and its chip, chip by chip, said Nvidia on Monday.</p>"
    article = Article(title="", html=f"<html><body>{said}</body></html>")
    read = read_text(article)
    answer = score_answer(FakeAssessor().assess(article))
    filled = label_of(fields_of_assessment(answer, article, read), read)
    assert [one["name"] for one in filled["companies"]] == ["Nvidia"]
