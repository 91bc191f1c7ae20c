"""A question about a company in, a dated answer with its evidence out; behind API, memo and terminal.

`as_of` answers twice: `risk` is what was known then (news stored by then, scored by the model of then), and
`today` what today's model says of the same news. See docs/decisions/0004-as-of.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from riskscore.dossier.directory import Ranks, search
from riskscore.errors import InputError
from riskscore.knowledge import Knowledge
from riskscore.risk import HALF_LIFE_DAYS, CompanyRisk, Coverage, Sighting, WeightedStory, company_risk
from riskscore.store.articles import ArticleRecord, find_articles
from riskscore.store.assessments import AssessmentRecord, find_by_key
from riskscore.store.companies import descendants, find_companies
from riskscore.store.lists import Membership, memberships_of
from riskscore.store.mentions import View, count_unknown_then, coverage, sightings
from riskscore.store.portfolio import not_searched_back
from riskscore.store.stories import count_copies
from riskscore.types import Instrument, Regime

Basis = Literal["known", "published"]


class UnknownCompanyError(InputError):
    """No company of the knowledge files or of the user's own has that id or name."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The company asked about."""

    company_id: str
    name: str
    country: str
    tickers: tuple[str, ...] = ()
    chinese_name: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes
    ----------
    at : datetime
        The moment asked about.
    as_of : bool
        Whether `at` was given, and not simply now.
    basis : "known" or "published"
        Of a past moment: the news that was stored by then, or all that was published by then, whenever
        it was stored (for archives that were read in later).
    """

    at: datetime
    as_of: bool = False
    basis: Basis = "known"
    regime: Regime | None = None
    since: datetime | None = None
    half_life_days: float = HALF_LIFE_DAYS
    evidence: int = 5
    rollup: bool = True

    @property
    def view(self) -> View:
        """The rows of the store that count."""
        if not self.as_of or self.basis == "published":
            return View()
        return View(known_at=self.at, model_at=self.at)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A story that weighs, with the article and the assessment that speak for it."""

    story: WeightedStory
    article: ArticleRecord
    assessment: AssessmentRecord
    copies: int  # articles of the story
    sources: int  # distinct sources among them
    path: tuple[str, ...]  # of company ids, from the one asked about down to the one named


@dataclass(frozen=True, slots=True)
class Dossier:
    """The answer."""

    subject: Subject
    question: Question
    risk: CompanyRisk
    today: CompanyRisk | None  # of the same news, by the newest assessments; where as_of asks what was known
    coverage: Coverage
    exhibits: tuple[Exhibit, ...]  # heaviest first
    instruments: tuple[tuple[Instrument, int], ...]  # with the number of stories that cite each
    memberships: tuple[Membership, ...]
    subsidiaries: dict[str, tuple[str, ...]]  # id -> path
    names: dict[str, str]  # of all companies on the paths
    unknown_then: int  # articles published by `at` that were stored only later
    models: tuple[str, ...] = field(default=())  # versions behind the exhibits
    behind: tuple[str, ...] = ()  # ids of imported companies that older news was not searched for


def find_subject(connection: Connection, knowledge: Knowledge, company_id: str) -> Subject:
    """The company of that id.

    Raises
    ------
    UnknownCompanyError
    """
    known = knowledge.companies.get(company_id)
    if known is not None:
        return Subject(known.company_id, known.name, known.country, known.tickers, known.chinese_name)
    imported = find_companies(connection, [company_id]).get(company_id)
    if imported is None:
        raise UnknownCompanyError(f"there is no company {company_id[:80]!r}", "company_id")
    return Subject(imported.company_id, imported.name, imported.country or "")


def resolve(connection: Connection, knowledge: Knowledge, index: Ranks, written: str) -> Subject:
    """The company that a person means by an id, name, ticker or LEI.

    Raises
    ------
    UnknownCompanyError
    """
    if written in knowledge.companies or find_companies(connection, [written]):
        return find_subject(connection, knowledge, written)
    found = search(connection, knowledge, index, written, 1)
    if found:
        return find_subject(connection, knowledge, found[0].company.company_id)
    raise UnknownCompanyError(f"no company matches {written[:80]!r}", "company")


