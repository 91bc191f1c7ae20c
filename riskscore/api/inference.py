"""`POST /v2/models/riskscore/infer`, of a version too: the Open Inference Protocol, binary tensors included.

Limits, scopes, ledger and time limits are those of `/v1/score/batch`; errors are the protocol's.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from riskscore.api import problems
from riskscore.api.access import charge, needs
from riskscore.api.body import require_json, whole_body
from riskscore.api.context import Context, ContextDep
from riskscore.api.inference_models import (
    MODEL_PATH,
    VERSION_PATH,
    KnownModel,
    KnownVersion,
    documented_inference,
)
from riskscore.api.problems import INFERENCE_ROOT
from riskscore.api.records import Records, RecordsDep
from riskscore.api.requests import Limits, Submission
from riskscore.api.scoring import judged
from riskscore.examples import example_request
from riskscore.open_inference.binary import HEADER, split_body
from riskscore.open_inference.reading import Inference, read_inference
from riskscore.open_inference.schemas import InferenceAnswer, InferenceRequest
from riskscore.open_inference.tensors import MODEL_NAME, Judged, output_tensor
from riskscore.wire.encoding import decode_json, encode_json

router = APIRouter(prefix=INFERENCE_ROOT, tags=["open inference protocol"])

_BINARY = "application/octet-stream"


async def _body(request: Request) -> tuple[bytes, bytes]:
    """The JSON object of the body, and the binary data behind it.

    Clients of the protocol send JSON as application/octet-stream or without a type. Browsers cannot make
    the former without asking first, and name their page's origin with the latter.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _BINARY and (media_type or "origin" in request.headers):
        require_json(request)
    return split_body(await whole_body(request), request.headers.get(HEADER))


Body = Annotated[tuple[bytes, bytes], Depends(_body)]

_INFER_PROBLEMS = documented_inference(
    problems.MALFORMED_JSON,
    problems.NOT_FOUND,
    problems.SLOW_BODY,
    problems.TOO_LARGE,
    problems.UNSUPPORTED_MEDIA_TYPE,
    problems.INVALID_REQUEST,
)
_INFER_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {_BINARY: {"schema": {"type": "string", "format": "binary"}}},
        "description": f"As application/octet-stream where an output is asked for as binary data: the JSON "
        f"object, whose length is in {HEADER}, then the tensors in the order of `outputs`.",
    }
}


def example_inference() -> dict[str, Any]:
    """A request that works."""
    article = example_request()
    return {
        "id": "42",
        "inputs": [
            {"name": name, "shape": [1], "datatype": "BYTES", "data": [article[name]]}
            for name in ("text", "title")
        ],
        "outputs": [{"name": "probability"}, {"name": "flagged"}],
    }


_INFER_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": f"#/components/schemas/{InferenceRequest.__name__}"},
                "examples": {"one article": {"value": example_inference()}},
            },
            _BINARY: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post(
    f"{MODEL_PATH}/infer",
    summary="Score articles given as tensors",
    dependencies=[needs("score"), KnownModel],
    response_model=InferenceAnswer,
    responses=_INFER_ANSWER | _INFER_PROBLEMS,
    openapi_extra=_INFER_BODY,
)
async def infer(request: Request, context: ContextDep, records: RecordsDep, body: Body) -> Response:
    """By the model in force. One article an element; a fault of one refuses the request."""
    return await _inferred(request, context, records, body, None)


@router.post(
    f"{VERSION_PATH}/infer",
    summary="Score articles given as tensors by a version of the model",
    dependencies=[needs("score"), KnownModel],
    response_model=InferenceAnswer,
    responses=_INFER_ANSWER | _INFER_PROBLEMS,
    openapi_extra=_INFER_BODY,
)
async def infer_by_version(
    request: Request, context: ContextDep, records: RecordsDep, version: KnownVersion, body: Body
) -> Response:
    """As without a version; 404 where that version is not loaded."""
    return await _inferred(request, context, records, body, version)


async def _inferred(
    request: Request, context: Context, records: Records, body: tuple[bytes, bytes], version: str | None
) -> Response:
    deadline = context.deadline()
    asked = await context.run(deadline, _read, body, context.limits, version)
    charge(request, max(len(asked.submissions) - 1, 0))
    found = [await context.run_on(deadline, scored, records, one) for one in asked.submissions]
    answer, behind = inference_answer(records, asked, found, version)
    content = encode_json(answer)
    if not any(output.binary for output in asked.outputs):
        return Response(content, media_type="application/json")
    return Response(content + behind, media_type=_BINARY, headers={HEADER: str(len(content))})


def _read(body: tuple[bytes, bytes], limits: Limits, version: str | None) -> Inference:
    content, behind = body
    return read_inference(decode_json(content), behind, limits, version)


def scored(records: Records, submission: Submission) -> Judged:
    """One article's assessment, recorded in the ledger."""
    return Judged(*judged(records, submission))


def inference_answer(
    records: Records, asked: Inference, found: list[Judged], version: str | None
) -> tuple[InferenceAnswer, bytes]:
    """The answer's JSON object, and the binary data behind it."""
    assessor = records.lineup.find(version)
    tensors = [output_tensor(output.name, found, binary=output.binary) for output in asked.outputs]
    answer: InferenceAnswer = {
        "model_name": MODEL_NAME,
        "model_version": assessor.model.version,
        "parameters": {"knowledge_hash": assessor.knowledge.hash},
        "outputs": [tensor for tensor, _ in tensors],
    }
    if asked.id is not None:
        answer["id"] = asked.id
    return answer, b"".join(content for _, content in tensors)
