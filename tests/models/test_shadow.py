"""The challenger sees its share, in its own time; nobody waits for it, and only counts remain."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from riskscore.assess import Assessor
from riskscore.models.comparison import WHOLE, Comparison, Pair, compare
from riskscore.models.lineup import Lineup
from riskscore.models.rotation import Rotation
from riskscore.models.shadow import Shadow
from riskscore.types import REGIMES, Article, Assessment
from tests.api.fake import FakeAssessor

NOON = datetime(2026, 1, 10, 12, 30, tzinfo=UTC)
HOUR = NOON.replace(minute=0)
PAIR = Pair("0.0-fake", "new")
FLAGGED = Article(title="Chip chip", text="Chip rules: no chip for anybody, says Washington today.")
FAKE = FakeAssessor()


class Challenger(FakeAssessor):
    """Never flags chips; can be held up, and can fail."""

    def __init__(self, may_go: threading.Event | None = None, fails: bool = False) -> None:
        super().__init__()
        self.model = SimpleNamespace(version="new", manifest=self.model.manifest, card="")
        self.may_go, self.fails = may_go, fails

    def assess(self, article: Article, **options: Any) -> Assessment:
        """See `FakeAssessor.assess`."""
        if self.may_go is not None:
            assert self.may_go.wait(10)
        if self.fails:
            raise ValueError(article.text)
        found = super().assess(article, **options)
        regimes = dict(found.regimes)
        if "chips" in regimes:
            regimes["chips"] = replace(regimes["chips"], flagged=False, score=regimes["chips"].score - 10.0)
        return replace(found, model_version="new", regimes=regimes)


def shadow_of(challenger: Challenger, share: float = 1.0, most: int = 100) -> Shadow:
    assessors = {"0.0-fake": cast(Assessor, FAKE), "new": cast(Assessor, challenger)}
    lineup = Lineup(assessors, "0.0-fake", challenger="new", share=share)
    return Shadow(Rotation(lineup), lambda: NOON, most=most, seed=1)


def test_agreement_differences_and_flips_are_counted_by_regime() -> None:
    shadow = shadow_of(Challenger())
    shadow.start()
    for _ in range(20):
        shadow.offer(FLAGGED, FAKE.assess(FLAGGED))
    shadow.stop()
    found = shadow.take()
    assert set(found) == {(HOUR, PAIR, name) for name in (WHOLE, *REGIMES)}
    chips, whole = found[HOUR, PAIR, "chips"], found[HOUR, PAIR, WHOLE]
    assert (chips.compared, chips.agreed, chips.flagged_less, chips.flagged_more) == (20, 0, 20, 0)
    assert chips.mean_difference == pytest.approx(10.0)
    assert found[HOUR, PAIR, "cloud_data"].agreement == 1.0
    assert (whole.compared, whole.agreed, whole.flagged_less) == (20, 0, 20)
    assert shadow.take() == {}


def test_only_the_share_is_scored() -> None:
    shadow = shadow_of(Challenger(), share=0.25, most=10_000)
    shadow.start()
    assessment = FAKE.assess(FLAGGED)
    for _ in range(400):
        shadow.offer(FLAGGED, assessment)
    shadow.stop()
    assert 70 <= shadow.take()[HOUR, PAIR, WHOLE].compared <= 130


def test_answers_of_other_models_are_not_compared() -> None:
    shadow = shadow_of(Challenger())
    shadow.start()
    shadow.offer(FLAGGED, replace(FAKE.assess(FLAGGED), model_version="asked for by name"))
    shadow.stop()
    assert shadow.take() == {}


def test_a_challenger_that_hangs_holds_nobody_up_and_what_does_not_fit_is_counted() -> None:
    may_go = threading.Event()
    shadow = shadow_of(Challenger(may_go), most=5)
    shadow.start()
    assessment = FAKE.assess(FLAGGED)
    began = time.perf_counter()
    for _ in range(1_000):
        shadow.offer(FLAGGED, assessment)
    assert time.perf_counter() - began < 1.0  # a thousand offers; one alone would hang for 10 s
    may_go.set()
    shadow.stop()
    whole = shadow.take()[HOUR, PAIR, WHOLE]
    assert 5 <= whole.compared <= 6
    assert whole.compared + whole.dropped == 1_000


def test_long_articles_do_not_fill_the_memory() -> None:
    may_go = threading.Event()
    shadow = shadow_of(Challenger(may_go), most=1_000)
    shadow.start()
    assessment = FAKE.assess(FLAGGED)
    article = Article(title="chip", text="x" * 1_000_000)
    for _ in range(100):
        shadow.offer(article, assessment)
    may_go.set()
    shadow.stop()
    assert shadow.take()[HOUR, PAIR, WHOLE].compared <= 9  # eight million characters, and the one in hand


def test_a_challenger_that_fails_is_counted_and_its_words_are_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shadow = shadow_of(Challenger(fails=True))
    shadow.start()
    shadow.offer(FLAGGED, FAKE.assess(FLAGGED))
    shadow.stop()
    assert shadow.take()[HOUR, PAIR, WHOLE] == Comparison(failed=1)
    assert "ValueError" in caplog.text
    assert "Washington" not in caplog.text


def test_it_works_while_nobody_scores() -> None:
    idle = threading.Event()
    shadow = shadow_of(Challenger())
    shadow.start(idle.is_set)
    shadow.offer(FLAGGED, FAKE.assess(FLAGGED))
    time.sleep(0.1)
    assert shadow.take() == {}
    idle.set()
    shadow.stop()
    assert shadow.take()[HOUR, PAIR, WHOLE].compared == 1


def test_an_article_on_which_one_abstains_is_compared_as_a_whole() -> None:
    scored, abstained = FAKE.assess(FLAGGED), FAKE.assess(Article(title="Short"))
    ((name, whole),) = compare(abstained, scored)
    assert (name, whole.agreed, whole.flagged_more) == (WHOLE, 0, 1)
    ((_, whole),) = compare(abstained, abstained)
    assert (whole.agreed, whole.difference) == (1, 0.0)
