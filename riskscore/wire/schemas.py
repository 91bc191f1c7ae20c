"""The JSON objects that clients rely on, typed, and described for OpenAPI.

The shape of `AssessmentAnswer` is a promise to clients: fields may be added, never renamed or removed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # pydantic takes the one of `typing` from Python 3.12 on only

from riskscore.types import SEVERITY_NAMES, Direction, Regime, Stage

Span = Annotated[
    tuple[int, int], Field(description="[start, end), in Unicode characters of the field as sent.")
]
Probability = Annotated[float, Field(ge=0, le=1)]
BodySpans = Annotated[list[Span], Field(description="Places in `text`, or in `html` where that was sent.")]
TitleSpans = Annotated[list[Span], Field(description="Places in `title`.")]


class EvidenceAnswer(TypedDict):
    """A sentence and what it adds to the regime's decision value."""

    text: str
    start: Annotated[int, Field(ge=0, description="In Unicode characters of `field` as sent.")]
    end: Annotated[int, Field(ge=0, description="One past the last character.")]
    contribution: Annotated[float, Field(description="Log-odds; positive speaks for exposure.")]
    field: Literal["title", "text", "html"]


class ContributionAnswer(TypedDict):
    """What one named feature adds to the regime's decision value."""

    feature: str
    description: str
    value: Annotated[
        float, Field(description="Weight times value, in log-odds; positive speaks for exposure.")
    ]
    spans: BodySpans
    title_spans: TitleSpans


class ReasonCodeAnswer(TypedDict):
    """An instrument whose own terms occur in the article."""

    instrument_id: str
    name: str
    citation: Annotated[str | None, Field(description="null unless checked against a primary source.")]
    status: str
    as_of: Annotated[str | None, Field(description="Date of the instrument's latest recorded event.")]
    verified: bool
    terms: Annotated[list[str], Field(description="The instrument's terms that the article uses.")]
    spans: BodySpans
    title_spans: TitleSpans


class RegimeAnswer(TypedDict):
    """One regime's result; `decision_value` = `intercept` + all contributions, those omitted included."""

    score: Annotated[float, Field(ge=0, le=100, description="Expected severity / 3 x 100.")]
    probability: Annotated[float, Field(ge=0, le=1, description="Calibrated, of severity 1 or more.")]
    severity: Annotated[int, Field(ge=0, le=3)]
    severity_name: Annotated[str, Field(json_schema_extra={"enum": list(SEVERITY_NAMES)})]
    severity_probabilities: Annotated[
        tuple[Probability, Probability, Probability, Probability],
        Field(description="Of severity 0, 1, 2, 3."),
    ]
    flagged: Annotated[bool, Field(description="Whether `probability` reaches `threshold`.")]
    threshold: Probability
    evidence: list[EvidenceAnswer]
    contributions: list[ContributionAnswer]
    contributions_omitted: Annotated[
        float, Field(description="Sum of the contributions left out, in log-odds.")
    ]
    intercept: float
    decision_value: float
    reason_codes: list[ReasonCodeAnswer]


class ExposureAnswer(TypedDict):
    """A company that the article names."""

    company_id: str
    name: str
    mentions: Annotated[int, Field(ge=1)]
    relevance: Annotated[
        float, Field(ge=0, le=1, description="1 for the subject, towards 0 for a passing mention.")
    ]
    exposed: Annotated[bool, Field(description="false for a bystander.")]
    exposure_probability: Probability
    spans: BodySpans
    title_spans: TitleSpans


class DeletedAnswer(TypedDict):
    """A sentence that the test took away."""

    field: Literal["title", "text", "html"]
    start: Annotated[int, Field(ge=0, description="In Unicode characters of `field` as sent.")]
    end: Annotated[int, Field(ge=0, description="One past the last character.")]


class VerificationAnswer(TypedDict):
    """A test of a regime's evidence: by how much its probability falls when sentences are taken away."""

    comprehensiveness: Annotated[
        float, Field(description="When the strongest sentences are deleted; high is good.")
    ]
    sufficiency: Annotated[float, Field(description="When nothing but them is kept; near 0 is good.")]
    random_comprehensiveness: Annotated[
        float, Field(description="When as many random sentences are deleted, on average.")
    ]
    sentences: Annotated[
        int, Field(ge=1, description="In the article, title included; with one or two, the test says little.")
    ]
    deleted: Annotated[
        list[DeletedAnswer], Field(description="The strongest fifth of the sentences, at least one.")
    ]


class ImportedAnswer(TypedDict):
    """The companies of the user's own that the article names; no score depends on them."""

    portfolio: Annotated[str, Field(description="SHA-256 of the names and rules they were looked for by.")]
    companies: list[ExposureAnswer]


class AssessmentAnswer(TypedDict):
    """Everything said about one article."""

    assessment_id: str
    model_version: str
    knowledge_hash: str
    abstained: bool
    abstain_reason: str | None
    score: Annotated[
        float | None, Field(description="Highest score of a regime, 0 to 100; null when abstained.")
    ]
    stage: Stage | None
    direction: Direction | None
    stage_probabilities: dict[Stage, Probability]
    direction_probabilities: dict[Direction, Probability]
    regimes: Annotated[dict[Regime, RegimeAnswer], Field(description="Empty when abstained.")]
    companies: list[ExposureAnswer]
    language: str | None
    warnings: list[str]
    verification: NotRequired[
        Annotated[
            dict[Regime, VerificationAnswer],
            Field(description="Of the flagged regimes; given when `options.verify` was set."),
        ]
    ]
    base_rate: NotRequired[
        Annotated[float, Field(gt=0, lt=1, description="As asked for in `options.base_rate`.")]
    ]
    imported: NotRequired[
        Annotated[
            ImportedAnswer,
            Field(description="Of a score that is not kept, where companies were imported."),
        ]
    ]


