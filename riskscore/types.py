"""Frozen records that the stages exchange; no behaviour beyond what the record itself implies."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

Regime = Literal["chips", "cloud_data", "outbound_investment"]
REGIMES: tuple[Regime, ...] = ("chips", "cloud_data", "outbound_investment")

Stage = Literal["signal", "proposed", "adopted", "enforced", "eased"]
STAGES: tuple[Stage, ...] = ("signal", "proposed", "adopted", "enforced", "eased")

Direction = Literal["tightening", "easing", "mixed"]
DIRECTIONS: tuple[Direction, ...] = ("tightening", "easing", "mixed")

SEVERITY_NAMES = ("none", "watch", "material", "acute")

Field = Literal["title", "text", "html"]


@dataclass(frozen=True, slots=True)
class Article:
    """One news item as the caller sent it. Exactly one of `text` and `html` carries the body."""

    title: str = ""
    text: str | None = None
    html: str | None = None
    url: str | None = None
    source: str | None = None
    published_at: datetime | None = None  # UTC-aware
    language: str | None = None  # ISO 639-1, the caller's word; detected when None


class SourceSpan(NamedTuple):
    """Half-open character range in one field of the article as sent.

    A tuple, as `Contribution` and `Evidence` are: an assessment has a hundred of them, and a frozen data
    class takes twice the time to make.
    """

    field: Field
    start: int
    end: int


class Segment(NamedTuple):
    """A run of document characters and where it stands in a source field.

    The characters stand one for one (a control or space character may have become a plain space),
    unless `source_end` is set: then they are decoded from the whole range up to it ("&#8217;").
    """

    start: int  # offset in Document.text
    end: int
    field: Field
    source_start: int
    source_end: int | None = None


class Sentence(NamedTuple):
    """Half-open character range of one sentence in `Document.text`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """The clean text that the model reads, with the way back to what was sent.

    `text` is the title, a newline, then the kept paragraphs joined by newlines; the first line
    is always the title's, and empty when there is none. `segments` are ordered and disjoint;
    characters between them (joining newlines) have no source.
    """

    text: str
    segments: tuple[Segment, ...]
    sentences: tuple[Sentence, ...]
    language: str | None = None
    language_probability: float = 0.0
    abstain_reason: str | None = None
    warnings: tuple[str, ...] = ()
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", tuple([segment.start for segment in self.segments]))

    def locate(self, start: int, end: int) -> SourceSpan | None:
        """Source range that covers document range [start, end); None when none of it was sent.

        A range over several segments of one field is covered whole, markup between included; a
        range over two fields is cut to the field in which it begins.
        """
        first = max(bisect_right(self._starts, start) - 1, 0)
        if first < len(self.segments):
            segment = self.segments[first]
            if segment.source_end is None and segment.start <= start < end <= segment.end:
                shift = segment.source_start - segment.start
                return SourceSpan(segment.field, start + shift, end + shift)
        found: SourceSpan | None = None
        for index in range(first, len(self.segments)):  # no slice: a page has thousands of segments
            segment = self.segments[index]
            if segment.start >= end:
                break
            lo, hi = max(start, segment.start), min(end, segment.end)
            if lo >= hi:
                continue
            if segment.source_end is None:
                source_lo = segment.source_start + lo - segment.start
                source_hi = segment.source_start + hi - segment.start
            else:
                source_lo, source_hi = segment.source_start, segment.source_end
            if found is None:
                found = SourceSpan(segment.field, source_lo, source_hi)
            elif segment.field != found.field:
                break
            else:
                found = SourceSpan(found.field, found.start, max(found.end, source_hi))
        return found


@dataclass(frozen=True, slots=True)
class Mention:
    """One occurrence of a company's name in `Document.text`."""

    company_id: str
    alias: str  # as written in the document
    start: int
    end: int
    kind: Literal["name", "alias", "ticker", "chinese_name"]


@dataclass(frozen=True, slots=True)
class Company:
    """A company of the knowledge files."""

    company_id: str
    name: str
    aliases: tuple[str, ...] = ()
    tickers: tuple[str, ...] = ()  # "NASDAQ:NVDA"
    country: str = ""  # ISO 3166-1 alpha-2
    roles: tuple[str, ...] = ()
    chinese_name: str | None = None
    ambiguous: tuple[str, ...] = ()  # those of its names that are ordinary words or other things too


