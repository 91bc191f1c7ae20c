"""Shapes of the requests and answers about models in production and their drift, for OpenAPI and types."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from riskscore.api.record_schemas import Moment
from riskscore.models.promotion import MAX_REASON_CHARS
from riskscore.types import Regime

Role = Literal["default", "challenger", "loaded", "available", "refused"]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Reason = Annotated[str, Field(min_length=1, max_length=MAX_REASON_CHARS, description="Why; stays on record.")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class PromotionRequest(_Strict):
    """Put a version in force."""

    reason: Reason
    force: bool = Field(
        default=False, description="Although the gate objects. An artifact that cannot be loaded stays out."
    )


class RollbackRequest(_Strict):
    """Go back to the version before."""

    reason: Reason


MODEL_REQUESTS = (PromotionRequest, RollbackRequest)


class RegimeGateAnswer(TypedDict):
    """Average precision on held-out items of one regime."""

    ours: Share
    theirs: Share | None
    difference: float | None
    low: Annotated[float | None, Field(description="Of the difference's 95 % interval.")]
    high: float | None


class GateAnswer(TypedDict):
    """How a model ranked beside another before it was published."""

    data: str
    items: Count
    against: str | None
    note: Annotated[str | None, Field(description="Why nothing was compared.")]
    losses: list[str]
    regimes: dict[Regime, RegimeGateAnswer]


class ChoiceAnswer(TypedDict):
    """A decision on which model answers, or is scored in the shadow."""

    action: Literal["promote", "rollback", "shadow"]
    version: Annotated[str, Field(description="That answers from then on.")]
    previous: str | None
    challenger: str | None
    challenger_share: Share
    forced: Annotated[bool, Field(description="Whether objections of the gate were overruled.")]
    reason: str
    decided_by: str
    decided_at: Moment


class LoadedModelAnswer(TypedDict):
    """An artifact in the server's model folder."""

    version: str
    role: Annotated[
        Role,
        Field(description="`refused`: this server could not load it, and `reason` says why."),
    ]
    reason: str | None
    gate: GateAnswer | None


class ShadowRegimeAnswer(TypedDict):
    """How far two models agree on a regime."""

    compared: Count
    agreement: Annotated[Share | None, Field(description="Share on which both flag, or neither does.")]
    mean_difference: Annotated[float | None, Field(description="Of the scores, absolute, 0 to 100.")]
    flagged_more: Annotated[int, Field(ge=0, description="Flagged by the challenger alone.")]
    flagged_less: Annotated[int, Field(ge=0, description="Flagged by the model that answers alone.")]


class ShadowAnswer(TypedDict):
    """What the challenger would have said, in counts alone."""

    challenger: str
    share: Share
    since: Moment
    articles: ShadowRegimeAnswer
    regimes: dict[Regime, ShadowRegimeAnswer]
    dropped: Annotated[int, Field(ge=0, description="Not compared: the queue was full.")]
    failed: Annotated[int, Field(ge=0, description="Not compared: the challenger failed.")]


class ModelsAnswer(TypedDict):
    """The models of a server."""

    default: Annotated[str, Field(description="That answers when a request names none.")]
    chosen_by: Annotated[
        Literal["setting", "record", "newest"],
        Field(description="The setting `model_version`, the last promotion, or the newest by name."),
    ]
    fault: Annotated[str | None, Field(description="Why this server does not follow the last choice.")]
    models: list[LoadedModelAnswer]
    shadow: ShadowAnswer | None
    choices: Annotated[list[ChoiceAnswer], Field(description="The last twenty, newest first.")]


class PromotedAnswer(TypedDict):
    """What is in force now."""

    choice: ChoiceAnswer
    default: Annotated[str, Field(description="That answers on this server now.")]
    objections: list[str]


class ReloadedAnswer(TypedDict):
    """What a look at the record and the model folder came to."""

    changed: bool
    default: str
    loaded: list[str]


class DriftRegimeAnswer(TypedDict):
    """The scores of one regime in the window."""

    psi: Annotated[
        float | None,
        Field(description="Population stability index; null without a reference, or with too few items."),
    ]
    label_rate: Annotated[Share | None, Field(description="Share of the scored that were flagged.")]
    counts: Annotated[list[int], Field(description="Decision values by bin; see `edges`.")]


class SourceDriftAnswer(TypedDict):
    """One source in the window."""

    source: Annotated[
        str | None, Field(description='null: all together. "" has the articles that named no source.')
    ]
    items: Count
    abstained: Count
    abstention_rate: Share | None
    unknown_word_share: Annotated[
        Share | None, Field(description="Of the words, those that the model has no weight for; names too.")
    ]
    reference: Annotated[
        Literal["training", "adopted"] | None, Field(description="What the index compares with.")
    ]
    regimes: dict[Regime, DriftRegimeAnswer]


class DriftAnswer(TypedDict):
    """How far a model's scores have moved."""

    model_version: str
    language: str
    since: Moment
    until: Moment
    min_items: Count
    psi_limit: float
    message: Annotated[str | None, Field(description="What is missing for an index, and what to do.")]
    edges: Annotated[list[float], Field(description="Of the bins, in calibrated log-odds.")]
    sources: Annotated[list[SourceDriftAnswer], Field(description="All together first, then each.")]
