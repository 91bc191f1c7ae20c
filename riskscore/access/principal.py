"""Who a request comes from: a key and its scopes, or the machine's own user where no key is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from riskscore.access.scopes import SCOPES, Scope
from riskscore.errors import ScopeError


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever asks; the audit ledger's actor."""

    key_id: str | None  # None: no key was asked for
    name: str
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """Whether it has the scope. `admin` can make itself a key with any, so it has them all."""
        return scope in self.scopes or "admin" in self.scopes

    def need(self, scope: Scope) -> None:
        """Refuse what it may not.

        Raises
        ------
        ScopeError
        """
        if not self.may(scope):
            raise ScopeError(
                f"the key {self.key_id} ({self.name}) lacks the scope {scope!r}; use or make one that has it",
                scope,
            )


LOCAL = Principal(None, "local", frozenset(SCOPES))
