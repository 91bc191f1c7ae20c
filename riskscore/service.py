"""The one write path: articles in, scored, grouped into stories and stored in one transaction.

Whoever brings news (API, command line, feeds) calls `Newsroom.ingest`; whoever asks reads the store.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from sqlalchemy import Connection

from riskscore.alerting.findings import Assessed
from riskscore.alerting.raising import AlertRaiser
from riskscore.auditing.trail import Trail, process_trail
from riskscore.errors import InputError
from riskscore.observability.tracing import span
from riskscore.portfolio.keeper import PortfolioKeeper
from riskscore.store import Store
from riskscore.store.articles import (
    content_id,
    find_articles,
    insert_articles,
    known_articles,
    require_storable,
)
from riskscore.store.assessments import (
    AssessmentRecord,
    assessed_with,
    insert_assessments,
    latest_assessments,
)
from riskscore.store.changes import ChangeKind, record_changes
from riskscore.store.idempotency import find_key, insert_key
from riskscore.store.mention_rows import Place, insert_mentions, supersede
from riskscore.store.mentions import imported_of
from riskscore.store.portfolio import key_of, record_searches
from riskscore.store.stories import BandIndex, NewStory
from riskscore.store.times import utc_now
from riskscore.stories import bands, matching_story, signature
from riskscore.types import Article, Assessment
from riskscore.wire.answers import assessment_answer
from riskscore.wire.encoding import encode_json

if TYPE_CHECKING:
    from riskscore.knowledge import Knowledge
    from riskscore.portfolio.matcher import Portfolio

# What a stored assessment holds, whatever the sender asked to see: else replay could not compare bytes.
STORED_CONTRIBUTIONS = 20
STORED_EVIDENCE = 5


class Scores(Protocol):
    """What of an `Assessor` is needed here."""

    @property
    def knowledge(self) -> Knowledge: ...

    def assess(
        self,
        article: Article,
        *,
        max_contributions: int | None = 20,
        max_evidence: int = 5,
        portfolio: Portfolio | None = None,
    ) -> Assessment: ...


class KeyReusedError(InputError):
    """An idempotency key came again with another article."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one article."""

    article_id: str
    story_id: str
    created: bool  # false: the article was there already, and nothing was stored
    assessment: AssessmentRecord
    imported: tuple[str, ...] = ()  # ids of the imported companies that the article names


@dataclass(frozen=True, slots=True)
class _Scored:
    """An article with all that can be worked out before the transaction."""

    article_id: str
    article: Article
    assessment: Assessment
    answer: bytes
    signature: bytes
    bands: tuple[int, ...]
    portfolio: Portfolio | None  # with which it was searched for imported companies; None: there are none


