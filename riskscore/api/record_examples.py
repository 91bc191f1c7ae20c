"""Example answers of the resources that read the store, worked out on a store of their own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from riskscore.api.alert_examples import alert_examples
from riskscore.api.articles import show_stored, store
from riskscore.api.assessments import replayed, shown_assessment
from riskscore.api.audit import LedgerQuery, ledger_head, listed_ledger
from riskscore.api.changes import ChangesPage, listed_changes
from riskscore.api.company_risk import (
    CompareQuery,
    RiskQuery,
    TimelineQuery,
    answered_risk,
    answered_timeline,
    compared_companies,
)
from riskscore.api.inference_examples import inference_examples
from riskscore.api.keys import key_examples
from riskscore.api.label_examples import label_examples
from riskscore.api.model_examples import model_examples
from riskscore.api.records import Records
from riskscore.api.requests import Limits
from riskscore.api.stories import Page, shown_story
from riskscore.assess import Assessor
from riskscore.examples import example_request
from riskscore.models.rotation import Rotation
from riskscore.settings import Settings
from riskscore.wire.encoding import decode_json

# Texts, so that an assessment can be replayed; a ledger that can be shown at once.
_SETTINGS = {"keep_text": True, "audit": True, "audit_wait": True, "keep_query_text": False}


def record_examples(
    assessor: Assessor, settings: Settings, limits: Limits
) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
    """One answer by path, and those about alerts by path and method."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'examples.db'}"
        rotation = Rotation.of(assessor)
        records = Records(settings.model_copy(update=_SETTINGS | {"database_url": url}), rotation)
        try:
            told = alert_examples(records, limits) | key_examples(records) | model_examples(records)
            answers = _answers(records, limits) | inference_examples(records, limits)
            return answers, told | label_examples(records, limits)
        finally:
            records.close()


def _answers(records: Records, limits: Limits) -> dict[str, Any]:
    content, _ = store(records, limits, example_request(), None)
    stored: Any = decode_json(content)
    named = stored["assessment"]["companies"] or [{"company_id": "nvidia"}]
    company_id = named[0]["company_id"]
    assessment_id = stored["assessment"]["assessment_id"]
    return {
        "/v1/articles": stored,
        "/v1/articles/{article_id}": show_stored(records, stored["article_id"]),
        "/v1/assessments/{assessment_id}": decode_json(shown_assessment(records, assessment_id).answer),
        "/v1/assessments/{assessment_id}/replay": replayed(records, assessment_id),
        "/v1/stories/{story_id}": shown_story(records, stored["story_id"], Page.model_validate({})),
        "/v1/changes": listed_changes(records, ChangesPage.model_validate({})),
        "/v1/companies/{company_id}/risk": answered_risk(records, company_id, RiskQuery.model_validate({})),
        "/v1/companies/{company_id}/timeline": answered_timeline(
            records, company_id, TimelineQuery.model_validate({"step_days": 90})
        ),
        "/v1/companies/compare": compared_companies(
            records, CompareQuery.model_validate({"ids": f"{company_id},microsoft"})
        ),
        "/v1/audit": listed_ledger(records, LedgerQuery.model_validate({"limit": 3})),
        "/v1/audit/head": ledger_head(records),
    }
