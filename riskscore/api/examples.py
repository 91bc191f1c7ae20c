"""Example answers for the OpenAPI document, worked out by the loaded model, so that they are never stale."""

from __future__ import annotations

from itertools import islice
from typing import Any

from riskscore.api.requests import Limits, item_id, read_item, read_items, read_submission
from riskscore.assess import Assessor
from riskscore.examples import example_batch, example_request
from riskscore.wire.answers import (
    assessment_answer,
    company_answer,
    instrument_answer,
    model_answer,
    regimes_answer,
)
from riskscore.wire.encoding import decode_json, encode_json

# The examples hold whatever limits the server was given.
_LIMITS = Limits(max_text_chars=100_000, max_html_chars=100_000, max_items=100)


def answer_examples(assessor: Assessor) -> dict[str, Any]:
    """One answer of status 200 by path, as plain JSON values."""
    knowledge = assessor.knowledge
    instruments = [instrument_answer(instrument) for instrument in islice(knowledge.instruments.values(), 2)]
    companies = [company_answer(company) for company in islice(knowledge.companies.values(), 2)]
    brief = {**example_request(), "options": {"contributions": 3, "evidence": 2}}
    ready = {
        "status": "ready",
        "model_version": assessor.model.version,
        "knowledge_hash": knowledge.hash,
    }
    answers = {
        "/v1/score": assessment_answer(read_submission(brief, _LIMITS).assess(assessor)),
        "/v1/score/batch": {
            "results": [
                {
                    "id": item_id(item),
                    "assessment": assessment_answer(read_item(item, i, _LIMITS).assess(assessor)),
                }
                for i, item in enumerate(read_items(example_batch(), _LIMITS))
            ]
        },
        "/v1/model": {**model_answer(assessor), "card": assessor.model.card[:200]},
        "/v1/regimes": regimes_answer(knowledge.vocabulary),
        "/v1/instruments": {"instruments": instruments, "count": len(instruments)},
        "/v1/instruments/{instrument_id}": instruments[0],
        "/v1/companies": {"companies": companies, "count": len(companies)},
        "/v1/companies/{company_id}": companies[0],
        "/healthz": {"status": "alive"},
        "/health/live": {"status": "alive"},
        "/readyz": ready,
        "/health/ready": ready,
    }
    return {path: decode_json(encode_json(answer)) for path, answer in answers.items()}
