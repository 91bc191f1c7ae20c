"""A posted form in, its fields out; refused unless this site's own page sent it.

Two guards against forged requests: the browser's word on where the form came from (`Sec-Fetch-Site`, or
`Origin` of older ones), and a token that only a page of this session holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import anyio
from fastapi import Depends
from starlette.requests import Request

from riskscore.api.access import keyring_of
from riskscore.api.context import context_of
from riskscore.api.problems import ForgedFormError, SlowBodyError, UnsupportedMediaTypeError
from riskscore.errors import InputError
from riskscore.wire.encoding import decode_json

SESSION_COOKIE = "riskscore_session"
TOKEN_FIELD = "form_token"  # noqa: S105 - the name of a field
TOKEN_HEADER = "x-form-token"  # noqa: S105
_MAX_FIELDS = 1_000


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, each with its values in order."""

    fields: dict[str, list[str]]

    def text(self, name: str) -> str:
        """A field's last value, without blanks around it; "" where it was left empty or out."""
        return self.fields.get(name, [""])[-1].strip()

    def body(self, name: str) -> str:
        """A field's last value as typed, with the line ends that browsers make of it turned back."""
        return self.fields.get(name, [""])[-1].replace("\r\n", "\n")

    def texts(self, name: str) -> list[str]:
        """All values of a field that are not blank."""
        return [value.strip() for value in self.fields.get(name, ()) if value.strip()]

    def has(self, name: str) -> bool:
        """Whether a box was ticked."""
        return name in self.fields

    def number(self, name: str) -> float | None:
        """A field as a number; None where it was left empty.

        Raises
        ------
        InputError
        """
        written = self.text(name)
        if not written:
            return None
        try:
            return float(written)
        except ValueError:
            raise InputError("must be a number", name) from None


def form_token(request: Request) -> str:
    """What a page's forms must send along."""
    return keyring_of(request).sessions.form_token(request.cookies.get(SESSION_COOKIE, ""))


async def _posted_form(request: Request) -> Form:
    _refuse_foreign(request)
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise UnsupportedMediaTypeError("a form must be sent as the page sends it", "content-type")
    body = await _body(request)
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError:
        raise InputError("the form cannot be read", "body") from None
    form = Form(fields)
    _check_token(request, form.text(TOKEN_FIELD))
    return form


async def _posted_json(request: Request) -> object:
    _refuse_foreign(request)
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise UnsupportedMediaTypeError("send Content-Type: application/json", "content-type")
    _check_token(request, request.headers.get(TOKEN_HEADER, ""))
    return decode_json(await _body(request))


PostedForm = Annotated[Form, Depends(_posted_form)]
PostedJson = Annotated[object, Depends(_posted_json)]  # what a page's script sends


def _refuse_foreign(request: Request) -> None:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        own = site == "same-origin"
    else:
        origin = urlsplit(request.headers.get("origin", ""))
        own = bool(origin.netloc) and origin.netloc == request.headers.get("host")
    if not own:
        raise ForgedFormError("the form was not sent by a page of this site")


def _check_token(request: Request, given: str) -> None:
    session = request.cookies.get(SESSION_COOKIE, "")
    if not keyring_of(request).sessions.is_form_token(given, session):
        raise ForgedFormError("the page with this form is of another session; load it again and repeat")


async def _body(request: Request) -> bytes:
    limit_s = context_of(request).settings.request_timeout_s
    try:
        with anyio.fail_after(limit_s):
            return await request.body()
    except TimeoutError:
        raise SlowBodyError(f"the form did not arrive within {limit_s:g} s", "body") from None
