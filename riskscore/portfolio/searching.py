"""Stored articles in, searched again for the imported companies as they are now; no score is touched.

For companies that were imported, renamed or removed after news had come in. Each article's newest
assessment keeps its bytes; what it says of imported companies is put in force anew, and what it said before
stays on record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import Connection

from riskscore.auditing.trail import Trail
from riskscore.errors import ArtifactError, InputError
from riskscore.portfolio.matcher import Portfolio
from riskscore.store import Store
from riskscore.store.articles import find_articles
from riskscore.store.assessments import (
    AssessmentRecord,
    last_key,
    latest_assessments,
    newest_after,
    newest_keys,
)
from riskscore.store.changes import ChangeKind, record_changes
from riskscore.store.mention_rows import Place, Verdict, renew_imported
from riskscore.store.portfolio import complete, key_of, record_searches, searches_of
from riskscore.types import REGIMES, CompanyExposure, Regime

if TYPE_CHECKING:
    from riskscore.types import Article

_Found = tuple[Place, Verdict, tuple[CompanyExposure, ...]]
_BATCH = 64
_PAGE = 100 * _BATCH


class Searches(Protocol):
    """What of an `Assessor` is needed here."""

    def search(
        self, article: Article, flagged: list[Regime], portfolio: Portfolio
    ) -> tuple[CompanyExposure, ...]: ...


@dataclass
class SearchTally:
    """What became of the articles."""

    articles: int = 0  # looked at
    searched: int = 0  # the others had been searched with this portfolio
    changed: int = 0  # name other imported companies than before
    without_text: int = 0
    without_model: int = 0  # scored by a model that is not to be had any more

    @property
    def skipped(self) -> int:
        """Articles that could not be searched."""
        return self.without_text + self.without_model


class Searcher:
    """Searches what a store holds for one portfolio.

    Parameters
    ----------
    assessor_of : callable
        Gives the assessor of a model version, or raises an ArtifactError: whether a measure touches a company
        is asked of the model that scored the article.
    """

    def __init__(
        self,
        store: Store,
        portfolio: Portfolio,
        assessor_of: Callable[[str], Searches],
        trail: Trail,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._portfolio = portfolio
        self._assessor_of = assessor_of
        self._trail = trail
        self._clock = clock

    def search_all(self, progress: Callable[[int, float], None] | None = None) -> SearchTally:
        """Search every stored article; may be stopped and run again."""
        tally = SearchTally()
        after = 0
        while True:
            with self._store.read() as connection:
                page = newest_after(connection, after, _PAGE)
                last = last_key(connection)
            if not page:
                break
            for start in range(0, len(page), _BATCH):
                batch = page[start : start + _BATCH]
                self.search([article_id for _, article_id in batch], tally)
                after = batch[-1][0]
                if progress is not None:
                    progress(tally.articles, min(1.0, after / last))
        self._store.in_transaction(
            lambda connection: complete(
                connection,
                key_of(connection, self._portfolio, self._clock()),
                tally.skipped,
                self._clock(),
            )
        )
        return tally

    def search(self, article_ids: Iterable[str], tally: SearchTally | None = None) -> SearchTally:
        """Search some articles in one transaction."""
        tally = tally or SearchTally()
        wanted = list(dict.fromkeys(article_ids))
        tally.articles += len(wanted)
        with self._store.read() as connection:
            newest = latest_assessments(connection, wanted)
            records = find_articles(connection, wanted)
            earlier = searches_of(connection, [one.assessment_key for one in newest.values()])
        found: list[_Found] = []
        keys: list[int] = []
        for article_id, assessment in newest.items():
            last = earlier.get(assessment.assessment_key, [])[-1:]
            if any(
                (one.sha256, one.version) == (self._portfolio.sha256, self._portfolio.version) for one in last
            ):
                continue
            record = records[article_id]
            if assessment.abstained:
                keys.append(assessment.assessment_key)
                continue
            if record.article is None:
                tally.without_text += 1
                continue
            try:
                companies = self._companies(assessment, record.article)
            except ArtifactError:
                tally.without_model += 1
                continue
            observed_at = record.published_at or record.received_at
            place = Place(
                assessment.assessment_key,
                article_id,
                record.story_id,
                record.source,
                observed_at,
                record.received_at,
            )
            found.append((place, Verdict.read(assessment.content), companies))
            keys.append(assessment.assessment_key)
        if keys:
            tally.changed += self._store.in_transaction(
                lambda connection: self._save(connection, found, keys, wanted)
            )
            tally.searched += len(keys)
        return tally

    def _companies(self, assessment: AssessmentRecord, article: Article) -> tuple[CompanyExposure, ...]:
        regimes = assessment.content["regimes"]
        flagged: list[Regime] = [regime for regime in REGIMES if regimes[regime]["flagged"]]
        try:
            return self._assessor_of(assessment.model_version).search(article, flagged, self._portfolio)
        except InputError:  # a limit that the article was within when it was scored
            return ()

    def _save(
        self,
        connection: Connection,
        found: list[_Found],
        keys: list[int],
        article_ids: list[str],
    ) -> int:
        # Another process may have scored an article again meanwhile, and searched it.
        still = newest_keys(connection, article_ids)
        keys = [key for key in keys if key in still]
        found = [one for one in found if one[0].assessment_key in still]
        now = self._clock()
        portfolio_key = key_of(connection, self._portfolio, now)
        changed = renew_imported(connection, found, portfolio_key, now)
        record_searches(connection, keys, portfolio_key, now)
        named = {place.article_id: companies for place, _, companies in found}
        kind: ChangeKind = "article.searched"
        record_changes(
            connection,
            [
                (
                    kind,
                    {
                        "article_id": place.article_id,
                        "story_id": place.story_id,
                        "companies": [company.company_id for company in named[place.article_id]],
                    },
                )
                for place in changed
            ],
            now,
        )
        self._trail.note(
            connection,
            "articles.searched",
            given={"assessments": keys},
            detail={
                "portfolio": self._portfolio.sha256,
                "version": self._portfolio.version,
                "articles": len(keys),
                "changed": len(changed),
            },
        )
        return len(changed)
