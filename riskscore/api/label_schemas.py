"""The JSON objects of labels, the queue for review and agreement."""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from riskscore.api.record_schemas import Moment, NextCursor
from riskscore.labels.queue import Reason
from riskscore.types import Direction, Regime, Stage
from riskscore.wire.schemas import Probability

Kappa = Annotated[
    float | None, Field(description="Cohen's; null where one and the same answer was given throughout.")
]


class AuthorAnswer(TypedDict):
    """Who labelled."""

    name: str
    key_id: Annotated[str | None, Field(description="null where no key was asked for.")]


class LabelledCompanyAnswer(TypedDict):
    """A company that the text names."""

    name: str
    exposed: bool


class LabelAnswer(TypedDict):
    """What an article says, in an analyst's reading."""

    label_id: str
    article_id: str
    story_id: str
    assessment_id: Annotated[str, Field(description="That was corrected.")]
    model_version: Annotated[str, Field(description="By which that was made.")]
    author: AuthorAnswer
    sequence: Annotated[int, Field(ge=1, description="Of the author's labels of this article.")]
    labels: Annotated[dict[Regime, int], Field(description="Severity, 0 to 3, of each regime.")]
    stage: Stage | None
    direction: Direction | None
    companies: list[LabelledCompanyAnswer]
    evidence: dict[Regime, list[str]]
    genre: str | None
    note: str | None
    labelled_at: Moment
    superseded_at: Annotated[Moment | None, Field(description="By the author's next; null: in force.")]


class LabelsAnswer(TypedDict):
    """Labels, the newest first."""

    labels: list[LabelAnswer]
    next_cursor: NextCursor


class OpinionAnswer(TypedDict):
    """What is said of a regime."""

    probability: Probability
    threshold: Probability
    challenger: NotRequired[
        Annotated[Probability, Field(description="The challenger's probability, where it was asked.")]
    ]


class ReviewItemAnswer(TypedDict):
    """An article worth reviewing, and why."""

    article_id: str
    story_id: str
    title: str
    source: str | None
    published_at: Moment | None
    received_at: Moment
    score: float
    model_version: str
    reason: Reason
    regime: Annotated[Regime, Field(description="The one most in question.")]
    value: Annotated[float, Field(ge=0, le=1, description="By the reason's measure.")]
    regimes: dict[Regime, OpinionAnswer]


class ReviewQueueAnswer(TypedDict):
    """Articles in the order in which to review them."""

    author: AuthorAnswer
    challenger: Annotated[str | None, Field(description="Version of the challenger, where there is one.")]
    items: list[ReviewItemAnswer]


class RegimeAgreementAnswer(TypedDict):
    """How far readers agree on a regime."""

    presence: Annotated[Kappa, Field(description="Kappa of: labelled, or not.")]
    severity: Annotated[Kappa, Field(description="Kappa of severity 0 to 3, quadratic-weighted.")]


class PairRegimeAnswer(RegimeAgreementAnswer):
    """How far two readers agree on a regime."""

    agreed: Annotated[int, Field(description="Items that both label with it, or neither does.")]


class PairAgreementAnswer(TypedDict):
    """Of two readers."""

    authors: Annotated[list[AuthorAnswer], Field(min_length=2, max_length=2)]
    items: Annotated[int, Field(ge=1, description="That both labelled.")]
    regimes: dict[Regime, PairRegimeAnswer]


class AgreementAnswer(TypedDict):
    """How far analysts agree."""

    items: Annotated[int, Field(ge=0, description="That two or more labelled.")]
    regimes: Annotated[
        dict[Regime, RegimeAgreementAnswer], Field(description="Means over the pairs, by their items.")
    ]
    pairs: list[PairAgreementAnswer]