@dataclass(frozen=True, slots=True)
class Concept:
    """A named set of terms of the lexicon, and the part it plays in a sentence."""

    name: str
    role: str  # such as "actor", "measure", "object"
    description: str
    terms: tuple[str, ...]  # lower-case; leading "=" means case-sensitive, trailing "*" any ending


@dataclass(frozen=True, slots=True)
class TermPattern:
    """Groups of terms that together speak for an instrument; one term stands for its group.

    A text fits when one of its sentences has a term of every group in `here` and none of any in
    `absent`, and the text as a whole has a term of every group in `anywhere`.
    """

    here: tuple[tuple[str, ...], ...]
    anywhere: tuple[tuple[str, ...], ...] = ()
    absent: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Instrument:
    """A rule, statute or order; cite only where `citation_verified`."""

    instrument_id: str
    regime: Regime
    name: str
    citation: str
    agency: str
    jurisdiction: str
    status: str
    dates: dict[str, str]  # what lies ahead of the review is named "scheduled_…"
    restricts: str
    exposes: tuple[str, ...]
    terms: tuple[str, ...]  # its names: each alone is enough to cite it
    summary: str
    source: str
    verified: bool
    citation_verified: bool
    weak_terms: tuple[str, ...] = ()  # two different ones in a sentence are enough
    patterns: tuple[TermPattern, ...] = ()  # each alone is enough
    supersedes: tuple[str, ...] = ()  # ids of instruments whose place it took


class Contribution(NamedTuple):
    """What one named feature adds to a decision value, in calibrated log-odds."""

    feature: str
    description: str
    value: float
    spans: tuple[SourceSpan, ...] = ()


class Evidence(NamedTuple):
    """A sentence of the article and what it adds to the decision value, in log-odds."""

    text: str
    span: SourceSpan
    contribution: float


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """An instrument whose own terms occur in the article."""

    instrument_id: str
    name: str
    citation: str | None  # None unless the citation is verified
    status: str
    as_of: str | None  # ISO date of the instrument's latest recorded event
    verified: bool
    terms: tuple[str, ...]  # the terms found
    spans: tuple[SourceSpan, ...]


@dataclass(frozen=True, slots=True)
class RegimeScore:
    """One regime's result. `decision_value` = `intercept` + the sum of all contributions."""

    regime: Regime
    score: float  # 0-100: expected severity / 3 x 100
    probability: float  # of severity >= 1, calibrated
    severity: int  # 0-3
    severity_probabilities: tuple[float, float, float, float]
    flagged: bool
    threshold: float
    intercept: float
    decision_value: float
    contributions: Sequence[Contribution]
    evidence: tuple[Evidence, ...]
    reason_codes: tuple[ReasonCode, ...]
    contributions_omitted: float = 0.0  # sum of those left out at the caller's wish


@dataclass(frozen=True, slots=True)
class CompanyExposure:
    """A company named in the article, and whether the measure touches it or it stands by."""

    company_id: str
    name: str
    mentions: int
    relevance: float  # 0-1: subject against passing mention
    exposed: bool
    exposure_probability: float
    spans: tuple[SourceSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """A test of one regime's evidence: falls of its probability when sentences are taken away."""

    comprehensiveness: float  # when the strongest sentences are deleted; high is good
    sufficiency: float  # when nothing but them is kept; near 0 is good
    random_comprehensiveness: float  # when as many random sentences are deleted, on average
    sentences: int  # of the whole text; of one or two, a deletion leaves too little to tell much
    deleted: tuple[SourceSpan, ...]  # the strongest sentences


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything said about one article: the answer of the API and the row that is stored."""

    assessment_id: str
    model_version: str
    knowledge_hash: str
    abstained: bool
    abstain_reason: str | None
    score: float | None  # highest regime score; None when abstained
    stage: Stage | None
    direction: Direction | None
    regimes: dict[Regime, RegimeScore]
    companies: tuple[CompanyExposure, ...]
    stage_probabilities: dict[Stage, float] = field(default_factory=dict)
    direction_probabilities: dict[Direction, float] = field(default_factory=dict)
    language: str | None = None
    warnings: tuple[str, ...] = ()
    verification: dict[Regime, Verification] | None = None  # of the flagged regimes; None: not asked for
    base_rate: float | None = None  # to which probabilities were shifted; None: the training corpus's
    words: int = 0  # of the text, company names included; 0 where they were not counted
    unknown_words: int = 0  # of them, those that the model has no weight for, as company names never have
    imported: tuple[CompanyExposure, ...] = ()  # companies of the user's own; no score depends on them
    portfolio: str | None = None  # hash of the names that these were looked for by; None: they were not