class FieldErrorAnswer(TypedDict):
    """One thing wrong with one field."""

    field: Annotated[str, Field(description="Dotted path, such as items.3.options.evidence.")]
    message: str
    input: NotRequired[Annotated[Any, Field(description="The value as sent, cut to 80 characters.")]]


class ProblemAnswer(TypedDict):
    """An error (RFC 9457, application/problem+json)."""

    type: Annotated[str, Field(description="A stable URN for the kind of problem.")]
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    instance: Annotated[str, Field(description="Path of the request; a batch item adds #/items/<index>.")]
    request_id: NotRequired[Annotated[str, Field(description="The answer's X-Request-ID.")]]
    errors: list[FieldErrorAnswer]


class ItemAssessed(TypedDict):
    """A batch item that was scored or abstained on."""

    id: str | None
    assessment: AssessmentAnswer


class ItemRefused(TypedDict):
    """A batch item that could not be scored."""

    id: str | None
    error: ProblemAnswer


class BatchAnswer(TypedDict):
    """One result per item, in the order of the items."""

    results: list[ItemAssessed | ItemRefused]


class InstrumentAnswer(TypedDict):
    """A rule, statute or order of the knowledge files."""

    instrument_id: str
    regime: Regime
    name: str
    citation: Annotated[str | None, Field(description="null unless `citation_verified`.")]
    citation_verified: bool
    verified: Annotated[bool, Field(description="Whether the entry was checked against its source.")]
    note: Annotated[str | None, Field(description="What is unverified, and what that means.")]
    agency: str
    jurisdiction: str
    status: str
    dates: Annotated[dict[str, str], Field(description="ISO dates by event.")]
    restricts: str
    exposes: list[str]
    terms: list[str]
    summary: str
    source: str


class InstrumentsAnswer(TypedDict):
    """The instruments that pass the filters, in the order of the knowledge files."""

    instruments: list[InstrumentAnswer]
    count: int


class CompanyAnswer(TypedDict):
    """A company of the knowledge files, or of the user's own."""

    company_id: str
    name: str
    aliases: list[str]
    tickers: Annotated[list[str], Field(description="Exchange and symbol: NASDAQ:NVDA.")]
    country: Annotated[str, Field(description="ISO 3166-1 alpha-2; empty where it is not known.")]
    roles: list[str]
    chinese_name: str | None
    origins: Annotated[
        list[str], Field(description="knowledge, or the formats it was imported from: csv, sec, csl …")
    ]
    leis: Annotated[list[str], Field(description="Legal entity identifiers, as imported.")]
    parent_id: Annotated[str | None, Field(description="Of its owner, as imported.")]


class CompaniesAnswer(TypedDict):
    """Companies, best match first."""

    companies: list[CompanyAnswer]
    count: int


class RegimeDefinitionAnswer(TypedDict):
    """What a regime covers."""

    regime: Regime
    name: str
    description: str


class TermAnswer(TypedDict):
    """A word of an assessment, and what it stands for."""

    name: str
    description: str


class RegimesAnswer(TypedDict):
    """The words in which an assessment answers, in their natural order; a severity's place is its level."""

    regimes: list[RegimeDefinitionAnswer]
    severities: list[TermAnswer]
    stages: list[TermAnswer]
    directions: list[TermAnswer]


class OperatingPointAnswer(TypedDict):
    """What a threshold on the probability does, measured on held-out items of the training corpus."""

    threshold: Probability
    recall: Annotated[float, Field(ge=0, le=1, description="Share of positives that reach the threshold.")]
    false_positive_rate: Annotated[
        float, Field(ge=0, le=1, description="Share of negatives that reach it; most of them near misses.")
    ]


class OperatingCurveAnswer(TypedDict):
    """How the model does on one regime, from lenient to strict."""

    training_rate: Annotated[
        float, Field(gt=0, lt=1, description="Share of positives in the training corpus.")
    ]
    points: list[OperatingPointAnswer]


class ModelAnswer(TypedDict):
    """The model that answers."""

    version: str
    knowledge_hash: str
    metrics: Annotated[dict[str, Any], Field(description="As measured when the model was published.")]
    thresholds: Annotated[dict[str, Any], Field(description="Probability from which a regime is flagged.")]
    operating_points: Annotated[
        dict[Regime, OperatingCurveAnswer],
        Field(
            description="For a threshold of your own, by what you can read; see `riskscore model capacity`."
        ),
    ]
    manifest: Annotated[
        dict[str, Any], Field(description="The rest of the artifact's manifest: seed, hashes, versions.")
    ]
    card: Annotated[str, Field(description="The model card, Markdown.")]


class HealthAnswer(TypedDict):
    """The process lives."""

    status: Literal["alive"]


class ReadyAnswer(TypedDict):
    """The process can score."""

    status: Literal["ready"]
    model_version: str
    knowledge_hash: str
