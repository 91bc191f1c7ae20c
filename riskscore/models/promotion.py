"""An artifact in, put in force or refused with the reasons; and back again. Every choice is recorded.

What cannot be loaded cannot be promoted at all. What the gate objects to can be forced, with a reason, by
somebody who is then on record.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import Connection

from riskscore.artifact.model import (
    check_files,
    model_identity,
    short_identity,
)
from riskscore.errors import ArtifactError, InputError, PromotionRefusedError
from riskscore.models.choice import wanted_of
from riskscore.models.examination import Examination
from riskscore.store import Store
from riskscore.store.model_choices import ModelChoice, add_choice, changes_of_version, newest_choice

if TYPE_CHECKING:
    from riskscore.auditing.trail import Trail

MAX_REASON_CHARS = 1_000


def promote(
    store: Store,
    examined: Examination,
    *,
    reason: str,
    by: str,
    at: datetime,
    force: bool = False,
    trail: Trail | None = None,
) -> ModelChoice:
    """Record that a version answers from now on; processes follow within seconds.

    The challenger stays, unless it is what is promoted.

    Raises
    ------
    PromotionRefusedError
        There are objections, and `force` is off.
    InputError
        No reason is given.
    """
    reason = _checked(reason)
    if examined.objections and not force:
        raise PromotionRefusedError(examined.version, examined.objections)

    def record(connection: Connection) -> ModelChoice:
        before = newest_choice(connection)
        challenger = None if before is None else before.challenger
        keeps = challenger is not None and challenger != examined.version
        choice = add_choice(
            connection,
            action="promote",
            version=examined.version,
            identity=examined.identity,
            previous=examined.against,
            challenger=challenger if keeps else None,
            challenger_share=before.challenger_share if before is not None and keeps else 0.0,
            forced=bool(examined.objections),
            reason=reason,
            report=None if examined.report is None else orjson.dumps(examined.report.as_json()).decode(),
            decided_by=by,
            decided_at=at,
        )
        _note(connection, trail, choice, examined.objections)
        return choice

    return store.in_transaction(record)


def rollback(
    store: Store, model_dir: Path | None, *, reason: str, by: str, at: datetime, trail: Trail | None = None
) -> ModelChoice:
    """Put the version in force that answered before the present one was promoted.

    A second rollback goes one further back, not forth again.

    Raises
    ------
    PromotionRefusedError
        There is none, or it cannot be found as it was.
    InputError
        No reason is given.
    """
    reason = _checked(reason)

    def record(connection: Connection) -> ModelChoice:
        before = newest_choice(connection)
        changes = changes_of_version(connection)
        line = _line_of_versions(changes)
        if before is None or len(line) < 2:
            raise PromotionRefusedError(
                before.version if before is not None else "", ["there is no version before it to go back to"]
            )
        target = line[-2]
        try:
            identity = model_identity(model_dir, target)
            check_files(model_dir, target)
        except ArtifactError as fault:
            raise PromotionRefusedError(target, [str(fault)]) from fault
        was = next((one.identity for one in reversed(changes) if one.version == target), identity)
        if was != identity:
            now = f"it is {short_identity(identity)} now, and was {short_identity(was)} when it answered"
            raise PromotionRefusedError(target, [now])
        keeps = before.challenger is not None and before.challenger != target
        choice = add_choice(
            connection,
            action="rollback",
            version=target,
            identity=identity,
            previous=before.version,
            challenger=before.challenger if keeps else None,
            challenger_share=before.challenger_share if keeps else 0.0,
            forced=False,
            reason=reason,
            report=None,
            decided_by=by,
            decided_at=at,
        )
        _note(connection, trail, choice, ())
        return choice

    return store.in_transaction(record)


def set_shadow(
    store: Store,
    model_dir: Path | None,
    challenger: str | None,
    share: float,
    *,
    reason: str,
    by: str,
    at: datetime,
    pinned: str | None = None,
    trail: Trail | None = None,
) -> ModelChoice:
    """Have a challenger score a share of the articles beside the default, or none (None).

    Raises
    ------
    ArtifactError
        It is not there, or tampered with.
    InputError
        The share is not within 0 to 1, or the challenger is what answers already.
    """
    reason = _checked(reason)
    if not 0.0 <= share <= 1.0:
        raise InputError(f"the share must lie within 0 and 1, not {share:g}", "share")
    if challenger is not None:
        check_files(model_dir, challenger)

    def record(connection: Connection) -> ModelChoice:
        before = newest_choice(connection)
        in_force = wanted_of(model_dir, pinned, before).version
        if challenger == in_force:
            raise InputError(f"model {challenger} answers already; choose another challenger", "version")
        default = before.version if before is not None else in_force
        choice = add_choice(
            connection,
            action="shadow",
            version=default,
            identity=model_identity(model_dir, default),
            previous=before.previous if before is not None else None,
            challenger=challenger,
            challenger_share=share if challenger is not None else 0.0,
            forced=False,
            reason=reason,
            report=None,
            decided_by=by,
            decided_at=at,
        )
        if trail is not None:
            subject = challenger if challenger is not None else default
            detail = {"shadow": challenger is not None, "share": f"{choice.challenger_share:g}"}
            trail.note(connection, "model.changed", subject, detail=detail)
        return choice

    return store.in_transaction(record)


def _line_of_versions(changes: Sequence[ModelChoice]) -> list[str]:
    """The versions that a rollback goes back through; the last is in force."""
    line: list[str] = []
    for choice in changes:
        if choice.action == "rollback":
            del line[-1:]
            continue
        if not line and choice.previous is not None:
            line.append(choice.previous)
        if not line or line[-1] != choice.version:
            line.append(choice.version)
    return line


def _note(
    connection: Connection, trail: Trail | None, choice: ModelChoice, objections: Sequence[str]
) -> None:
    if trail is None:
        return
    trail.note(
        connection,
        "model.promoted" if choice.action == "promote" else "model.rolled_back",
        choice.version,
        detail={
            "identity": choice.identity,
            "previous": choice.previous or "",
            "reason": choice.reason,
            **({"overruled": list(objections)} if objections else {}),
        },
    )


def _checked(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON_CHARS:
        raise InputError(f"give a reason of 1 to {MAX_REASON_CHARS:,} characters; it is recorded", "reason")
    if not reason.isprintable():  # no database takes NUL or a lone surrogate, and no list a line break
        raise InputError("must be one line of plain text", "reason")
    return reason
