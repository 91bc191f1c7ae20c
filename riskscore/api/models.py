"""`/v1/models`: the models of this server, what is in force, and what would be said by the challenger."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from riskscore.api import problems
from riskscore.api.access import needs
from riskscore.api.alert_requests import read
from riskscore.api.body import JsonBody, documented_body, json_response
from riskscore.api.context import ContextDep, ItemId
from riskscore.api.endpoints import READ_PROBLEMS, WRITE_PROBLEMS
from riskscore.api.model_answers import choice_answer, gate_answer, shadow_answer
from riskscore.api.model_schemas import (
    LoadedModelAnswer,
    ModelsAnswer,
    PromotedAnswer,
    PromotionRequest,
    ReloadedAnswer,
    Role,
    RollbackRequest,
)
from riskscore.api.records import Records, RecordsDep
from riskscore.artifact.gate import read_gate
from riskscore.artifact.model import available_versions, default_model_dir
from riskscore.errors import ArtifactError
from riskscore.models.examination import examine
from riskscore.models.lineup import Lineup
from riskscore.models.production import Production
from riskscore.models.promotion import promote, rollback
from riskscore.models.rotation import Rotation
from riskscore.store.model_choices import list_choices
from riskscore.store.shadow import comparisons_of

router = APIRouter(tags=["model"])

_CHOICES = 20
_CHANGE_PROBLEMS = WRITE_PROBLEMS | problems.documented(problems.MODEL_REFUSED)


async def _production(request: Request) -> Production:
    production: Production = request.app.state.production
    return production


ProductionDep = Annotated[Production, Depends(_production)]


@router.get(
    "/v1/models",
    summary="List the models",
    dependencies=[needs("read")],
    response_model=ModelsAnswer,
    responses=READ_PROBLEMS,
)
async def show_models(context: ContextDep, records: RecordsDep, production: ProductionDep) -> Response:
    """Which model answers and why, which a request can ask for, and how far the challenger agrees."""
    return json_response(await context.run_unscored(context.deadline(), listed_models, records, production))


def listed_models(records: Records, production: Production) -> ModelsAnswer:
    """The models of this server."""
    lineup, pair = records.lineup, production.pair()
    since = records.newsroom.clock() - production.policy.window
    with records.store.read() as connection:
        choices = list_choices(connection, _CHOICES)
        found = {} if pair is None else comparisons_of(connection, pair, since)
    return {
        "default": lineup.default,
        "chosen_by": lineup.chosen_by,
        "fault": records.rotation.fault,
        "models": models_on_disk(records),
        "shadow": None if pair is None else shadow_answer(pair, lineup.share, since, found),
        "choices": [choice_answer(one) for one in choices],
    }


def models_on_disk(records: Records) -> list[LoadedModelAnswer]:
    """Every artifact, and every loaded model should its artifact be gone, newest first."""
    lineup = records.lineup
    folder = records.settings.model_dir or default_model_dir()
    answers: list[LoadedModelAnswer] = []
    for version in dict.fromkeys((*reversed(available_versions(folder)), *lineup.assessors)):
        gate, reason = None, lineup.refused.get(version)
        try:
            gate = read_gate(folder / version)
        except ArtifactError as fault:
            reason = reason or str(fault)
        answers.append(
            {
                "version": version,
                "role": _role(lineup, version),
                "reason": reason,
                "gate": None if gate is None else gate_answer(gate),
            }
        )
    return answers


def _role(lineup: Lineup, version: str) -> Role:
    if version == lineup.default:
        return "default"
    if version == lineup.challenger:
        return "challenger"
    if version in lineup.assessors:
        return "loaded"
    return "refused" if version in lineup.refused else "available"


@router.post(
    "/v1/models/{version}/promote",
    summary="Put a model in force",
    dependencies=[needs("admin")],
    response_model=PromotedAnswer,
    responses=_CHANGE_PROBLEMS,
    openapi_extra=documented_body(PromotionRequest, {"after a refit": {"reason": "Refit on the new corpus"}}),
)
async def promote_model(
    context: ContextDep, records: RecordsDep, version: ItemId, body: JsonBody
) -> Response:
    """Its files are checked, the gate's report is asked for, and the choice is recorded.

    When the answer comes, this server answers with it; others on the database follow within `model_poll_s`.
    """
    return json_response(await context.run_unscored(context.deadline(), promoted, records, version, body))


def promoted(records: Records, version: str, body: object) -> PromotedAnswer:
    """Promote a version, and follow."""
    wanted = read(PromotionRequest, body)
    examined = examine(
        records.settings.model_dir, version, records.lineup.default, records.assessor.knowledge
    )
    choice = promote(
        records.store,
        examined,
        reason=wanted.reason,
        by=records.trail.actor.name,
        at=records.newsroom.clock(),
        force=wanted.force,
        trail=records.trail,
    )
    records.rotation.refresh()
    return {
        "choice": choice_answer(choice),
        "default": records.rotation.lineup.default,
        "objections": list(examined.objections),
    }


@router.post(
    "/v1/models/rollback",
    summary="Go back to the model before",
    dependencies=[needs("admin")],
    response_model=PromotedAnswer,
    responses=_CHANGE_PROBLEMS,
    openapi_extra=documented_body(RollbackRequest, {}),
)
async def roll_back(context: ContextDep, records: RecordsDep, body: JsonBody) -> Response:
    """The version that answered before the last promotion; a second rollback goes one further back."""
    return json_response(await context.run_unscored(context.deadline(), rolled_back, records, body))


def rolled_back(records: Records, body: object) -> PromotedAnswer:
    """Roll back, and follow."""
    wanted = read(RollbackRequest, body)
    choice = rollback(
        records.store,
        records.settings.model_dir,
        reason=wanted.reason,
        by=records.trail.actor.name,
        at=records.newsroom.clock(),
        trail=records.trail,
    )
    records.rotation.refresh()
    return {
        "choice": choice_answer(choice),
        "default": records.rotation.lineup.default,
        "objections": [],
    }


@router.post(
    "/v1/models/reload",
    summary="Look at the models anew",
    dependencies=[needs("admin")],
    response_model=ReloadedAnswer,
    responses=_CHANGE_PROBLEMS,
)
async def reload_models(context: ContextDep, records: RecordsDep) -> Response:
    """This server follows the record at once, and loads artifacts that are new in its folder; as SIGHUP does.

    No request is dropped, and none is answered by two models: each keeps to what it began with.
    """
    return json_response(await context.run_unscored(context.deadline(), reloaded, records.rotation))


def reloaded(rotation: Rotation) -> ReloadedAnswer:
    """Follow the record and the folder now."""
    changed = rotation.refresh()
    lineup = rotation.lineup
    return {"changed": changed, "default": lineup.default, "loaded": list(lineup.assessors)}
