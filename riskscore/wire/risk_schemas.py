"""The JSON objects of company risk."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from riskscore.api.record_schemas import Moment, NextCursor
from riskscore.types import SEVERITY_NAMES, Direction, Regime, Stage
from riskscore.wire.schemas import EvidenceAnswer

Score = Annotated[float, Field(ge=0, lt=100)]


class MeasureAnswer(TypedDict):
    """The newest story about a measure that touches the company."""

    stage: Stage
    published_at: Moment
    story_id: str


class ScopeRiskAnswer(TypedDict):
    """Risk in one regime, or over all."""

    score: Score
    severity: Annotated[
        int, Field(ge=0, le=3, description="Of the gravest story of the last four half-lives.")
    ]
    severity_name: Annotated[str, Field(json_schema_extra={"enum": list(SEVERITY_NAMES)})]
    trend: Annotated[
        Literal["rising", "steady", "fading"],
        Field(description="Against 30 days ago; fading: the news grows old."),
    ]
    change_30_days: Annotated[float, Field(description="Points, of the same model.")]
    change_90_days: float
    independent_stories: Annotated[int, Field(description="Near-duplicates count once.")]
    latest_measure: MeasureAnswer | None


class CompanyNamed(TypedDict):
    """A company."""

    company_id: str
    name: str


class RegimeEvidence(TypedDict):
    """What a story says in one regime."""

    score: Annotated[float, Field(ge=0, le=100, description="Of the article.")]
    severity: Annotated[int, Field(ge=0, le=3)]
    weight: Annotated[float, Field(ge=0, le=1, description="In the company's risk, now.")]
    sentences: list[EvidenceAnswer]


class StoryEvidence(TypedDict):
    """A story that weighs, by the copy that was published first."""

    story_id: str
    article_id: str
    assessment_id: str
    model_version: str
    knowledge_hash: str
    title: str
    source: str | None
    url: str | None
    published_at: Moment
    copies: int
    sources: int
    stage: Stage | None
    direction: Direction | None
    relevance: float
    exposure_probability: float
    weight: float
    path: Annotated[list[CompanyNamed], Field(description="From the company asked about to the one named.")]
    regimes: dict[Regime, RegimeEvidence]


class InstrumentCited(TypedDict):
    """A rule that the evidence speaks of."""

    instrument_id: str
    regime: Regime
    name: str
    citation: Annotated[str | None, Field(description="null unless checked against a primary source.")]
    status: str
    verified: bool
    stories: int


class SourceCount(TypedDict):
    """How much a source brought."""

    source: str
    articles: int


class Gap(TypedDict):
    """A time without any news of the company."""

    start: Moment
    end: Moment
    days: float


class CoverageAnswer(TypedDict):
    """How much news stands behind the answer, flagged or not."""

    articles: int
    stories: int
    sources: Annotated[list[SourceCount], Field(description="The 20 that brought most.")]
    oldest: Moment | None
    newest: Moment | None
    days_since_newest: float | None
    gaps: Annotated[list[Gap], Field(description="Of 30 days and more, newest first, at most 10.")]
    note: str


class MembershipAnswer(TypedDict):
    """An entry of an official list: a fact, which no score contains."""

    list_code: str
    entry_id: str
    name: str
    listed_on: str | None
    source: str
    retrieved_at: Moment
    company_id: str | None


class TodayAnswer(TypedDict):
    """What the newest model says of the same news, at the same moment."""

    risk: ScopeRiskAnswer
    regimes: dict[Regime, ScopeRiskAnswer]


class CompanyRiskAnswer(TypedDict):
    """A company's risk at a moment, and why."""

    company: CompanyNamed
    as_of: Moment
    basis: Literal["known", "published"]
    half_life_days: float
    since: Moment | None
    risk: ScopeRiskAnswer
    regimes: dict[Regime, ScopeRiskAnswer]
    today: Annotated[TodayAnswer | None, Field(description="Given with `as_of`, unless basis=published.")]
    evidence: list[StoryEvidence]
    instruments: list[InstrumentCited]
    lists: list[MembershipAnswer]
    subsidiaries: Annotated[
        list[list[CompanyNamed]], Field(description="Paths from the company to those rolled up.")
    ]
    coverage: CoverageAnswer
    models: list[str]
    not_known_then: Annotated[
        int, Field(description="Articles published by then that were stored only later.")
    ]
    warnings: list[str]


class TimelinePoint(TypedDict):
    """Scores at a moment."""

    at: Moment
    overall: Score
    chips: Score
    cloud_data: Score
    outbound_investment: Score
    stories: Annotated[int, Field(description="First published since the point before.")]


class TimelineAnswer(TypedDict):
    """A company's risk over time, by the newest model."""

    company: CompanyNamed
    half_life_days: float
    points: list[TimelinePoint]


class ComparedCompany(TypedDict):
    """One of the companies compared, or ranked."""

    rank: int
    company_id: str
    name: str
    country: str
    score: Score
    severity: int
    severity_name: str
    trend: Literal["rising", "steady", "fading"]
    change_30_days: float
    independent_stories: int
    chips: Score
    cloud_data: Score
    outbound_investment: Score


class ComparisonAnswer(TypedDict):
    """Companies, the most exposed first."""

    as_of: Moment
    regime: Regime | None
    companies: list[ComparedCompany]
    next_cursor: NextCursor
