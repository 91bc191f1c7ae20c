"""Marks on a text: where the words stand, in plain text and carried over from HTML."""

from __future__ import annotations

import math

import orjson
import pytest

from riskscore.assess import Assessor
from riskscore.dashboard.marking import Piece
from riskscore.dashboard.reading import Reading, levers, read_assessed
from riskscore.types import Article
from riskscore.wire.answers import assessment_answer
from riskscore.wire.encoding import encode_json
from riskscore.wire.schemas import AssessmentAnswer

TITLE = "Nvidia told to stop H20 shipments to China"
TEXT = (
    "Nvidia said the Commerce Department told it that exports of its H20 chip to China need a licence. "
    "The company will take a charge. Caf\N{LATIN SMALL LETTER E WITH ACUTE} owners were surprised."
)
HTML = (
    "<html><body><p>Nvidia said the <b>Commerce Department</b> told it that exports of its H20 chip to "
    "China need a&nbsp;licence.</p><script>alert(1)</script><p>The company will take a charge.</p>"
    "</body></html>"
)


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor.load()


def answer_to(assessor: Assessor, article: Article) -> AssessmentAnswer:
    answer: AssessmentAnswer = orjson.loads(encode_json(assessment_answer(assessor.assess(article))))
    return answer


def joined(found: list[Piece], style: str) -> str:
    return "|".join(piece.text for piece in found if style in piece.styles)


def test_plain_text_is_shown_whole_with_its_evidence_and_companies(assessor: Assessor) -> None:
    article = Article(title=TITLE, text=TEXT)
    reading = read_assessed(article, answer_to(assessor, article))
    assert "".join(piece.text for piece in reading.body) == TEXT
    assert "".join(piece.text for piece in reading.title) == TITLE
    assert joined(reading.body, "company") == "Nvidia"
    assert joined(reading.body, "ev-chips").replace("|", "").startswith("Nvidia said the Commerce")
    assert "owners" not in joined(reading.body, "evidence")
    heads = [reading.notes[note].head for piece in reading.body for note in piece.notes]
    assert "Nvidia" in heads
    assert not reading.is_html


def test_marks_are_carried_from_html_to_the_text_that_was_read(assessor: Assessor) -> None:
    article = Article(title=TITLE, html=HTML)
    answer = answer_to(assessor, article)
    read: Reading = read_assessed(article, answer)
    text = "".join(piece.text for piece in read.body)
    assert "<" not in text
    assert "alert(1)" not in text
    assert joined(read.body, "company") == "Nvidia"
    evidence = joined(read.body, "ev-chips").replace("|", "")
    assert evidence.startswith("Nvidia said the Commerce Department told it")
    assert "need a licence." in evidence
    source = read_assessed(article, answer, "source")
    assert "".join(piece.text for piece in source.body) == HTML
    assert joined(source.body, "company") == "Nvidia"


def test_what_is_left_without_a_contribution_follows_from_the_decision_value(assessor: Assessor) -> None:
    answer = answer_to(assessor, Article(title=TITLE, text=TEXT))["regimes"]["chips"]
    found = levers(answer)
    assert found[0].sentence
    for lever in found:
        rest = answer["decision_value"] - lever.value
        assert lever.probability == pytest.approx(1 / (1 + math.exp(-rest)))
        assert lever.probability < answer["probability"]
