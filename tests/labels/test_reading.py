"""What labels are of: the text that the model reads, quotations found in it however lines were broken."""

from __future__ import annotations

from typing import Any

import pytest

from riskscore.labels.label import NamedCompany, label_faults
from riskscore.labels.reading import read_text
from riskscore.labels.record import corpus_record, is_disputed
from riskscore.types import Article
from tests.labels.made import label
from training.corpus import parse_record

WRAPPED = Article(
    title="Corvane told to stop sales",
    text="The Commerce Department told Corvane on Monday that sales of its lithography\n"
    "tools to China need a licence from now on, which will hardly ever be granted.\n"
    "The company said that it would comply with the order and study what it means\n"
    "for the quarter. Its shares fell by a tenth in New York after the announcement.\n",
)
PAGE = Article(
    title="Chips &amp; tools",
    html="<html><body><nav>Home | About</nav><article><p>The order stops Corvane&#8217;s sales.</p>"
    "<p>It was expected by analysts in the trade for some weeks.</p></article></body></html>",
)


def test_a_quotation_is_found_over_a_line_end_and_given_back_as_it_is_read() -> None:
    read = read_text(WRAPPED)
    sent = "sales of its lithography\ntools to China need a licence"
    assert read.verbatim(sent) == "sales of its lithography tools to China need a licence"
    assert read.verbatim("  Corvane told ") == "Corvane told"
    for absent in ("", "   ", "sales of lithography", "stop sales The Commerce", "corvane told"):
        assert read.verbatim(absent) is None


def test_markup_is_read_as_text() -> None:
    read = read_text(PAGE)
    assert read.title == "Chips & tools"
    assert read.verbatim("stops Corvane’s sales") == "stops Corvane’s sales"
    assert "<" not in read.whole


@pytest.mark.parametrize(
    "article", [WRAPPED, PAGE, Article(title="Only this"), Article(text="One. Two here.")]
)
def test_passages_make_up_the_text_again(article: Article) -> None:
    read = read_text(article)
    joined = "".join(one.text + one.after for one in read.passages)
    assert joined.strip() == read.whole.strip()
    in_title = [one.in_title for one in read.passages]
    assert in_title == sorted(in_title, reverse=True)


def test_a_record_is_one_that_the_corpus_takes() -> None:
    read = read_text(WRAPPED)
    span = "China need a licence"
    given = label(
        chips=3,
        evidence={"chips": (span, span)},
        companies=(NamedCompany("Corvane", True), NamedCompany("Nobody", False)),
    )
    made: Any = corpus_record("ar_1", "st_1", read, given, None, disputed=True)
    record = parse_record(made)
    assert (record.id, record.event, record.weight, record.genre) == ("fb-ar_1", "st_1", 0.5, "wire")
    assert record.severity == {"chips": 3, "cloud_data": 0, "outbound_investment": 0}
    assert record.evidence == {"chips": (span,)}
    assert record.companies == (("Corvane", True),)
    assert record.file == "fb"


def test_a_record_without_evidence_left_is_none() -> None:
    gone = label(chips=3, evidence={"chips": ("words of another version",)})
    assert corpus_record("ar_1", "st_1", read_text(WRAPPED), gone, None, disputed=False) is None
    headline = read_text(Article(title="Only this"))
    made: Any = corpus_record("ar_1", "st_1", headline, label(), None, disputed=False)
    assert parse_record(made).genre == "headline"


def test_a_dispute_is_about_regimes_not_about_their_severity() -> None:
    assert is_disputed(label(chips=1), [label(chips=1), label()])
    assert not is_disputed(label(chips=1), [label(chips=3)])


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, []),
        ({"severity": {"chips": 1}}, ["labels"]),
        ({"severity": {"chips": 4, "cloud_data": 0, "outbound_investment": 0}}, ["labels"]),
        ({"stage": None}, ["stage"]),
        ({"direction": "sideways"}, ["direction"]),
        ({"evidence": {}}, ["evidence"]),
        ({"evidence": {"chips": []}}, ["evidence.chips"]),
        ({"evidence": {"chips": ["told", " ", "elsewhere"]}}, ["evidence.chips", "evidence.chips"]),
        ({"companies": ["Corvane", "Nobody"]}, ["companies.1.name"]),
    ],
)
def test_faults_name_their_field(change: dict[str, Any], fields: list[str]) -> None:
    sound: dict[str, Any] = {
        "severity": {"chips": 1, "cloud_data": 0, "outbound_investment": 0},
        "stage": "signal",
        "direction": "tightening",
        "evidence": {"chips": ["told"]},
        "companies": ["Corvane"],
        "whole": "Corvane was told",
    }
    assert [field for field, _ in label_faults(**{**sound, **change})] == fields


def test_a_negative_label_has_nothing_else() -> None:
    nothing = {"chips": 0, "cloud_data": 0, "outbound_investment": 0}
    assert list(label_faults(nothing, None, None, {}, [], "text")) == []
    faults = label_faults(nothing, "signal", None, {"chips": ["text"]}, [], "text")
    assert [field for field, _ in faults] == ["stage", "evidence"]
