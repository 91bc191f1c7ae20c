"""An article in, an assessment out, on the shipped model."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscore.api.requests import Limits, read_item, read_submission
from riskscore.artifact.model import load_model
from riskscore.assess import Assessor
from riskscore.errors import InputError, TooLargeError
from riskscore.knowledge import load_knowledge
from riskscore.rationale import MIN_EVIDENCE_SHARE
from riskscore.types import REGIMES, Article, RegimeScore, SourceSpan

# Written for the tests: an invented maker, public facts only.
TITLE = "Corvane halts China orders after Washington tightens chip rules"
TEXT = (
    "Corvane Instruments said on Monday it had stopped shipping etching machines to customers in China "
    "after the Commerce Department told it that each sale now needs a licence. "
    "The company expects to lose a fifth of its revenue. "
    "Nvidia and AMD face the same rules on advanced chips. "
    "Separately, the group opened a canteen for its staff in Ohio."
)
BENIGN = (
    "The bakery chain opened three shops in Leeds this spring and hired forty people. "
    "Its founder said demand for sourdough had surprised her."
)


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor.load()


def total(score: RegimeScore) -> float:
    return score.intercept + sum(one.value for one in score.contributions) + score.contributions_omitted


@pytest.mark.parametrize("kept", [None, 0, 3, 20])
def test_contributions_and_intercept_make_the_decision_value(assessor: Assessor, kept: int | None) -> None:
    assessment = assessor.assess(Article(title=TITLE, text=TEXT), max_contributions=kept)
    for score in assessment.regimes.values():
        assert total(score) == pytest.approx(score.decision_value, abs=1e-9)
        assert score.probability == pytest.approx(1 / (1 + np.exp(-score.decision_value)), abs=1e-12)
        if kept is not None:
            assert len(score.contributions) <= kept


def test_a_chip_order_is_flagged_with_the_sentence_that_says_it(assessor: Assessor) -> None:
    score = assessor.assess(Article(title=TITLE, text=TEXT)).regimes["chips"]
    assert score.flagged
    assert score.severity >= 2
    assert "Commerce Department" in score.evidence[0].text or score.evidence[0].text == TITLE


def test_ordinary_news_is_not_flagged_and_is_not_abstained_on(assessor: Assessor) -> None:
    assessment = assessor.assess(Article(title="Bakery grows", text=BENIGN))
    assert not assessment.abstained
    assert assessment.stage is None
    assert assessment.direction is None
    for score in assessment.regimes.values():
        assert not score.flagged
        assert score.severity == 0
        assert score.reason_codes == ()


def test_severity_distribution_is_monotone_and_sums_to_one(assessor: Assessor) -> None:
    for text in (TEXT, BENIGN):
        for score in assessor.assess(Article(text=text)).regimes.values():
            p = score.severity_probabilities
            assert sum(p) == pytest.approx(1.0)
            assert min(p) >= 0.0
            assert 0.0 <= score.score <= 100.0


def source(span: SourceSpan) -> str:
    return (TITLE if span.field == "title" else TEXT)[span.start : span.end]


def test_spans_point_at_what_was_sent(assessor: Assessor) -> None:
    assessment = assessor.assess(Article(title=TITLE, text=TEXT), max_contributions=None)
    for regime in REGIMES:
        score = assessment.regimes[regime]
        for evidence in score.evidence:
            assert source(evidence.span) == evidence.text
        for contribution in score.contributions:
            assert contribution.spans
            family, _, key = contribution.feature.partition(":")
            for span in contribution.spans:
                words = source(span).lower()
                if family == "word" and "0" not in key:
                    assert key.split() == re.findall(r"\w+", words)
                if family == "subword" and "0" not in key:
                    assert key.strip("<>") in words
    for company in assessment.companies:
        assert {source(span) for span in company.spans} <= {"Nvidia", "AMD"}


def test_companies_come_with_an_exposure_estimate(assessor: Assessor) -> None:
    companies = {one.company_id: one for one in assessor.assess(Article(title=TITLE, text=TEXT)).companies}
    assert set(companies) == {"nvidia", "amd"}
    assert companies["nvidia"].exposed
    assert 0.0 < companies["nvidia"].relevance <= 1.0
    bystander = assessor.assess(Article(title="Nvidia opens a canteen", text=BENIGN)).companies[0]
    assert not bystander.exposed
    assert bystander.exposure_probability < companies["nvidia"].exposure_probability


def test_the_same_article_has_the_same_id_and_answer(assessor: Assessor) -> None:
    article = Article(title=TITLE, text=TEXT, published_at=datetime(2026, 1, 5, tzinfo=UTC))
    assert assessor.assess(article) == assessor.assess(article)
    assert assessor.assess(article) == Assessor.load().assess(article)
    other = Article(title=TITLE, text=TEXT + " ", published_at=article.published_at)
    assert assessor.assess(article).assessment_id != assessor.assess(other).assessment_id


def test_the_same_instant_in_another_zone_is_the_same_article(small_assessor: Assessor) -> None:
    at = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
    here, there = (
        small_assessor.assess(Article(title=TITLE, text=TEXT, published_at=moment))
        for moment in (at, at.astimezone(timezone(timedelta(hours=-5))))
    )
    assert here == there
    later = Article(title=TITLE, text=TEXT, published_at=at + timedelta(minutes=1))
    assert small_assessor.assess(later).assessment_id != here.assessment_id


def test_the_id_changes_with_a_threshold(small_model_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(small_model_dir / "small", tmp_path / "small")
    path = tmp_path / "small" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["thresholds"]["chips"] /= 2
    path.write_text(json.dumps(manifest))
    article = Article(title=TITLE, text=TEXT)
    before, after = (Assessor.load(folder).assess(article) for folder in (small_model_dir, tmp_path))
    assert before.assessment_id != after.assessment_id


def test_other_languages_and_empty_text_are_abstained_on(assessor: Assessor) -> None:
    for article in (
        Article(text="米商務省は月曜日、同社に対し中国の顧客への半導体装置の販売を停止するよう求めた。"),
        Article(text="La empresa dijo el lunes que abrirá tres tiendas nuevas en la ciudad de Madrid."),
        Article(title="", text="   "),
        Article(text="\x00\x01\x02 0000 1111"),
    ):
        assessment = assessor.assess(article)
        assert assessment.abstained
        assert assessment.abstain_reason
        assert assessment.score is None
        assert assessment.regimes == {}


def test_a_text_over_the_limit_names_its_field(assessor: Assessor) -> None:
    with pytest.raises(TooLargeError) as caught:
        assessor.assess(Article(text="word " * 400_000))
    assert caught.value.field == "text"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400), st.text(max_size=60))
def test_no_text_breaks_it_and_reasons_always_add_up(assessor: Assessor, text: str, title: str) -> None:
    assessment = assessor.assess(Article(title=title, text=TEXT + " " + text), max_contributions=None)
    for score in assessment.regimes.values():
        assert total(score) == pytest.approx(score.decision_value, abs=1e-9)


def test_evidence_is_ranked_and_weak_sentences_are_left_out(assessor: Assessor) -> None:
    evidence = assessor.assess(Article(title=TITLE, text=TEXT), max_evidence=100).regimes["chips"].evidence
    values = [one.contribution for one in evidence]
    assert values == sorted(values, reverse=True)
    assert values[-1] > MIN_EVIDENCE_SHARE * values[0]
    assert not any("canteen" in one.text for one in evidence)


def test_words_that_the_model_does_not_know_are_counted(assessor: Assessor) -> None:
    known = assessor.assess(Article(title=TITLE, text=TEXT))
    more = assessor.assess(Article(title=TITLE, text=f"{TEXT} It named them zqvxian and wqzzt in Ohio."))
    assert 50 < known.words < 80
    assert 0 < known.unknown_words < known.words / 4  # the companies' names among them
    assert more.words - known.words == 8
    assert more.unknown_words - known.unknown_words == 2
    bare = assessor.assess(Article(title=TITLE, text=TEXT), max_contributions=0, max_evidence=0)
    assert (bare.words, bare.unknown_words) == (0, 0)


def test_a_base_rate_needs_operating_points_and_says_so(small_model_dir: Path) -> None:
    knowledge = load_knowledge()
    model = load_model(small_model_dir, lexical_hash=knowledge.lexical_hash)
    manifest = {name: value for name, value in model.manifest.items() if name != "operating_points"}
    assessor = Assessor(knowledge, replace(model, manifest=manifest))
    item = {"text": "x" * 60, "options": {"base_rate": 0.02}}
    limits = Limits(1_000, 1_000, 10)
    with pytest.raises(InputError, match="this model has none") as caught:
        read_submission(item, limits).assess(assessor)
    assert caught.value.field == "options.base_rate"
    with pytest.raises(InputError) as caught:
        read_item(item, 3, limits).assess(assessor)
    assert caught.value.field == "items.3.options.base_rate"
