"""The JSON objects of stored articles, assessments, stories and changes."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from riskscore.wire.schemas import AssessmentAnswer, ProblemAnswer

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
NextCursor = Annotated[
    str | None, Field(description="Give it as `cursor` for the next page; null at the end.")
]


class StoredAnswer(TypedDict):
    """What became of an article."""

    article_id: str
    story_id: Annotated[str, Field(description="The near-duplicates it stands among.")]
    created: Annotated[bool, Field(description="false: it was stored before.")]
    warnings: list[str]
    imported: Annotated[list[str], Field(description="Ids of the imported companies that the article names.")]
    assessment: AssessmentAnswer


class LineStored(TypedDict):
    """A line of a bulk request that is stored."""

    line: Annotated[int, Field(ge=1)]
    id: str | None
    article_id: str
    story_id: str
    created: bool
    assessment_id: str
    abstained: bool
    score: float | None


class LineRefused(TypedDict):
    """A line of a bulk request that is not."""

    line: Annotated[int, Field(ge=1)]
    id: str | None
    error: ProblemAnswer


class SearchAnswer(TypedDict):
    """The article was searched for the companies of the user's own."""

    searched_at: Moment
    version: Annotated[int, Field(description="Of the imported companies; counts up with each change.")]
    portfolio: Annotated[
        str, Field(description="SHA-256 of their names, and of the rules they are found by.")
    ]
    companies: Annotated[int, Field(description="How many were looked for.")]


class AssessmentSummary(TypedDict):
    """An assessment of an article, without its reasons."""

    assessment_id: str
    model_version: str
    knowledge_hash: str
    recorded_at: Moment
    abstained: bool
    score: float | None
    searches: Annotated[
        list[SearchAnswer], Field(description="Oldest first; none without imported companies.")
    ]


class ArticleAnswer(TypedDict):
    """A stored article."""

    article_id: str
    story_id: str
    title: str
    url: str | None
    source: str | None
    language: Annotated[str | None, Field(description="As sent.")]
    published_at: Moment | None
    received_at: Moment
    text: Annotated[str | None, Field(description="null when it was sent as html, or is not kept.")]
    html: str | None
    text_kept: bool
    companies: Annotated[list[str], Field(description="Ids of those that the newest assessment names.")]
    assessments: Annotated[list[AssessmentSummary], Field(description="Oldest first.")]


class ReplaySide(TypedDict):
    """One of the two assessments that a replay compares."""

    model_version: str
    knowledge_hash: str
    sha256: Annotated[str, Field(description="Of the answer's bytes.")]


class ReplayAnswer(TypedDict):
    """Whether the recorded model still gives the recorded answer, byte for byte."""

    assessment_id: str
    recorded_at: Moment
    identical: Annotated[bool | None, Field(description="null when it cannot be replayed.")]
    reason: Annotated[str | None, Field(description="Why it cannot, or what differs.")]
    differences: Annotated[list[str], Field(description="Paths of values that differ, at most 20.")]
    recorded: ReplaySide
    replayed: ReplaySide | None


class StoryArticle(TypedDict):
    """A copy of a story."""

    article_id: str
    title: str
    source: str | None
    url: str | None
    published_at: Moment | None
    received_at: Moment


class StoryAnswer(TypedDict):
    """A set of near-duplicates."""

    story_id: str
    title: Annotated[str, Field(description="Of the article that came first.")]
    published_at: Moment
    created_at: Moment
    copies: int
    sources: Annotated[int, Field(description="Distinct ones.")]
    articles: Annotated[list[StoryArticle], Field(description="In the order of arrival.")]
    next_cursor: NextCursor


class ChangeAnswer(TypedDict):
    """Something that happened to the records."""

    sequence: Annotated[int, Field(ge=1, description="Without gaps, in the order of commit.")]
    recorded_at: Moment
    kind: str
    subject: Annotated[dict[str, Any], Field(description="Ids concerned.")]


class ChangesAnswer(TypedDict):
    """Changes in their order."""

    changes: list[ChangeAnswer]
    next_cursor: Annotated[str, Field(description="Always given: ask again with it for what happens later.")]
    first_kept: NotRequired[
        Annotated[int, Field(description="Older changes were pruned: those before this number are gone.")]
    ]
