"""Settings in, the FastAPI application out."""

from __future__ import annotations

import functools
from typing import Any

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
    bulk,
    changes,
    companies,
    company_risk,
    deliveries,
    endpoints,
    health,
    instruments,
    memos,
    model,
    regimes,
    scoring,
    stories,
    subscriptions,
)
from riskscore.api.alert_requests import REQUESTS
from riskscore.api.article_requests import ArticleRequest, BulkLine
from riskscore.api.context import Context
from riskscore.api.examples import answer_examples
from riskscore.api.middleware import AllowedHosts, BodyLimit, RequestContext
from riskscore.api.problems import problem_response
from riskscore.api.record_examples import record_examples
from riskscore.api.record_schemas import LineRefused, LineStored
from riskscore.api.records import Records
from riskscore.api.requests import BatchRequest, ScoreRequest
from riskscore.assess import Assessor
from riskscore.errors import RiskscoreError
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
        None loads the model that the settings name, which takes a second or so.

    Raises
    ------
    SettingsError
        A setting is unusable.
    ArtifactError, KnowledgeError
        The model or the knowledge files are.
    """
    settings = settings or load_settings()
    assessor = assessor or Assessor.load(settings.model_dir, settings.model_version, compiled=True)
    # No /docs page: FastAPI's loads its scripts from a third party's servers.
    app = FastAPI(
        title="riskscore",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.context = Context(settings, assessor)
    app.state.records = Records(settings, assessor)
    # Before companies: /v1/companies/compare is no company's id.
    stored = (articles, bulk, assessments, stories, company_risk, memos, changes)
    told = (alerts, subscriptions, deliveries, endpoints)
    for resource in (scoring, *stored, *told, model, regimes, instruments, companies, health):
        app.include_router(resource.router)
    # The one place where errors become answers; an exception of no listed class reaches RequestContext.
    for error_class in (RiskscoreError, RequestValidationError, HTTPException):
        app.add_exception_handler(error_class, problem_response)
    app.add_middleware(BodyLimit, max_body_bytes=settings.max_body_bytes, streamed=bulk.PATHS)
    app.add_middleware(AllowedHosts, hosts=allowed_host_names(settings), on_error=problem_response)
    app.add_middleware(RequestContext, on_error=problem_response)
    app.openapi = functools.cache(functools.partial(_openapi, app))  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document, with the request schemas, the limits in force and examples by the loaded model."""
    document = FastAPI.openapi(app)
    context: Context = app.state.context
    template = "#/components/schemas/{model}"
    bodies: tuple[type[BaseModel], ...] = (ScoreRequest, BatchRequest, ArticleRequest, BulkLine, *REQUESTS)
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
    return document
