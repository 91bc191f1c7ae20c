"""Words in, the scopes that a key has or a route needs out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from riskscore.errors import InputError

Scope = Literal["score", "read", "write", "alerts", "admin"]

SCOPES: tuple[Scope, ...] = get_args(Scope)

ALLOWED: dict[Scope, str] = {
    "score": "score articles without keeping them",
    "read": "read all that is kept, the model and the knowledge files",
    "write": "send articles to be kept",
    "alerts": "read, make and change endpoints, subscriptions and watchlists; decide on alerts",
    "admin": "everything above, and make, list and revoke keys",
}


def scopes_of(names: Iterable[str]) -> frozenset[Scope]:
    """The scopes of these names.

    Raises
    ------
    InputError
        A name is no scope, or there is none.
    """
    found: set[Scope] = set()
    for name in names:
        scope = next((scope for scope in SCOPES if scope == name), None)
        if scope is None:
            raise InputError(f"{name[:40]!r} is no scope; there are {', '.join(SCOPES)}", "scopes")
        found.add(scope)
    if not found:
        raise InputError(f"give at least one scope of {', '.join(SCOPES)}", "scopes")
    return frozenset(found)


def in_order(scopes: Iterable[Scope]) -> list[Scope]:
    """As they are listed everywhere."""
    return sorted(scopes, key=SCOPES.index)
