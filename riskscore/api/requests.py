"""Decoded JSON of a request in, `Submission`s (article, options, warnings) out.

Unknown fields, wrong types and lone surrogates are refused with the field's dotted path; nothing
here knows of HTTP, so the command line reads its request files with the same code.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from riskscore.api.faults import (
    MAX_FAULTS,
    Fault,
    InvalidRequestError,
    known_fields,
    shown,
    shown_input,
    validated,
)
from riskscore.errors import InputError
from riskscore.moments import parsed, utc
from riskscore.types import Article, Assessment

if TYPE_CHECKING:
    from riskscore.assess import Assessor
    from riskscore.models.watched import WatchedAssessor
    from riskscore.portfolio.matcher import Portfolio
    from riskscore.settings import Settings

MAX_CONTRIBUTIONS = 200
MAX_EVIDENCE = 20
MAX_ID_CHARS = 200


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_lone_surrogates(cls, value: object) -> object:
        """They are no Unicode text: neither UTF-8 nor a hash nor an HTML parser can take them."""
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError as error:
                escape = f"\\u{ord(value[error.start]):04x}"
                raise PydanticCustomError(
                    "lone_surrogate",
                    "holds a lone surrogate ({escape}) at character {at}; remove it",
                    {"escape": escape, "at": error.start},
                ) from None
        return value


class Options(_Strict):
    """How much of the rationale the answer carries."""

    contributions: int | Literal["all"] = Field(
        default=20,
        description='Most contributions per regime, strongest first, 0 to 200; "all" for every one, so that '
        "they add up to the decision value without `contributions_omitted`.",
        json_schema_extra={
            "anyOf": [{"type": "integer", "minimum": 0, "maximum": MAX_CONTRIBUTIONS}, {"const": "all"}]
        },
    )
    evidence: int = Field(
        default=5, ge=0, le=MAX_EVIDENCE, description="Most evidence sentences per regime, strongest first."
    )
    verify: bool = Field(
        default=False,
        description="Also test the evidence of each flagged regime: score the article without its strongest "
        "sentences, with nothing else, and without as many random ones: some ten scorings more.",
    )

    base_rate: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Share of positives in your stream, such as 0.02: probabilities, and all that follows "
        "from them, are shifted to it. By default they are those of a stream like the training corpus "
        "(`training_rate` in GET /v1/model), in which positives are far commoner than in a general feed.",
    )

    @field_validator("evidence", mode="before")
    @classmethod
    def _read_evidence(cls, value: object) -> object:
        return _whole(value)

    @field_validator("contributions", mode="before")
    @classmethod
    def _read_contributions(cls, value: object) -> object:
        number = _whole(value)
        if number == "all" or (type(number) is int and 0 <= number <= MAX_CONTRIBUTIONS):
            return number
        raise PydanticCustomError(
            "contributions", 'must be a whole number from 0 to {most}, or "all"', {"most": MAX_CONTRIBUTIONS}
        )


def _whole(value: object) -> object:
    """20.0 is an integer in JSON, which tells no two kinds of numbers apart."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _given(*names: str) -> dict[str, Any]:
    """The JSON schema of an object in which all these fields are given."""
    return {"required": list(names), "properties": {name: {"type": "string"} for name in names}}


