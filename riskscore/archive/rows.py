"""An item and its assessment in, one flat row of the output out; names the columns and their types."""

from __future__ import annotations

from typing import Any, Literal

from riskscore.archive.columns import Item
from riskscore.types import REGIMES, Assessment

Kind = Literal["text", "integer", "number", "flag", "texts", "nested"]
FlatRow = dict[str, Any]

RATIONALE = "rationale"
_REASONS = (
    "evidence",
    "contributions",
    "contributions_omitted",
    "intercept",
    "decision_value",
    "reason_codes",
)

_OF_A_REGIME: dict[str, Kind] = {
    "score": "number",
    "probability": "number",
    "severity": "integer",
    "flagged": "flag",
}
COLUMNS: dict[str, Kind] = {
    "file": "text",
    "row": "integer",  # of the file: lines of JSON Lines, otherwise rows after the header; from 1
    "id": "text",
    "title": "text",
    "url": "text",
    "source": "text",
    "published_at": "text",  # ISO 8601, UTC
    "language": "text",
    "abstained": "flag",
    "abstain_reason": "text",
    "score": "number",  # 0-100, the highest regime's
    "stage": "text",
    "direction": "text",
    **{f"{regime}_{name}": kind for regime in REGIMES for name, kind in _OF_A_REGIME.items()},
    "companies": "texts",  # ids of those mentioned, the most exposed first
    "exposed_companies": "texts",  # ids of those that a measure touches
    "assessment_id": "text",
    "model_version": "text",
    "knowledge_hash": "text",
    "warnings": "texts",
}


def columns(*, rationale: bool = False) -> dict[str, Kind]:
    """Names and kinds of the columns, in order."""
    return {**COLUMNS, RATIONALE: "nested"} if rationale else dict(COLUMNS)


def flat_row(item: Item, assessment: Assessment, file: str, row: int, *, rationale: bool = False) -> FlatRow:
    """One row with the keys of `columns`, in that order; a value is None where there is none."""
    article = item.article
    flat: FlatRow = {
        "file": file,
        "row": row,
        "id": _printable(item.id),
        "title": _printable(article.title or None),
        "url": _printable(article.url),
        "source": _printable(article.source),
        "published_at": article.published_at.isoformat() if article.published_at else None,
        "language": assessment.language,
        "abstained": assessment.abstained,
        "abstain_reason": assessment.abstain_reason,
        "score": assessment.score,
        "stage": assessment.stage,
        "direction": assessment.direction,
    }
    for regime in REGIMES:
        score = assessment.regimes.get(regime)
        flat[f"{regime}_score"] = score.score if score else None
        flat[f"{regime}_probability"] = score.probability if score else None
        flat[f"{regime}_severity"] = score.severity if score else None
        flat[f"{regime}_flagged"] = score.flagged if score else None
    flat["companies"] = [company.company_id for company in assessment.companies]
    flat["exposed_companies"] = [company.company_id for company in assessment.companies if company.exposed]
    flat["assessment_id"] = assessment.assessment_id
    flat["model_version"] = assessment.model_version
    flat["knowledge_hash"] = assessment.knowledge_hash
    flat["warnings"] = list(assessment.warnings)
    if rationale:
        from riskscore.wire.answers import assessment_answer  # pydantic takes 0.2 s to import

        answer = assessment_answer(assessment)
        flat[RATIONALE] = {
            regime: {name: value for name, value in answered.items() if name in _REASONS}
            for regime, answered in answer["regimes"].items()
        }
    return flat


def _printable(text: str | None) -> str | None:
    """Lone surrogates, which no file format takes, become U+FFFD."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
