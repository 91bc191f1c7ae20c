"""Labels, queue and agreement in, the objects of `label_schemas` out."""

from __future__ import annotations

from collections.abc import Sequence

from riskscore.api.label_schemas import (
    AgreementAnswer,
    AuthorAnswer,
    LabelAnswer,
    OpinionAnswer,
    PairAgreementAnswer,
    ReviewItemAnswer,
)
from riskscore.api.record_answers import moment
from riskscore.labels.agreement import PairAgreement, mean_kappa
from riskscore.labels.label import Author
from riskscore.reviewing.picking import Picked
from riskscore.store.labels import LabelRecord
from riskscore.types import REGIMES, Regime


def author_answer(author: Author) -> AuthorAnswer:
    """An author as shown."""
    return {"name": author.name, "key_id": author.key_id}


def label_answer(record: LabelRecord) -> LabelAnswer:
    """A label as shown."""
    label = record.label
    return {
        "label_id": record.label_id,
        "article_id": record.article_id,
        "story_id": record.story_id,
        "assessment_id": record.assessment_id,
        "model_version": record.model_version,
        "author": author_answer(record.author),
        "sequence": record.sequence,
        "labels": dict(label.severity),
        "stage": label.stage,
        "direction": label.direction,
        "companies": [{"name": one.name, "exposed": one.exposed} for one in label.companies],
        "evidence": {regime: list(spans) for regime, spans in label.evidence.items()},
        "genre": record.genre,
        "note": record.note,
        "labelled_at": moment(record.labelled_at),
        "superseded_at": None if record.superseded_at is None else moment(record.superseded_at),
    }


def queued_answer(picked: Picked) -> ReviewItemAnswer:
    """An article of the queue as shown."""
    chosen, article = picked.chosen, picked.article
    return {
        "article_id": article.article_id,
        "story_id": article.story_id,
        "title": article.title,
        "source": article.source,
        "published_at": None if article.published_at is None else moment(article.published_at),
        "received_at": moment(article.received_at),
        "score": picked.score,
        "model_version": picked.model_version,
        "reason": chosen.reason,
        "regime": chosen.regime,
        "value": chosen.value,
        "regimes": {regime: _opinion(picked, regime) for regime in REGIMES},
    }


def _opinion(picked: Picked, regime: Regime) -> OpinionAnswer:
    candidate = picked.chosen.candidate
    ours = candidate.opinions[regime]
    shown: OpinionAnswer = {"probability": ours.probability, "threshold": ours.threshold}
    if candidate.challenger is not None:
        shown["challenger"] = candidate.challenger[regime].probability
    return shown


def agreement_answer(items: int, pairs: Sequence[PairAgreement]) -> AgreementAnswer:
    """Agreement as shown; `items` is how many articles have several readers."""
    return {
        "items": items,
        "regimes": {
            regime: {
                "presence": mean_kappa([(one.regimes[regime].presence, one.items) for one in pairs]),
                "severity": mean_kappa([(one.regimes[regime].severity, one.items) for one in pairs]),
            }
            for regime in REGIMES
        },
        "pairs": [_pair(one) for one in pairs],
    }


def _pair(pair: PairAgreement) -> PairAgreementAnswer:
    return {
        "authors": [author_answer(author) for author in pair.authors],
        "items": pair.items,
        "regimes": {
            regime: {"presence": one.presence, "severity": one.severity, "agreed": one.agreed}
            for regime, one in pair.regimes.items()
        },
    }