class ArticleFields(_Strict):
    """One article. Give `text` or `html`, not both, or a `title` alone; null stands for "not given"."""

    # Said in the schema too, so that a client that checks against it need not ask us first.
    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [_given("title"), _given("text"), _given("html")],
            "not": _given("text", "html"),
        },
        protected_namespaces=(),  # pydantic keeps names that begin with "model_" to itself
    )

    title: str | None = Field(default=None, max_length=2_000, description="Headline.")
    text: str | None = Field(
        default=None, description="Body as plain text; paragraphs parted by line breaks."
    )
    html: str | None = Field(
        default=None, description="Body as an HTML page or fragment; page noise is removed."
    )
    url: str | None = Field(
        default=None,
        max_length=2_048,
        pattern=r"^https?://[^\x00-\x20\x7f]+$",
        description="Where the article stands; never fetched.",
        examples=["https://news.example.com/2025/11/18/quellmark"],
    )
    source: str | None = Field(default=None, max_length=200, description="Publisher, in your own words.")
    published_at: str | None = Field(
        default=None,
        max_length=40,
        description="ISO 8601 date or date-time; without a zone it is taken as UTC, with a warning.",
        json_schema_extra={"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        examples=["2025-11-18T14:05:00Z"],
    )
    language: str | None = Field(
        default=None,
        max_length=35,
        pattern=r"^[A-Za-z]{2}(-[A-Za-z0-9]{1,8})*$",
        description="Language of the article (ISO 639-1, a region may follow); detected when not given.",
        examples=["en"],
    )
    model_version: str | None = Field(
        default=None,
        max_length=100,
        description="Version of the model to score with, one of those that GET /v1/models lists as loaded; "
        "the default when not given.",
    )


class ScoreRequest(ArticleFields):
    """An article to score, and how much to say about it."""

    options: Options = Options()


class BatchItem(ScoreRequest):
    """One article of a batch."""

    id: str | None = Field(
        default=None,
        max_length=MAX_ID_CHARS,
        description="Your own name for the item; comes back with its result.",
    )


class BatchRequest(_Strict):
    """Articles to score; each is read, scored and answered on its own."""

    items: list[BatchItem]


@dataclass(frozen=True, slots=True)
class Limits:
    """The longest bodies and batches taken."""

    max_text_chars: int
    max_html_chars: int
    max_items: int

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        return cls(settings.max_text_chars, settings.max_html_chars, settings.max_items)


@dataclass(frozen=True, slots=True)
class Submission:
    """An article that passed the schema, with the caller's options and what must be told of it."""

    article: Article
    max_contributions: int | None
    max_evidence: int
    verify: bool = False
    base_rate: float | None = None
    model_version: str | None = None  # to score with; None for the default
    warnings: tuple[str, ...] = ()
    path: str = ""  # where the article stands in its request: "items.3." or ""

    def options(self) -> dict[str, str | int | bool]:
        """What the caller asked for otherwise than by default, as the audit ledger keeps it."""
        given: dict[str, str | int | bool] = {}
        default = Options()
        if self.max_contributions != default.contributions:
            given["contributions"] = "all" if self.max_contributions is None else self.max_contributions
        if self.max_evidence != default.evidence:
            given["evidence"] = self.max_evidence
        if self.verify:
            given["verify"] = True
        if self.base_rate is not None:
            given["base_rate"] = repr(self.base_rate)
        if self.model_version is not None:
            given["model_version"] = self.model_version
        return given

    def assess(self, assessor: Assessor | WatchedAssessor, portfolio: Portfolio | None = None) -> Assessment:
        """Score the article; the submission's own warnings lead those of the assessment.

        Raises
        ------
        InputError
            Its `field` is the path within the request, not within the article.
        """
        try:
            assessment = assessor.assess(
                self.article,
                max_contributions=self.max_contributions,
                max_evidence=self.max_evidence,
                verify=self.verify,
                base_rate=self.base_rate,
                portfolio=portfolio,
            )
        except InputError as error:
            if error.field:
                owner = "options." if error.field in Options.model_fields else ""
                error.field = f"{self.path}{owner}{error.field}"
            raise
        return dataclasses.replace(assessment, warnings=(*self.warnings, *assessment.warnings))


def read_submission(value: object, limits: Limits) -> Submission:
    """Check one `ScoreRequest`.

    Raises
    ------
    InvalidRequestError
        With every fault found, each naming its field.
    """
    request = validated(ScoreRequest, value)
    return submission_of(request, limits, "", request.options)


def read_items(value: object, limits: Limits) -> list[object]:
    """The still unchecked items of a `BatchRequest`; each is for `read_item`.

    Raises
    ------
    InvalidRequestError
        The envelope is at fault, or holds more than `limits.max_items`.
    """
    if not isinstance(value, Mapping):
        raise InvalidRequestError([Fault("body", 'must be an object: {"items": [...]}')])
    unknown = [name for name in value if name not in BatchRequest.model_fields]
    if unknown:
        message = f"is not a known field; {known_fields(BatchRequest)}"
        raise InvalidRequestError([Fault(shown(name), message) for name in unknown[:MAX_FAULTS]])
    items = value.get("items")
    if not isinstance(items, list):
        raise InvalidRequestError([Fault("items", "must be a list of articles")])
    if len(items) > limits.max_items:
        message = f"has {len(items):,} items; the limit is {limits.max_items:,} (max_items); split them"
        raise InvalidRequestError([Fault("items", message)])
    return items


def item_id(value: object) -> str | None:
    """The caller's name for a batch item, also where the rest of the item is at fault."""
    name = value.get("id") if isinstance(value, Mapping) else None
    return name if isinstance(name, str) and len(name) <= MAX_ID_CHARS else None


def read_item(value: object, index: int, limits: Limits) -> Submission:
    """Check item `index` of a batch; faults and errors as of `read_submission`, under `items.<index>`."""
    request = validated(BatchItem, value, f"items.{index}")
    return submission_of(request, limits, f"items.{index}.", request.options)


def submission_of(
    request: ArticleFields, limits: Limits, prefix: str = "", options: Options | None = None
) -> Submission:
    """The article of a request whose fields are each sound; `prefix` leads the names of fields at fault.

    Raises
    ------
    InvalidRequestError
        The fields do not go together, or one is over its limit.
    """
    options = options or Options()
    faults = []
    if request.title is None and request.text is None and request.html is None:
        faults.append(Fault(f"{prefix}text", "is missing: give `text` or `html`, or at least a `title`"))
    if request.text is not None and request.html is not None:
        faults.append(Fault(f"{prefix}html", "cannot stand beside `text`: give one of the two"))
    published_at: datetime | None = None
    warnings: tuple[str, ...] = ()
    try:
        published_at, warnings = _published_at(request.published_at)
    except ValueError as error:
        faults.append(Fault(f"{prefix}published_at", str(error), shown_input(request.published_at)))
    for name, body, limit in (
        ("text", request.text, limits.max_text_chars),
        ("html", request.html, limits.max_html_chars),
    ):
        if body is not None and len(body) > limit:
            message = f"has {len(body):,} characters; the limit is {limit:,} (max_{name}_chars)"
            faults.append(Fault(f"{prefix}{name}", message))
    if faults:
        raise InvalidRequestError(faults)
    asked = options.contributions
    return Submission(
        article=Article(
            title=request.title or "",
            text=request.text,
            html=request.html,
            url=request.url,
            source=request.source,
            published_at=published_at,
            language=request.language[:2].lower() if request.language else None,
        ),
        max_contributions=None if asked == "all" else asked,
        max_evidence=options.evidence,
        verify=options.verify,
        base_rate=options.base_rate,
        model_version=request.model_version,
        warnings=warnings,
        path=prefix,
    )


def _published_at(value: str | None) -> tuple[datetime | None, tuple[str, ...]]:
    """UTC-aware time of publication, and a warning where UTC had to be assumed."""
    if value is None:
        return None, ()
    moment = parsed(value)
    warnings = ("published_at has no time zone; taken as UTC",) if moment.tzinfo is None else ()
    return utc(moment), warnings