class Newsroom:
    """Scores and stores news with one assessor and one store; safe to share between threads.

    News is searched for the companies that the store holds at that moment, too (`riskscore.portfolio`).

    Parameters
    ----------
    keep_text : bool
        Whether bodies are stored; without them an assessment cannot be replayed.
    clock : callable
        Gives this moment; tests hand in another.
    alerts : AlertRaiser or None
        Raises the alerts that new articles call for, in their transaction.
    trail : Trail or None
        Records scores in the audit ledger, in their transaction; by default as whoever runs this process.
    """

    def __init__(
        self,
        assessor: Scores,
        store: Store,
        *,
        keep_text: bool = True,
        clock: Callable[[], datetime] = utc_now,
        alerts: AlertRaiser | None = None,
        trail: Trail | None = None,
    ) -> None:
        self.assessor = assessor
        self.store = store
        self.keep_text = keep_text
        self.clock = clock
        self.alerts = alerts or AlertRaiser()
        self.trail = trail or process_trail(store, clock=clock)
        self.portfolio = PortfolioKeeper(store)

    def acting(self, trail: Trail) -> Newsroom:
        """The same newsroom for somebody else, whom the ledger then names."""
        other = copy.copy(self)
        other.trail = trail
        return other

    def ingest(
        self, articles: Sequence[Article], assessors: Sequence[Scores] | None = None
    ) -> list[Ingested | InputError]:
        """Score and store articles in one transaction; when this returns, they are on disk.

        Parameters
        ----------
        assessors : sequence of Scores, optional
            Who scores each, where it is not the newsroom's own. What is stored already is not scored again,
            whoever is named.

        Returns
        -------
        list
            In the order given: what became of each, or why it could not be scored. A bad article never
            keeps the others from being stored.

        Raises
        ------
        BusyStoreError
        """
        results: dict[str, _Scored | InputError | None] = {}
        wanted = []
        for place, article in enumerate(articles):
            try:
                require_storable(article)
            except InputError as error:
                wanted.append(f"refused {place}")
                results[wanted[-1]] = error
            else:
                wanted.append(content_id(article))
                results[wanted[-1]] = None
        with self.store.read() as connection:
            known = set(known_articles(connection, set(wanted)))
            portfolio = self.portfolio.current(connection)
        by = [self.assessor] * len(articles) if assessors is None else assessors
        for article_id, article, assessor in zip(wanted, articles, by, strict=True):
            if article_id not in known and results[article_id] is None:
                results[article_id] = self._scored(article_id, article, assessor, portfolio)
        scored = [result for result in results.values() if isinstance(result, _Scored)]
        with span("store", **{"riskscore.articles": len(scored)}):
            created = (
                self.store.in_transaction(lambda connection: self._save(connection, scored)) if scored else {}
            )
            return self._results(wanted, results, created)

    def ingest_once(
        self, article: Article, key: str, request_hash: str, assessor: Scores | None = None
    ) -> Ingested:
        """Like `ingest` of one article, for a caller who may not know whether the last try arrived.

        Parameters
        ----------
        key : str
            The caller's idempotency key.
        request_hash : str
            Of the whole request, so that the key's reuse for another one is noticed.
        assessor : Scores, optional
            As of `ingest`.

        Raises
        ------
        InputError
            The article cannot be scored.
        KeyReusedError, BusyStoreError
        """
        require_storable(article)
        article_id = content_id(article)
        with self.store.read() as connection:
            earlier = find_key(connection, key)
            stored = bool(known_articles(connection, [article_id]))
            portfolio = self.portfolio.current(connection)
        if earlier is not None:
            return self._earlier(earlier, request_hash)
        scored = None if stored else self._scored(article_id, article, assessor or self.assessor, portfolio)
        if isinstance(scored, InputError):
            raise scored

        def save(connection: Connection) -> tuple[str, str] | set[str]:
            raced = find_key(connection, key)
            if raced is not None:
                return raced
            created = set(self._save(connection, [scored] if scored else []))
            insert_key(connection, key, request_hash, article_id, self.clock())
            return created

        with span("store", **{"riskscore.articles": 1}):
            saved = self.store.in_transaction(save)
        if isinstance(saved, tuple):
            return self._earlier(saved, request_hash)
        (result,) = self._results([article_id], {article_id: scored}, dict.fromkeys(saved, ""))
        assert isinstance(result, Ingested)
        return result

    def rescore(self, article_ids: Iterable[str]) -> int:
        """Score stored articles with the present model and knowledge; each gets a further assessment.

        Those that were scored so already, and those whose text was not kept, are left as they are.

        Returns
        -------
        int
            How many were scored.
        """
        wanted = list(dict.fromkeys(article_ids))
        with self.store.read() as connection:
            records = find_articles(connection, wanted)
            portfolio = self.portfolio.current(connection)
        scored: list[_Scored] = []
        for article_id in wanted:
            record = records.get(article_id)
            if record is None or record.article is None:
                continue
            result = self._scored(article_id, record.article, self.assessor, portfolio)
            if isinstance(result, _Scored):
                scored.append(result)

        def save(connection: Connection) -> int:
            done: set[str] = set()
            for one in scored:
                done |= assessed_with(
                    connection, [one.article_id], one.assessment.model_version, one.assessment.knowledge_hash
                )
            fresh = [one for one in scored if one.article_id not in done]
            now = self.clock()
            supersede(connection, [one.article_id for one in fresh], now)
            placed = {
                one.article_id: (records[one.article_id].story_id, records[one.article_id].received_at)
                for one in fresh
            }
            self._save_assessments(connection, fresh, placed, now, "article.rescored")
            return len(fresh)

        return self.store.in_transaction(save) if scored else 0

    def _scored(
        self, article_id: str, article: Article, assessor: Scores, portfolio: Portfolio
    ) -> _Scored | InputError:
        searched = portfolio if len(portfolio) else None
        try:
            assessment = assessor.assess(
                article,
                max_contributions=STORED_CONTRIBUTIONS,
                max_evidence=STORED_EVIDENCE,
                portfolio=searched,
            )
        except InputError as error:
            return error
        made = signature(f"{article.title}\n{article.text or article.html or ''}")
        return _Scored(
            article_id=article_id,
            article=article,
            assessment=assessment,
            answer=encode_json(assessment_answer(assessment)),
            signature=made,
            bands=bands(made),
            portfolio=searched,
        )

    def _save(self, connection: Connection, scored: Sequence[_Scored]) -> dict[str, str]:
        """Store what is new of these; returns the story of each new article."""
        now = self.clock()
        known = known_articles(connection, [one.article_id for one in scored])
        fresh = [one for one in scored if one.article_id not in known]
        index = BandIndex(connection, (band for one in fresh for band in one.bands))
        placed: dict[str, tuple[str, datetime]] = {}
        new_stories: list[NewStory] = []
        for one in fresh:
            published_at = one.article.published_at or now
            story_id = matching_story(one.signature, published_at, index.candidates(one.bands))
            if story_id is None:
                story_id = f"st_{one.article_id.removeprefix('ar_')}"
                story = NewStory(story_id, one.article.title, published_at, one.signature, one.bands)
                index.note(story)
                new_stories.append(story)
            placed[one.article_id] = (story_id, now)
        index.flush(new_stories, now)
        insert_articles(
            connection,
            [(one.article_id, placed[one.article_id][0], one.article) for one in fresh],
            now,
            keep_text=self.keep_text,
        )
        self._save_assessments(connection, fresh, placed, now, "article.added")
        return {article_id: story_id for article_id, (story_id, _) in placed.items()}

    def _save_assessments(
        self,
        connection: Connection,
        scored: Sequence[_Scored],
        placed: dict[str, tuple[str, datetime]],
        now: datetime,
        kind: Literal["article.added", "article.rescored"],
    ) -> None:
        keys = insert_assessments(
            connection, [(one.article_id, one.assessment, one.answer) for one in scored], now
        )
        mentions = []
        changes: list[tuple[ChangeKind, dict[str, object]]] = []
        for key, one in zip(keys, scored, strict=True):
            story_id, received_at = placed[one.article_id]
            observed_at = one.article.published_at or received_at
            source = one.article.source
            place = Place(key, one.article_id, story_id, source, observed_at, received_at)
            mentions.append((place, one.assessment))
            subject: dict[str, object] = {
                "article_id": one.article_id,
                "story_id": story_id,
                "assessment_id": one.assessment.assessment_id,
                "score": one.assessment.score,
                "companies": [
                    company.company_id for company in (*one.assessment.companies, *one.assessment.imported)
                ],
            }
            changes.append((kind, subject))
        insert_mentions(connection, mentions, now, self._record_searches(connection, keys, scored, now))
        if kind == "article.added":
            assessed = [
                Assessed(key, one.article_id, one.article, placed[one.article_id][0], one.assessment)
                for key, one in zip(keys, scored, strict=True)
            ]
            self.alerts.raise_alerts(connection, assessed, now)
        record_changes(connection, changes, now)
        self.trail.note_scores(
            connection, kind, [(one.article_id, one.article, one.assessment, one.answer) for one in scored]
        )

    @staticmethod
    def _record_searches(
        connection: Connection, keys: Sequence[int], scored: Sequence[_Scored], now: datetime
    ) -> dict[str, int]:
        """Put on record what was searched with which portfolio; by its hash, the key of each."""
        found: dict[str, int] = {}
        for portfolio in {id(one.portfolio): one.portfolio for one in scored if one.portfolio}.values():
            found[portfolio.sha256] = key_of(connection, portfolio, now)
            searched = [key for key, one in zip(keys, scored, strict=True) if one.portfolio is portfolio]
            record_searches(connection, searched, found[portfolio.sha256], now)
        return found

    def _results(
        self,
        wanted: Sequence[str],
        results: dict[str, _Scored | InputError | None],
        created: dict[str, str],
    ) -> list[Ingested | InputError]:
        stored = [article_id for article_id in wanted if not isinstance(results[article_id], InputError)]
        with self.store.read() as connection:
            stories = known_articles(connection, stored)
            assessments = latest_assessments(connection, stored)
            imported = imported_of(connection, stored) if len(self.portfolio.current(connection)) else {}
        answers: list[Ingested | InputError] = []
        told: set[str] = set()
        for article_id in wanted:
            result = results[article_id]
            if isinstance(result, InputError):
                answers.append(result)
                continue
            new = article_id in created and article_id not in told
            told.add(article_id)
            answers.append(
                Ingested(
                    article_id,
                    stories[article_id],
                    new,
                    assessments[article_id],
                    tuple(imported.get(article_id, ())),
                )
            )
        return answers

    def _earlier(self, earlier: tuple[str, str], request_hash: str) -> Ingested:
        known_hash, article_id = earlier
        if known_hash != request_hash:
            raise KeyReusedError(
                "this Idempotency-Key was used for another request; use a new one for each article",
                "idempotency-key",
            )
        (result,) = self._results([article_id], {article_id: None}, {})
        assert isinstance(result, Ingested)
        return result


def request_hash(body: bytes) -> str:
    """What tells two requests with one idempotency key apart."""
    return hashlib.sha256(body).hexdigest()
