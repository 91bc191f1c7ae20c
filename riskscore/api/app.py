"""Settings in, the FastAPI application out."""

from __future__ import annotations

import asyncio
import functools
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException

from riskscore import __version__
from riskscore.api import (
    alerts,
    articles,
    assessments,
    audit,
    bulk,
    changes,
    companies,
    company_risk,
    deliveries,
    drift,
    endpoints,
    health,
    inference,
    inference_models,
    instruments,
    keys,
    labels,
    mcp,
    memos,
    metrics,
    model,
    models,
    regimes,
    review,
    scoring,
    stories,
    subscriptions,
)
from riskscore.api.access import document_keys
from riskscore.api.alert_requests import REQUESTS
from riskscore.api.article_requests import ArticleRequest, BulkLine
from riskscore.api.context import Context
from riskscore.api.examples import answer_examples
from riskscore.api.key_schemas import KEY_REQUESTS
from riskscore.api.keyring import KeyRing
from riskscore.api.label_requests import LABEL_REQUESTS
from riskscore.api.middleware import AllowedHosts, BodyLimit, RequestContext
from riskscore.api.model_schemas import MODEL_REQUESTS
from riskscore.api.problems import problem_response
from riskscore.api.record_examples import record_examples
from riskscore.api.record_schemas import LineRefused, LineStored
from riskscore.api.records import Records
from riskscore.api.requests import BatchRequest, ScoreRequest
from riskscore.assess import Assessor
from riskscore.dashboard.desk import add_desk
from riskscore.errors import RiskscoreError
from riskscore.models.production import Production
from riskscore.observability.looked_up import LookedUp
from riskscore.observability.metrics import Metrics
from riskscore.observability.tracing import export_traces
from riskscore.open_inference.schemas import INFERENCE_REQUESTS
from riskscore.settings import Settings, allowed_host_names, load_settings
from riskscore.wire.schemas import ProblemAnswer

_DESCRIPTION = """\
How exposed is each company in a news item to US–China regulation, under which rule, how bad, and which
sentence says so. Every error is an RFC 9457 problem. Offsets count Unicode characters (code points) of
the field as sent.
"""


def create_app(settings: Settings | None = None, assessor: Assessor | None = None) -> FastAPI:
    """The application, ready to serve.

    Parameters
    ----------
    settings : Settings or None
        None reads the environment.
    assessor : Assessor or None
        None loads the models in force, which takes a second or so each, and follows what is promoted.

    Raises
    ------
    SettingsError
        A setting is unusable.
    ArtifactError, KnowledgeError
        The model or the knowledge files are.
    """
    settings = settings or load_settings()
    counted = Metrics()
    production = Production(settings, assessor, metrics=counted)
    # No /docs page: FastAPI's loads its scripts from a third party's servers.
    app = FastAPI(
        title="riskscore",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.production, app.state.metrics = production, counted
    app.state.traces = export_traces() if settings.traces else None
    app.state.context = Context(settings, production.rotation)
    app.state.records = records = Records(settings, production.rotation)
    counted.register(LookedUp(lambda: records.store, production))
    app.state.keyring = KeyRing(settings)
    # Before companies: /v1/companies/compare is no company's id.
    stored = (articles, bulk, assessments, stories, company_risk, memos, changes)
    told = (alerts, subscriptions, deliveries, endpoints)
    operated = (model, models, drift, keys, audit, health, metrics)
    inferring = (inference, inference_models)
    known = (regimes, instruments, companies)
    reviewed = (labels, review)
    for resource in (scoring, *inferring, *stored, *told, *reviewed, *known, *operated):
        app.include_router(resource.router)
    add_desk(app)
    if settings.mcp:
        mcp.add_mcp(app)
    # The one place where errors become answers; an exception of no listed class reaches RequestContext.
    for error_class in (RiskscoreError, RequestValidationError, HTTPException):
        app.add_exception_handler(error_class, problem_response)
    app.add_middleware(BodyLimit, max_body_bytes=settings.max_body_bytes, streamed=bulk.PATHS)
    app.add_middleware(AllowedHosts, hosts=allowed_host_names(settings), on_error=problem_response)
    app.add_middleware(RequestContext, on_error=problem_response, metrics=counted)
    app.openapi = functools.cache(functools.partial(_openapi, app))  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    production, context = app.state.production, app.state.context
    production.start(lambda: context.is_idle)
    if hasattr(signal, "SIGHUP") and threading.current_thread() is threading.main_thread():
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, production.rotation.ask)
    async with mcp.answering(app):
        yield
    await anyio.to_thread.run_sync(production.stop)
    await app.state.keyring.close()
    await anyio.to_thread.run_sync(app.state.records.close)  # the ledger's last entries are written down
    if app.state.traces is not None:  # last: a collector that does not answer takes seconds
        await anyio.to_thread.run_sync(app.state.traces.shutdown)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document, with the request schemas, the limits in force and examples by the loaded model."""
    document = FastAPI.openapi(app)
    context: Context = app.state.context
    template = "#/components/schemas/{model}"
    scored: tuple[type[BaseModel], ...] = (ScoreRequest, BatchRequest, ArticleRequest, BulkLine)
    bodies: tuple[type[BaseModel], ...] = (
        *scored,
        *REQUESTS,
        *KEY_REQUESTS,
        *MODEL_REQUESTS,
        *LABEL_REQUESTS,
        *INFERENCE_REQUESTS,
    )
    _, requests = models_json_schema(
        [(request, "validation") for request in bodies],
        ref_template=template,
    )
    schemas: dict[str, Any] = document["components"]["schemas"]
    schemas.update(requests["$defs"])
    for answer in (ProblemAnswer, LineStored, LineRefused):
        schema = TypeAdapter(answer).json_schema(ref_template=template)
        schemas.update(schema.pop("$defs", {}))
        schemas[answer.__name__] = schema
    items = schemas["BatchRequest"]["properties"]["items"]
    items["maxItems"] = context.limits.max_items
    # An item of any other shape is taken as well: it is answered with a problem of its own.
    items["items"] = {"anyOf": [items["items"], {"description": "Answered with a problem."}]}
    for item in ("ScoreRequest", "BatchItem", "ArticleRequest", "BulkLine"):
        properties = schemas[item]["properties"]
        properties["text"]["anyOf"][0]["maxLength"] = context.limits.max_text_chars
        properties["html"]["anyOf"][0]["maxLength"] = context.limits.max_html_chars
    examples = answer_examples(context.assessor)
    stored, told = record_examples(context.assessor, context.settings, context.limits)
    for path, example in (examples | stored).items():
        operation = next(iter(document["paths"][path].values()))
        operation["responses"]["200"]["content"]["application/json"]["example"] = example
    for (path, method), example in told.items():
        operation = document["paths"][path][method]
        operation["responses"]["200"]["content"]["application/json"]["example"] = example
    document_keys(document)
    return document
