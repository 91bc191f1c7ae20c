"""Records of models in production in, the objects of `model_schemas` out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from riskscore.api.model_schemas import (
    ChoiceAnswer,
    DriftAnswer,
    GateAnswer,
    ShadowAnswer,
    ShadowRegimeAnswer,
    SourceDriftAnswer,
)
from riskscore.api.record_answers import moment
from riskscore.artifact.gate import GateReport
from riskscore.drift.counts import ALL_SOURCES, HeadSet
from riskscore.drift.evaluation import DriftPolicy
from riskscore.drift.figures import SourceDrift, missing
from riskscore.drift.histogram import EDGES
from riskscore.models.comparison import WHOLE, Comparison, Pair
from riskscore.store.model_choices import ModelChoice
from riskscore.types import REGIMES


def choice_answer(choice: ModelChoice) -> ChoiceAnswer:
    """One recorded choice."""
    return {
        "action": choice.action,
        "version": choice.version,
        "previous": choice.previous,
        "challenger": choice.challenger,
        "challenger_share": choice.challenger_share,
        "forced": choice.forced,
        "reason": choice.reason,
        "decided_by": choice.decided_by,
        "decided_at": moment(choice.decided_at),
    }


def gate_answer(report: GateReport) -> GateAnswer:
    """The gate's report of one artifact."""
    return {
        "data": report.data,
        "items": report.items,
        "against": report.against,
        "note": report.note,
        "losses": list(report.losses),
        "regimes": {
            regime: {
                "ours": one.ours,
                "theirs": one.theirs,
                "difference": one.difference,
                "low": one.low,
                "high": one.high,
            }
            for regime, one in report.regimes.items()
        },
    }


def shadow_answer(pair: Pair, share: float, since: datetime, found: Mapping[str, Comparison]) -> ShadowAnswer:
    """How far a challenger agrees."""
    whole = found.get(WHOLE, Comparison())
    return {
        "challenger": pair.challenger,
        "share": share,
        "since": moment(since),
        "articles": _comparison(whole),
        "regimes": {regime: _comparison(found.get(regime, Comparison())) for regime in REGIMES},
        "dropped": whole.dropped,
        "failed": whole.failed,
    }


def _comparison(found: Comparison) -> ShadowRegimeAnswer:
    return {
        "compared": found.compared,
        "agreement": found.agreement,
        "mean_difference": found.mean_difference,
        "flagged_more": found.flagged_more,
        "flagged_less": found.flagged_less,
    }


def drift_answer(
    heads: HeadSet, sources: Sequence[SourceDrift], policy: DriftPolicy, until: datetime
) -> DriftAnswer:
    """The drift of one model."""
    return {
        "model_version": heads.model_version,
        "language": heads.language,
        "since": moment(until - policy.window),
        "until": moment(until),
        "min_items": policy.min_items,
        "psi_limit": policy.psi_limit,
        "message": missing(heads, sources, policy.min_items),
        "edges": list(EDGES),
        "sources": [_source(one) for one in sources],
    }


def _source(found: SourceDrift) -> SourceDriftAnswer:
    return {
        "source": None if found.source == ALL_SOURCES else found.source,
        "items": found.items,
        "abstained": found.abstained,
        "abstention_rate": found.abstention_rate,
        "unknown_word_share": found.unknown_word_share,
        "reference": None if found.reference is None else found.reference.kind,
        "regimes": {
            regime: {
                "psi": found.psi[regime],
                "label_rate": found.label_rates[regime],
                "counts": found.bins[regime],
            }
            for regime in REGIMES
        },
    }