def compile_dossier(
    connection: Connection, knowledge: Knowledge, company_id: str, question: Question
) -> Dossier:
    """Answer a question.

    Raises
    ------
    UnknownCompanyError
    """
    subject = find_subject(connection, knowledge, company_id)
    paths: dict[str, tuple[str, ...]] = {company_id: (company_id,)}
    if question.rollup:
        paths = descendants(connection, company_id)
    scope = list(paths)
    view, at, since = question.view, question.at, question.since
    seen = sightings(connection, scope, view, until=at, since=since)
    risk = company_risk(seen, at, half_life_days=question.half_life_days, since=since)
    today = None
    unknown_then = 0
    if question.as_of:
        if question.basis == "known":  # else the newest assessments have answered already
            renewed = sightings(connection, scope, View(known_at=at), until=at, since=since)
            today = company_risk(renewed, at, half_life_days=question.half_life_days, since=since)
        unknown_then = count_unknown_then(connection, scope, at)
    places = risk.weighing(question.regime)
    heaviest = [risk.story(place) for place in places[: question.evidence]]
    exhibits = _exhibits(connection, heaviest, paths)
    return Dossier(
        subject=subject,
        question=question,
        risk=risk,
        today=today,
        coverage=coverage(connection, scope, view, until=at, since=since),
        exhibits=exhibits,
        instruments=_instruments(knowledge, (risk.stories[place] for place in places), question.regime),
        memberships=tuple(memberships_of(connection, scope)),
        subsidiaries={child: path for child, path in paths.items() if child != company_id},
        names=_names(connection, knowledge, scope),
        unknown_then=unknown_then,
        models=tuple(dict.fromkeys(exhibit.assessment.model_version for exhibit in exhibits)),
        behind=tuple(not_searched_back(connection, [one for one in scope if one not in knowledge.companies])),
    )


def _exhibits(
    connection: Connection, stories: Sequence[WeightedStory], paths: dict[str, tuple[str, ...]]
) -> tuple[Exhibit, ...]:
    articles = find_articles(connection, [story.sighting.article_id for story in stories])
    assessments = find_by_key(connection, [story.sighting.assessment_key for story in stories])
    copies = count_copies(connection, [story.sighting.story_id for story in stories])
    return tuple(
        Exhibit(
            story=story,
            article=articles[story.sighting.article_id],
            assessment=assessments[story.sighting.assessment_key],
            copies=copies[story.sighting.story_id][0],
            sources=copies[story.sighting.story_id][1],
            path=paths[story.sighting.company_id],
        )
        for story in stories
    )


def _instruments(
    knowledge: Knowledge, stories: Iterable[Sighting], regime: Regime | None
) -> tuple[tuple[Instrument, int], ...]:
    counts: Counter[str] = Counter()
    for cited, times in Counter([story.instruments for story in stories]).items():
        for instrument_id in cited.split():
            counts[instrument_id] += times
    # An instrument that was since taken out of the knowledge files is not shown: nothing is known of it.
    found = [
        (knowledge.instruments[instrument_id], count)
        for instrument_id, count in counts.items()
        if instrument_id in knowledge.instruments
        and (regime is None or knowledge.instruments[instrument_id].regime == regime)
    ]
    return tuple(sorted(found, key=lambda pair: (-pair[1], pair[0].instrument_id)))


def _names(connection: Connection, knowledge: Knowledge, company_ids: Sequence[str]) -> dict[str, str]:
    imported = find_companies(connection, [one for one in company_ids if one not in knowledge.companies])
    names = {company_id: record.name for company_id, record in imported.items()}
    return names | {
        company_id: knowledge.companies[company_id].name
        for company_id in company_ids
        if company_id in knowledge.companies
    }
