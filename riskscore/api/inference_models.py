"""`GET /v2…`: what the Open Inference Protocol (KServe V2) tells of server and models, and of their health.

Errors are the protocol's (see `problems.INFERENCE_ROOT`), with the statuses of everywhere else.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from riskscore import __version__
from riskscore.api import problems
from riskscore.api.access import OPEN, needs
from riskscore.api.body import json_response
from riskscore.api.context import Context, ContextDep, ItemId
from riskscore.api.faults import shown
from riskscore.api.health import checked, probed, soon
from riskscore.api.problems import INFERENCE_ROOT, Kind, NotFoundError
from riskscore.api.records import Records, RecordsDep
from riskscore.open_inference.binary import EXTENSION
from riskscore.open_inference.schemas import (
    InferenceErrorAnswer,
    ModelMetadataAnswer,
    ModelReadyAnswer,
    ServerLiveAnswer,
    ServerMetadataAnswer,
    ServerReadyAnswer,
)
from riskscore.open_inference.tensors import MODEL_NAME, PLATFORM, input_metadata, output_metadata

router = APIRouter(prefix=INFERENCE_ROOT, tags=["open inference protocol"])

MODEL_PATH, VERSION_PATH = "/models/{model_name}", "/models/{model_name}/versions/{model_version}"

ModelName = Annotated[str, Path(max_length=200, description=f"`{MODEL_NAME}`.")]


def documented_inference(*kinds: Kind, open_to_all: bool = False) -> dict[int | str, dict[str, Any]]:
    """FastAPI's `responses` for what an operation may answer beside 200."""
    keys = (
        problems.KEY_IN_URL,
        problems.UNAUTHENTICATED,
        problems.MISSING_SCOPE,
        problems.OVER_LIMIT,
        problems.BUSY,
    )
    found = problems.documented(*kinds, *(() if open_to_all else keys))
    return {
        status: {"description": answer["description"], "model": InferenceErrorAnswer}
        for status, answer in found.items()
    }


@router.get(
    "",
    summary="Describe the server",
    dependencies=[needs("read")],
    response_model=ServerMetadataAnswer,
    responses=documented_inference(),
)
@router.get(
    "/",
    summary="Describe the server",
    dependencies=[needs("read")],
    response_model=ServerMetadataAnswer,
    responses=documented_inference(),
)
async def describe_server() -> Response:  # /v2 in the specification's text, /v2/ in its OpenAPI document
    """Its name, version, and the extensions of the protocol that it takes."""
    return json_response(server_metadata())


def server_metadata() -> ServerMetadataAnswer:
    """What the server is."""
    return {"name": MODEL_NAME, "version": __version__, "extensions": [EXTENSION]}


@router.get(
    "/health/live",
    summary="Is the server alive?",
    dependencies=[OPEN],
    response_model=ServerLiveAnswer,
    responses=documented_inference(open_to_all=True),
)
async def server_live() -> Response:
    """As `/health/live`."""
    answer: ServerLiveAnswer = {"live": True}
    return json_response(answer)


@router.get(
    "/health/ready",
    summary="Can the server do its work?",
    dependencies=[OPEN],
    response_model=ServerReadyAnswer,
    responses=documented_inference(problems.BUSY, open_to_all=True),
)
async def server_ready(context: ContextDep, records: RecordsDep) -> Response:
    """As `/health/ready`."""
    await checked(context, records)
    answer: ServerReadyAnswer = {"live": True, "ready": True}
    return json_response(answer)


async def _known_model(model_name: ModelName) -> None:
    if model_name != MODEL_NAME:
        message = f"there is no model {shown(model_name)!r}; {MODEL_NAME} is the only one"
        raise NotFoundError(message, "model_name")


async def _known_version(records: RecordsDep, model_version: ItemId) -> str:
    if model_version not in records.lineup.assessors:
        loaded = ", ".join(_versions(records))
        message = f"version {shown(model_version)!r} is not loaded; loaded are {loaded}"
        raise NotFoundError(message, "model_version")
    return model_version


KnownModel = Depends(_known_model)
KnownVersion = Annotated[str, Depends(_known_version)]


def _versions(records: Records) -> list[str]:
    """Versions that a request may name, the default's first."""
    lineup = records.lineup
    return list(dict.fromkeys((lineup.default, *lineup.assessors)))


@router.get(
    MODEL_PATH,
    summary="Describe the model",
    dependencies=[needs("read"), KnownModel],
    response_model=ModelMetadataAnswer,
    responses=documented_inference(problems.NOT_FOUND, problems.INVALID_REQUEST),
)
async def describe_model(records: RecordsDep) -> Response:
    """The tensors that it takes and gives, and the versions that can be asked for."""
    return json_response(model_metadata(records))


@router.get(
    VERSION_PATH,
    summary="Describe a version of the model",
    dependencies=[needs("read"), KnownModel],
    response_model=ModelMetadataAnswer,
    responses=documented_inference(problems.NOT_FOUND, problems.INVALID_REQUEST),
)
async def describe_version(records: RecordsDep, version: KnownVersion) -> Response:
    """All versions take and give the same tensors."""
    return json_response(model_metadata(records))


def model_metadata(records: Records) -> ModelMetadataAnswer:
    """What the model takes and gives."""
    return {
        "name": MODEL_NAME,
        "versions": _versions(records),
        "platform": PLATFORM,
        "inputs": input_metadata(),
        "outputs": output_metadata(),
    }


@router.get(
    f"{MODEL_PATH}/ready",
    summary="Can the model answer?",
    dependencies=[OPEN, KnownModel],
    response_model=ModelReadyAnswer,
    responses=documented_inference(
        problems.NOT_FOUND, problems.INVALID_REQUEST, problems.BUSY, open_to_all=True
    ),
)
async def model_ready(context: ContextDep, records: RecordsDep) -> Response:
    """200 once a short article was scored by the model in force."""
    return await _model_ready(context, records, None)


@router.get(
    f"{VERSION_PATH}/ready",
    summary="Can a version of the model answer?",
    dependencies=[OPEN, KnownModel],
    response_model=ModelReadyAnswer,
    responses=documented_inference(
        problems.NOT_FOUND, problems.INVALID_REQUEST, problems.BUSY, open_to_all=True
    ),
)
async def version_ready(context: ContextDep, records: RecordsDep, version: KnownVersion) -> Response:
    """200 once a short article was scored by that version; 404 where it is not loaded."""
    return await _model_ready(context, records, version)


async def _model_ready(context: Context, records: Records, version: str | None) -> Response:
    await probed(context, records.lineup.find(version), soon(context))
    answer: ModelReadyAnswer = {"name": MODEL_NAME, "ready": True}
    return json_response(answer)
