"""`riskscore keys`: API keys made, listed, rotated and revoked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType
    from sqlalchemy import Connection

    from riskscore.access.issuing import NewKey
    from riskscore.access.keys import Key
    from riskscore.auditing.trail import Trail
    from riskscore.settings import Settings

app = typer.Typer(no_args_is_help=True, help="The API keys that callers of the server need.")

_ID_WIDTH = 16  # whole, on a narrow terminal too: people copy it
_Made = TypeVar("_Made")

KeyId = Annotated[str, typer.Argument(metavar="KEY_ID", help="rsk_…, as `riskscore keys list` shows it.")]
Plain = Annotated[bool, typer.Option("--plain", help="Print the key alone, for scripts.")]


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Who or what uses it.")],
    scope: Annotated[
        list[str], typer.Option(help="What it may do: score, read, write, alerts or admin. Repeat for more.")
    ],
    expires_in_days: Annotated[
        float | None, typer.Option(min=0.001, max=36_500, help="Days until it ends; never by default.")
    ] = None,
    rate_per_minute: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="Most requests a minute; no limit by default.")
    ] = None,
    daily_quota: Annotated[
        int | None, typer.Option(min=1, max=10**12, help="Most requests in a UTC day; no limit by default.")
    ] = None,
    plain: Plain = False,
) -> None:
    """Make a key. It is shown this once. From the first one on, every caller of the server needs a key."""
    from riskscore.access.issuing import make_key
    from riskscore.store.times import utc_now

    now = utc_now()
    made = _write(
        lambda connection, trail: make_key(
            connection,
            name,
            scope,
            now,
            trail,
            expires_at=None if expires_in_days is None else now + timedelta(days=expires_in_days),
            rate_per_minute=rate_per_minute,
            daily_quota=daily_quota,
        )
    )
    _show_once(made, now, plain=plain)


@app.command("list")
def list_all() -> None:
    """Show all keys, those that expired or were revoked too."""
    from riskscore.commands.stores import opened_store
    from riskscore.settings import load_settings
    from riskscore.store.keys import list_keys
    from riskscore.store.times import utc_now

    with opened_store(load_settings()) as store, store.read() as connection:
        found = list_keys(connection)
    if not found:
        typer.echo("no keys; make one: riskscore keys create NAME --scope score --scope read")
        return
    _print(_table(found, utc_now()))


@app.command("rotate")
def rotate(
    key_id: KeyId,
    overlap_h: Annotated[
        float, typer.Option(min=0, max=720, help="Hours in which the old secret is valid too.")
    ] = 24.0,
    plain: Plain = False,
) -> None:
    """Give a key a new secret, shown this once; its id, scopes and limits stay."""
    from riskscore.access.issuing import rotate_key
    from riskscore.store.times import utc_now

    now, overlap = utc_now(), timedelta(hours=overlap_h)
    made = _write(lambda connection, trail: rotate_key(connection, _id(key_id), now, trail, overlap))
    _show_once(made, now, plain=plain)


@app.command("revoke")
def revoke(key_id: KeyId) -> None:
    """End a key for good; running servers know within seconds."""
    from riskscore.access.issuing import revoke_key
    from riskscore.store.times import utc_now

    key = _write(lambda connection, trail: revoke_key(connection, _id(key_id), utc_now(), trail))
    typer.echo(f"{key.key_id} is revoked")


def has_valid_keys(settings: Settings) -> bool:
    """Whether some key of the database that the settings name is valid; does not make a database."""
    from riskscore.store import connect
    from riskscore.store.keys import stored_keys
    from riskscore.store.times import utc_now

    store = connect(settings.database_url)
    try:
        now = utc_now()
        keys, _ = stored_keys(store, now.date())
    finally:
        store.close()
    return any(key.state(now) == "active" for key in keys)


def _id(given: str) -> str:
    """Who must end a key in a hurry has all of it at hand: it begins with its id."""
    from riskscore.access.keys import KEY_PATTERN

    whole = KEY_PATTERN.fullmatch(given)
    return whole["key_id"] if whole else given


def _write(work: Callable[[Connection, Trail], _Made]) -> _Made:
    from riskscore.auditing.trail import process_trail
    from riskscore.commands.stores import opened_store
    from riskscore.settings import load_settings

    settings = load_settings()
    with opened_store(settings) as store:
        trail = process_trail(store, audit=settings.audit)
        return store.in_transaction(lambda connection: work(connection, trail))


def _show_once(made: NewKey, at: datetime, *, plain: bool) -> None:
    if plain:
        typer.echo(made.secret)
        return
    _print(_table([made.key], at))
    typer.echo("\nThe key, shown this once; send it as Authorization: Bearer:\n")
    typer.echo(made.secret)


def _table(keys: list[Key], at: datetime) -> RenderableType:
    from rich.table import Column, Table
    from rich.text import Text

    from riskscore.access.scopes import in_order
    from riskscore.harmless import harmless

    table = Table(
        Column("Id", min_width=_ID_WIDTH),
        *("Name", "Scopes", "State", "A minute", "A day", "Expires", "Last used"),
        box=None,
        pad_edge=False,
    )
    for key in keys:
        table.add_row(
            key.key_id,
            Text(harmless(key.name)),
            " ".join(in_order(key.scopes)),
            _state(key, at),
            _number(key.rate_per_minute),
            _number(key.daily_quota),
            _moment(key.expires_at),
            _moment(key.last_used_at),
        )
    return table


def _state(key: Key, at: datetime) -> str:
    state: str = key.state(at)
    if state == "active" and key.former_valid_until is not None and at < key.former_valid_until:
        used = f", last used {_moment(key.former_used_at)}" if key.former_used_at else ", not used since"
        return f"active; former secret until {_moment(key.former_valid_until)}{used}"
    return state


def _number(value: int | None) -> str:
    return "any" if value is None else f"{value:,}"


def _moment(value: datetime | None) -> str:
    return "never" if value is None else f"{value:%Y-%m-%d %H:%M}"


def _print(view: RenderableType) -> None:
    from rich.console import Console

    Console(highlight=False, markup=False, emoji=False).print(view)
