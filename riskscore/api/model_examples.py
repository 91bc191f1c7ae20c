"""Example answers about models in production for the OpenAPI document, worked out on their own store."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from riskscore.api.drift import DriftQuery, answered_drift
from riskscore.api.model_answers import choice_answer
from riskscore.api.model_schemas import PromotedAnswer
from riskscore.api.models import listed_models, reloaded
from riskscore.api.records import Records
from riskscore.models.production import Production
from riskscore.store.model_choices import Action, ModelChoice, add_choice


def model_examples(records: Records) -> dict[tuple[str, str], Any]:
    """One answer by (path, method)."""
    promoted, back = (
        records.store.in_transaction(lambda connection, action=action: _chosen(connection, records, action))  # type: ignore[misc]
        for action in ("promote", "rollback")
    )
    production = Production(records.settings, records.assessor)
    try:
        return {
            ("/v1/models", "get"): listed_models(records, production),
            ("/v1/models/{version}/promote", "post"): _answer(promoted),
            ("/v1/models/rollback", "post"): _answer(back),
            ("/v1/models/reload", "post"): reloaded(records.rotation),
            ("/v1/drift", "get"): answered_drift(records, production, DriftQuery.model_validate({})),
        }
    finally:
        production.late.close()


def _chosen(connection: Connection, records: Records, action: Action) -> ModelChoice:
    return add_choice(
        connection,
        action=action,
        version=records.assessor.model.version,
        identity=f"{records.assessor.model.version} {64 * '0'} {16 * '0'}",
        previous="2026-10-01",
        challenger=None,
        challenger_share=0.0,
        forced=False,
        reason="Refit on the new corpus" if action == "promote" else "Flags too much sports news",
        report=None,
        decided_by="Model desk",
        decided_at=records.newsroom.clock(),
    )


def _answer(choice: ModelChoice) -> PromotedAnswer:
    return {"choice": choice_answer(choice), "default": choice.version, "objections": []}
