"""Records of the store in, the objects of `record_schemas` out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from riskscore.api.record_schemas import (
    ArticleAnswer,
    AssessmentSummary,
    ChangeAnswer,
    LineStored,
    StoryAnswer,
    StoryArticle,
)
from riskscore.service import Ingested
from riskscore.store.articles import ArticleRecord
from riskscore.store.assessments import AssessmentRecord
from riskscore.store.changes import Change
from riskscore.store.portfolio import SearchRecord
from riskscore.store.stories import StoryRecord
from riskscore.wire.encoding import encode_json


def moment(value: datetime) -> str:
    """RFC 3339, in UTC."""
    return value.isoformat().replace("+00:00", "Z")


def _moment(value: datetime | None) -> str | None:
    return None if value is None else moment(value)


def stored_answer(result: Ingested, warnings: Sequence[str]) -> bytes:
    """A `StoredAnswer`, encoded; the assessment's bytes are those that were stored."""
    envelope = encode_json(
        {
            "article_id": result.article_id,
            "story_id": result.story_id,
            "created": result.created,
            "warnings": list(warnings),
            "imported": list(result.imported),
        }
    )
    return envelope[:-1] + b',"assessment":' + result.assessment.answer + b"}"


def line_answer(line: int, name: str | None, result: Ingested) -> LineStored:
    """The result of a bulk request's line."""
    return {
        "line": line,
        "id": name,
        "article_id": result.article_id,
        "story_id": result.story_id,
        "created": result.created,
        "assessment_id": result.assessment.assessment_id,
        "abstained": result.assessment.abstained,
        "score": result.assessment.score,
    }


def article_answer(
    record: ArticleRecord,
    assessments: Sequence[AssessmentRecord],
    companies: Sequence[str],
    searches: Mapping[int, Sequence[SearchRecord]],
) -> ArticleAnswer:
    """A stored article as shown; `searches` by assessment."""
    article = record.article
    return {
        "article_id": record.article_id,
        "story_id": record.story_id,
        "title": record.title,
        "url": record.url,
        "source": record.source,
        "language": record.language,
        "published_at": _moment(record.published_at),
        "received_at": moment(record.received_at),
        "text": article.text if article else None,
        "html": article.html if article else None,
        "text_kept": article is not None,
        "companies": list(companies),
        "assessments": [
            _summary(assessment, searches.get(assessment.assessment_key, ())) for assessment in assessments
        ],
    }


def _summary(record: AssessmentRecord, searches: Sequence[SearchRecord]) -> AssessmentSummary:
    return {
        "assessment_id": record.assessment_id,
        "model_version": record.model_version,
        "knowledge_hash": record.knowledge_hash,
        "recorded_at": moment(record.recorded_at),
        "abstained": record.abstained,
        "score": record.score,
        "searches": [
            {
                "searched_at": moment(search.searched_at),
                "version": search.version,
                "portfolio": search.sha256,
                "companies": search.companies,
            }
            for search in searches
        ],
    }


def story_answer(
    story: StoryRecord,
    copies: tuple[int, int],
    articles: Sequence[ArticleRecord],
    next_cursor: str | None,
) -> StoryAnswer:
    """A story as shown, with one page of its articles."""
    return {
        "story_id": story.story_id,
        "title": story.title,
        "published_at": moment(story.published_at),
        "created_at": moment(story.created_at),
        "copies": copies[0],
        "sources": copies[1],
        "articles": [_copy(record) for record in articles],
        "next_cursor": next_cursor,
    }


def _copy(record: ArticleRecord) -> StoryArticle:
    return {
        "article_id": record.article_id,
        "title": record.title,
        "source": record.source,
        "url": record.url,
        "published_at": _moment(record.published_at),
        "received_at": moment(record.received_at),
    }


def change_answer(change: Change) -> ChangeAnswer:
    """A change as shown."""
    return {
        "sequence": change.sequence,
        "recorded_at": moment(change.recorded_at),
        "kind": change.kind,
        "subject": change.subject,
    }
