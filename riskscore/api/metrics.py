"""`GET /metrics`: the figures of this process and of the database, as Prometheus reads them."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from riskscore.api import problems
from riskscore.api.access import needs
from riskscore.api.context import ContextDep
from riskscore.observability.metrics import CONTENT_TYPE, Metrics

router = APIRouter(tags=["health"], dependencies=[needs("read")])


@router.get(
    "/metrics",
    summary="Show metrics",
    response_class=Response,
    responses={
        200: {
            "description": "Prometheus text format.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **problems.documented(problems.BUSY),
    },
)
async def show_metrics(request: Request, context: ContextDep) -> Response:
    """Requests, scores, outbox, feeds, drift and models; a scraper sends its key as a bearer token."""
    counted: Metrics = request.app.state.metrics
    content = await context.run_unscored(context.deadline(), counted.exposition)
    return Response(content, headers={"content-type": CONTENT_TYPE})
