"""Replay: equal bytes, or the reason why they are not, or cannot be compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from riskscore.dossier.replay import replay
from riskscore.errors import ArtifactNotFoundError
from riskscore.portfolio.matcher import Portfolio
from riskscore.service import Ingested, Newsroom, Scores
from riskscore.store import Store, open_store
from riskscore.store.assessments import AssessmentRecord
from riskscore.types import Article, Assessment
from tests.api.fake import FakeAssessor

ARTICLE = Article(
    title="Nvidia and its chip", text="A rule on each chip of Nvidia takes effect at once. " * 2
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'replay.db'}")
    yield store
    store.close()


@pytest.fixture
def record(store: Store) -> AssessmentRecord:
    (result,) = Newsroom(FakeAssessor(), store).ingest([ARTICLE])
    assert isinstance(result, Ingested)
    return result.assessment


def test_the_recorded_model_gives_the_recorded_bytes(record: AssessmentRecord) -> None:
    outcome = replay(record, ARTICLE, lambda version: FakeAssessor())
    assert (outcome.identical, outcome.reason, outcome.sha256) == (True, None, record.answer_sha256)


class Drifted(FakeAssessor):
    """Says that it is the same model, and gives another score."""

    def assess(
        self,
        article: Article,
        *,
        max_contributions: int | None = 20,
        max_evidence: int = 5,
        verify: bool = False,
        base_rate: float | None = None,
        portfolio: Portfolio | None = None,
    ) -> Assessment:
        assessment = super().assess(article, max_contributions=max_contributions, max_evidence=max_evidence)
        return dataclasses.replace(assessment, score=1.0, stage="signal")


def test_what_differs_is_named(record: AssessmentRecord) -> None:
    outcome = replay(record, ARTICLE, lambda version: Drifted())
    assert outcome.identical is False
    assert outcome.differences == ("score", "stage")
    assert outcome.sha256 != record.answer_sha256


def test_without_text_model_or_knowledge_it_is_not_tried(record: AssessmentRecord) -> None:
    outcome = replay(record, None, lambda version: FakeAssessor())
    assert outcome.identical is None
    assert "text was not kept" in (outcome.reason or "")

    def gone(version: str) -> Scores:
        raise ArtifactNotFoundError(f"no model {version!r}")

    assert "cannot be loaded: no model '0.0-fake'" in (replay(record, ARTICLE, gone).reason or "")
    renewed = dataclasses.replace(record, knowledge_hash="0" * 64)
    outcome = replay(renewed, ARTICLE, lambda version: FakeAssessor())
    assert outcome.identical is None
    assert "knowledge files have changed" in (outcome.reason or "")


def test_times_survive_the_store(store: Store) -> None:
    dated = dataclasses.replace(ARTICLE, published_at=datetime(2026, 1, 5, 8, 30, 0, 123_456, tzinfo=UTC))
    (result,) = Newsroom(FakeAssessor(), store).ingest([dated])
    assert isinstance(result, Ingested)
    assert replay(result.assessment, dated, lambda version: FakeAssessor()).identical is True
