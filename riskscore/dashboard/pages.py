"""A template and its values in, a page with its security headers out; errors of page routes as pages too."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from riskscore import __version__
from riskscore.access.principal import Principal
from riskscore.access.scopes import Scope
from riskscore.api.context import context_of
from riskscore.api.middleware import log_fault
from riskscore.api.problems import INTERNAL_ERROR, UNAUTHENTICATED, problem_of
from riskscore.dashboard import words
from riskscore.dashboard.assets import asset_url, plotly_style_guards
from riskscore.dashboard.forms import TOKEN_FIELD, form_token
from riskscore.labels.queue import REASON_WORDS
from riskscore.types import REGIMES, SEVERITY_NAMES

# A page may load its own files and talk to its own site; it may run or style nothing that stands within it.
PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "referrer-policy": "same-origin",  # with less, browsers send no Origin with forms
}


class Entry(NamedTuple):
    """A place in the navigation."""

    path: str
    name: str
    scope: Scope


# A page that is not built in, or that its route's absence leaves out, is not shown: see `_navigation`.
NAVIGATION = (
    Entry("/", "Overview", "read"),
    Entry("/companies", "Companies", "read"),
    Entry("/score", "Score", "score"),
    Entry("/alerts", "Alerts", "alerts"),
    Entry("/subscriptions", "Watches", "alerts"),
    Entry("/deliveries", "Deliveries", "alerts"),
    Entry("/review", "Review", "read"),
    Entry("/instruments", "Rule book", "read"),
)


@cache
def templates() -> Environment:
    """The environment of all templates. Everything is escaped; a name that is not given is an error."""
    found = Environment(
        loader=PackageLoader("riskscore.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(words.FILTERS)
    found.globals.update(
        asset=asset_url,
        style_guards=plotly_style_guards,
        regimes=REGIMES,
        regime_names=words.REGIME_NAMES,
        severities=SEVERITY_NAMES,
        change_words=words.CHANGES,
        status_words=words.STATUSES,
        review_words=REASON_WORDS,
        token_field=TOKEN_FIELD,
        version=__version__,
    )
    return found


def render(request: Request, template: str, *, status: int = 200, **values: object) -> Response:
    """A page.

    Parameters
    ----------
    template : str
        Its file's name.
    **values : object
        What it shows.
    """
    principal: Principal | None = getattr(request.state, "principal", None)
    content = (
        templates()
        .get_template(template)
        .render(
            path=request.scope["path"],
            principal=principal,
            navigation=_navigation(request, principal),
            form_token=form_token(request),
            now=datetime.now(UTC),
            model_version=context_of(request).assessor.model.version,
            **values,
        )
    )
    return HTMLResponse(content, status, PAGE_HEADERS)


def _navigation(request: Request, principal: Principal | None) -> list[Entry]:
    """What this principal may open, of what there is."""
    there = request.app.state.page_paths
    return [
        entry
        for entry in NAVIGATION
        if entry.path in there and principal is not None and principal.may(entry.scope)
    ]


class Page(APIRoute):
    """A route whose errors are pages, with the status that the API would answer with."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As of `APIRoute`."""
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await answer(request)
            except ClientDisconnect:
                raise
            except Exception as error:
                return _error_page(request, error)

        return handle


def _error_page(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem.kind is INTERNAL_ERROR:
        log_fault(error, request.state.request_id)
    if problem.kind is UNAUTHENTICATED and request.method == "GET":
        asked = quote(request.scope["path"].encode("utf-8", "replace"))
        if query := request.scope["query_string"].decode("latin-1"):
            asked += "?" + query
        if request.headers.get("sec-fetch-site") == "cross-site":
            # A link on another site: the browser kept the cookie back, and sends it once it comes from here.
            return render(request, "onward.html", target=asked)
        return RedirectResponse(f"/login?next={quote(asked, safe='')}", 303)
    page = render(
        request,
        "problem.html",
        status=problem.kind.status,
        problem=problem,
        request_id=request.state.request_id,
    )
    for name, value in problem.headers.items():
        if name.lower() != "www-authenticate":
            page.headers[name] = value
    return page
