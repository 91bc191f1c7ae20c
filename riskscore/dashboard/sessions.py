"""A request for a page in, its principal out: by the session's cookie, which signing in with a key sets."""

from __future__ import annotations

from typing import Any, cast

from fastapi import APIRouter, Security
from fastapi.security import SecurityScopes
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from riskscore.access.keys import KEY_PATTERN
from riskscore.access.principal import Principal
from riskscore.access.scopes import Scope
from riskscore.api.access import OPEN, is_local, keyring_of, refuse_key_in_url
from riskscore.api.context import context_of
from riskscore.dashboard.forms import SESSION_COOKIE, PostedForm
from riskscore.dashboard.pages import Page, render
from riskscore.errors import UnauthenticatedError

router = APIRouter(include_in_schema=False, route_class=Page, dependencies=[OPEN])


async def _signed_in(request: Request, needed: SecurityScopes) -> None:
    """Sets `request.state.principal`, or refuses the request; a page counts as one use of the key."""
    refuse_key_in_url(request)
    keyring = keyring_of(request)
    principal = await keyring.resume(request.cookies.get(SESSION_COOKIE), local=is_local(request))
    request.state.principal = principal
    for scope in needed.scopes:
        principal.need(cast(Scope, scope))
    try:
        keyring.enter(principal)
    finally:
        request.state.answer_headers = keyring.fields(principal)


def page_needs(scope: Scope) -> Any:
    """For `dependencies` of a page or its router: whoever is signed in must have this scope."""
    return Security(_signed_in, scopes=[scope])


def signer(request: Request) -> str | None:
    """In whose name decisions are made; None where people say it themselves, no key being asked for."""
    principal: Principal = request.state.principal
    return None if principal.key_id is None else principal.name


@router.get("/login")
async def show_login(request: Request, next: str = "/") -> Response:
    """The page that asks for a key."""
    refuse_key_in_url(request)
    return render(request, "login.html", next=own_path(next), fault=None)


@router.post("/login")
async def sign_in(request: Request, form: PostedForm) -> Response:
    """Begin a session; the key itself is not kept."""
    target = own_path(form.text("next") or "/")
    try:
        session = await keyring_of(request).open_session(form.text("key"))
    except UnauthenticatedError as error:
        return render(request, "login.html", status=401, next=target, fault=str(error))
    response = RedirectResponse(target, 303)
    settings = context_of(request).settings
    response.set_cookie(
        SESSION_COOKIE,
        session,
        max_age=round(settings.session_hours * 3_600),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https" or settings.public_url.startswith("https:"),
    )
    return response


@router.post("/logout")
async def sign_out(request: Request, form: PostedForm) -> Response:
    """End the session in this browser."""
    response = RedirectResponse("/login", 303)
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
    return response


def own_path(target: str) -> str:
    """A path of ours to lead back to; the overview in place of anything that might lead elsewhere."""
    led_away = not target.startswith("/") or target.startswith(("//", "/\\")) or KEY_PATTERN.search(target)
    return "/" if led_away or not target.isprintable() else target
