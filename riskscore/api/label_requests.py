"""Decoded JSON of a correction in, its fields out; the label's own part is the codebook's record."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from riskscore.labels.label import GENRES, MAX_SEVERITY, Label, NamedCompany
from riskscore.types import REGIMES, Direction, Stage

MAX_SPAN_CHARS = 2_000

Severity = Annotated[int, Field(strict=True, ge=0, le=MAX_SEVERITY)]
Spans = Annotated[list[Annotated[str, Field(min_length=1, max_length=MAX_SPAN_CHARS)]], Field(max_length=50)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Severities(_Part):
    """Severity by regime; 0: the text says nothing of it."""

    chips: Severity
    cloud_data: Severity
    outbound_investment: Severity


class EvidenceSpans(_Part):
    """Spans by labelled regime; leave out the others."""

    chips: Spans = []
    cloud_data: Spans = []
    outbound_investment: Spans = []


class LabelledCompany(_Part):
    """A company that the text names."""

    name: str = Field(min_length=1, max_length=200, description="As written in the text.")
    exposed: bool = Field(
        description="Whether the measure constrains, threatens or frees its business; else it is only named."
    )


class LabelRequest(_Part):
    """What an article says, in an analyst's reading (docs/feedback.md)."""

    labels: Severities
    stage: Stage | None = Field(
        default=None, description="Of the gravest measure; null where all severities are 0."
    )
    direction: Direction | None = Field(default=None, description="null where all severities are 0.")
    companies: list[LabelledCompany] = Field(
        default=[], max_length=200, description="Every company that the text names."
    )
    evidence: EvidenceSpans = Field(
        default=EvidenceSpans(),
        description="The shortest spans that would convince a colleague, verbatim in title or text; one at "
        "least of each labelled regime.",
    )
    genre: str | None = Field(
        default=None,
        max_length=20,
        json_schema_extra={"anyOf": [{"enum": [*sorted(GENRES)]}, {"type": "null"}]},
    )
    note: str | None = Field(default=None, max_length=10_000, description="Why; for people.")
    author: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Who labels, where several share a key or none is asked for; the key's name by default.",
    )
    assessment_id: str | None = Field(
        default=None, max_length=60, description="That is corrected; the article's newest by default."
    )

    @field_validator("genre")
    @classmethod
    def _known_genre(cls, value: str | None) -> str | None:
        if value is not None and value not in GENRES:
            raise ValueError(f"must be one of {', '.join(sorted(GENRES))}")
        return value

    @field_validator("author")
    @classmethod
    def _printable_author(cls, value: str | None) -> str | None:
        if value is not None and (not value.strip() or not value.isprintable()):
            raise ValueError("must be a name on one line")
        return None if value is None else value.strip()

    def label(self) -> Label:
        """The part that is the label."""
        return Label(
            severity={regime: getattr(self.labels, regime) for regime in REGIMES},
            stage=self.stage,
            direction=self.direction,
            companies=tuple(NamedCompany(one.name, one.exposed) for one in self.companies),
            evidence={
                regime: tuple(spans) for regime in REGIMES if (spans := getattr(self.evidence, regime))
            },
        )


LABEL_REQUESTS: tuple[type[BaseModel], ...] = (LabelRequest,)
