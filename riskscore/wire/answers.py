"""Records of the domain in, the objects of `schemas` out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from riskscore.artifact.capacity import curves
from riskscore.contributions import Contributions
from riskscore.types import (
    SEVERITY_NAMES,
    Assessment,
    Company,
    CompanyExposure,
    Contribution,
    Evidence,
    Instrument,
    ReasonCode,
    Regime,
    RegimeScore,
    SourceSpan,
    Verification,
)
from riskscore.wire.schemas import (
    AssessmentAnswer,
    CompanyAnswer,
    ContributionAnswer,
    EvidenceAnswer,
    ExposureAnswer,
    InstrumentAnswer,
    ModelAnswer,
    OperatingCurveAnswer,
    ReasonCodeAnswer,
    RegimeAnswer,
    RegimesAnswer,
    TermAnswer,
    VerificationAnswer,
)

if TYPE_CHECKING:
    from riskscore.assess import Assessor
    from riskscore.knowledge import Vocabulary


def assessment_answer(assessment: Assessment) -> AssessmentAnswer:
    """The answer to one scored article."""
    answer: AssessmentAnswer = {
        "assessment_id": assessment.assessment_id,
        "model_version": assessment.model_version,
        "knowledge_hash": assessment.knowledge_hash,
        "abstained": assessment.abstained,
        "abstain_reason": assessment.abstain_reason,
        "score": assessment.score,
        "stage": assessment.stage,
        "direction": assessment.direction,
        "stage_probabilities": assessment.stage_probabilities,
        "direction_probabilities": assessment.direction_probabilities,
        "regimes": {regime: _regime(score) for regime, score in assessment.regimes.items()},
        "companies": [_exposure(company) for company in assessment.companies],
        "language": assessment.language,
        "warnings": list(assessment.warnings),
    }
    if assessment.verification is not None:
        answer["verification"] = {
            regime: _verification(verification) for regime, verification in assessment.verification.items()
        }
    if assessment.base_rate is not None:
        answer["base_rate"] = assessment.base_rate
    return answer


def score_answer(assessment: Assessment) -> AssessmentAnswer:
    """The answer to one scored article that is not kept, with the companies of the user's own that it names.

    What is kept leaves those out: it holds only what model and knowledge decide, so that it can be replayed
    whatever becomes of the list.
    """
    answer = assessment_answer(assessment)
    if assessment.portfolio is not None:
        answer["imported"] = {
            "portfolio": assessment.portfolio,
            "companies": [_exposure(company) for company in assessment.imported],
        }
    return answer


def _verification(verification: Verification) -> VerificationAnswer:
    return {
        "comprehensiveness": verification.comprehensiveness,
        "sufficiency": verification.sufficiency,
        "random_comprehensiveness": verification.random_comprehensiveness,
        "sentences": verification.sentences,
        "deleted": [
            {"field": span.field, "start": span.start, "end": span.end} for span in verification.deleted
        ],
    }


def _regime(score: RegimeScore) -> RegimeAnswer:
    return {
        "score": score.score,
        "probability": score.probability,
        "severity": score.severity,
        "severity_name": SEVERITY_NAMES[score.severity],
        "severity_probabilities": score.severity_probabilities,
        "flagged": score.flagged,
        "threshold": score.threshold,
        "evidence": [_evidence(sentence) for sentence in score.evidence],
        "contributions": _contributions(score.contributions),
        "contributions_omitted": score.contributions_omitted,
        "intercept": score.intercept,
        "decision_value": score.decision_value,
        "reason_codes": [_reason_code(code) for code in score.reason_codes],
    }


def _evidence(sentence: Evidence) -> EvidenceAnswer:
    return {
        "text": sentence.text,
        "start": sentence.span.start,
        "end": sentence.span.end,
        "contribution": sentence.contribution,
        "field": sentence.span.field,
    }


def _contributions(contributions: Sequence[Contribution]) -> list[ContributionAnswer]:
    columns = (
        contributions.columns()
        if isinstance(contributions, Contributions)
        else (
            (one.feature, one.description, one.value, _body_spans(one.spans), _title_spans(one.spans))
            for one in contributions
        )
    )
    return [
        {
            "feature": feature,
            "description": description,
            "value": value,
            "spans": spans,
            "title_spans": title_spans,
        }
        for feature, description, value, spans, title_spans in columns
    ]


def _reason_code(code: ReasonCode) -> ReasonCodeAnswer:
    return {
        "instrument_id": code.instrument_id,
        "name": code.name,
        "citation": code.citation,
        "status": code.status,
        "as_of": code.as_of,
        "verified": code.verified,
        "terms": list(code.terms),
        "spans": _body_spans(code.spans),
        "title_spans": _title_spans(code.spans),
    }


def _exposure(company: CompanyExposure) -> ExposureAnswer:
    return {
        "company_id": company.company_id,
        "name": company.name,
        "mentions": company.mentions,
        "relevance": company.relevance,
        "exposed": company.exposed,
        "exposure_probability": company.exposure_probability,
        "spans": _body_spans(company.spans),
        "title_spans": _title_spans(company.spans),
    }


def _body_spans(spans: Iterable[SourceSpan]) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in spans if span.field != "title"]


def _title_spans(spans: Iterable[SourceSpan]) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in spans if span.field == "title"]


def instrument_answer(instrument: Instrument) -> InstrumentAnswer:
    """An instrument as shown; its citation only when checked."""
    return {
        "instrument_id": instrument.instrument_id,
        "regime": instrument.regime,
        "name": instrument.name,
        "citation": instrument.citation if instrument.citation_verified else None,
        "citation_verified": instrument.citation_verified,
        "verified": instrument.verified,
        "note": _verification_note(instrument),
        "agency": instrument.agency,
        "jurisdiction": instrument.jurisdiction,
        "status": instrument.status,
        "dates": instrument.dates,
        "restricts": instrument.restricts,
        "exposes": list(instrument.exposes),
        "terms": list(instrument.terms),
        "summary": instrument.summary,
        "source": instrument.source,
    }


def _verification_note(instrument: Instrument) -> str | None:
    notes = []
    if not instrument.verified:
        notes.append("Unverified: check status and content against the source before relying on them.")
    if not instrument.citation_verified:
        notes.append("The citation is unverified and withheld; find the rule by its name and source.")
    return " ".join(notes) or None


def company_answer(
    company: Company,
    origins: Iterable[str] = ("knowledge",),
    leis: Iterable[str] = (),
    parent_id: str | None = None,
) -> CompanyAnswer:
    """A company as shown; by default one of the knowledge files."""
    return {
        "company_id": company.company_id,
        "name": company.name,
        "aliases": list(company.aliases),
        "tickers": list(company.tickers),
        "country": company.country,
        "roles": list(company.roles),
        "chinese_name": company.chinese_name,
        "origins": list(origins),
        "leis": list(leis),
        "parent_id": parent_id,
    }


def regimes_answer(vocabulary: Vocabulary) -> RegimesAnswer:
    """The vocabulary as shown."""
    return {
        "regimes": [
            {"regime": regime.regime, "name": regime.name, "description": regime.description}
            for regime in vocabulary.regimes.values()
        ],
        "severities": _terms(vocabulary.severities),
        "stages": _terms(vocabulary.stages),
        "directions": _terms(vocabulary.directions),
    }


def _terms(meanings: Mapping[str, str]) -> list[TermAnswer]:
    return [{"name": name, "description": meaning} for name, meaning in meanings.items()]


def model_answer(assessor: Assessor) -> ModelAnswer:
    """The model as shown; the names of its features, some hundred thousand, stay in its artifact."""
    manifest = assessor.model.manifest
    told_apart = {"metrics", "thresholds", "operating_points", "feature_names"}
    return {
        "version": assessor.model.version,
        "knowledge_hash": assessor.knowledge.hash,
        "metrics": manifest.get("metrics", {}),
        "thresholds": manifest.get("thresholds", {}),
        "operating_points": _operating_points(manifest) if "operating_points" in manifest else {},
        "manifest": {name: value for name, value in manifest.items() if name not in told_apart},
        "card": assessor.model.card,
    }


def _operating_points(manifest: Mapping[str, Any]) -> dict[Regime, OperatingCurveAnswer]:
    return {
        regime: {
            "training_rate": curve.training_rate,
            "points": [
                {
                    "threshold": point.threshold,
                    "recall": point.recall,
                    "false_positive_rate": point.false_positive_rate,
                }
                for point in curve.points
            ],
        }
        for regime, curve in curves(manifest).items()
    }
