"""The store's newest articles in, an analyst's queue for review out (`riskscore.labels.queue`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from riskscore.errors import InputError
from riskscore.labels.label import Author
from riskscore.labels.queue import Candidate, Chosen, Opinion, choose, drawn, uncertainty
from riskscore.store import Store
from riskscore.store.articles import ArticleRecord, find_articles
from riskscore.store.assessments import latest_assessments
from riskscore.store.review import labelled_by_others, newest_unlabelled
from riskscore.types import REGIMES, Article, Assessment, Regime

if TYPE_CHECKING:
    from riskscore.assess import Assessor

POOL = 200  # newest stories that are looked at
_SECOND_READINGS = 50  # stories of others that are looked at
# Articles that the challenger is asked about, 5 to 10 ms each: those nearest to a threshold, and some drawn.
_NEAR, _DRAWN = 20, 10

Ask = Callable[[Article], Assessment]


def asking(assessor: Assessor) -> Ask:
    """What a model says of an article, its scores alone."""

    def ask(article: Article) -> Assessment:
        return assessor.assess(article, max_contributions=0, max_evidence=0)

    return ask


@dataclass(frozen=True, slots=True)
class Picked:
    """An article of the queue, as stored."""

    chosen: Chosen
    article: ArticleRecord
    score: float
    model_version: str


def pick(store: Store, author: Author, limit: int, challenger: Ask | None = None) -> list[Picked]:
    """The queue of an analyst: nothing of a story that she has labelled, and nothing without its text.

    Parameters
    ----------
    challenger : callable, optional
        What the challenger says of an article.
    """
    with store.read() as connection:
        candidates, articles, scored = _candidates(connection, author)
    if challenger is not None:
        candidates = _asked(candidates, articles, challenger)
    return [
        Picked(chosen, articles[chosen.candidate.article_id], *scored[chosen.candidate.article_id])
        for chosen in choose(candidates, limit)
    ]


def _candidates(
    connection: Connection, author: Author
) -> tuple[list[Candidate], dict[str, ArticleRecord], dict[str, tuple[float, str]]]:
    """What might be reviewed; by article, its record, and its score with the model that gave it."""
    fresh = newest_unlabelled(connection, POOL)
    others = labelled_by_others(connection, author, _SECOND_READINGS)
    ids = [row.article_id for row in (*fresh, *others)]
    articles, assessments = find_articles(connection, ids), latest_assessments(connection, ids)
    candidates: list[Candidate] = []
    scored: dict[str, tuple[float, str]] = {}
    for row in (*fresh, *others):
        assessment = assessments[row.article_id]
        if assessment.score is None:  # abstained from: there is no opinion to correct
            continue
        scored[row.article_id] = (assessment.score, assessment.model_version)
        opinions = _opinions(assessment.content["regimes"])
        candidates.append(Candidate(*row, opinions, labelled=row in others))
    return candidates, articles, scored


def _opinions(regimes: Mapping[str, Any]) -> dict[Regime, Opinion]:
    return {
        regime: Opinion(regimes[regime]["probability"], regimes[regime]["threshold"]) for regime in REGIMES
    }


def _asked(
    candidates: list[Candidate], articles: Mapping[str, ArticleRecord], challenger: Ask
) -> list[Candidate]:
    """The same, those worth it with what the challenger says."""
    near = sorted(candidates, key=lambda one: -max(map(uncertainty, one.opinions.values())))
    by_lot = sorted(near[_NEAR:], key=lambda one: drawn(one.article_id))
    wanted = {one.article_id for one in (*near[:_NEAR], *by_lot[:_DRAWN])}
    found = []
    for one in candidates:
        article = articles[one.article_id].article
        if one.article_id not in wanted or article is None:
            found.append(one)
            continue
        try:
            said = challenger(article)
        except InputError:
            found.append(one)
            continue
        opinions = {
            regime: Opinion(score.probability, score.threshold) for regime, score in said.regimes.items()
        }
        found.append(one if said.abstained else replace(one, challenger=opinions))
    return found
