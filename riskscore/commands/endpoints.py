"""`riskscore alerts endpoints` and `… deliveries`: where events go, and what became of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar, cast

import typer

from riskscore.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from riskscore.alerting.subscribing import NewEndpoint
    from riskscore.alerts.signing import Scheme
    from riskscore.auditing.trail import Trail

_Result = TypeVar("_Result")

endpoints = typer.Typer(no_args_is_help=True, help="Where events go.")
deliveries = typer.Typer(no_args_is_help=True, help="What was sent, what waits and what failed.")

_ID_WIDTH = 27  # whole, on a narrow terminal too: people copy it
EndpointId = Annotated[str, typer.Argument(help="Id of the endpoint.")]


@endpoints.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Your name for it.")],
    target: Annotated[
        str,
        typer.Argument(help="URL, e-mail address, or tls://, tcp:// or udp://host:port for syslog."),
    ],
    channel: Annotated[str, typer.Option(help="webhook, slack, teams, email or syslog.")] = "webhook",
    ed25519: Annotated[bool, typer.Option("--ed25519", help="Sign with a private key instead.")] = False,
    announcements: Annotated[
        bool, typer.Option(help="Tell it too when another endpoint stops or recovers.")
    ] = True,
) -> None:
    """Add an endpoint. The secret of a webhook is shown this once."""
    from riskscore.alerting.subscribing import make_endpoint
    from riskscore.alerts.channels import CHANNELS
    from riskscore.api.alert_answers import endpoint_answer
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.settings import load_settings
    from riskscore.store.times import utc_now

    if channel not in CHANNELS:
        raise InputError(f"--channel is one of {', '.join(CHANNELS)}, not {channel!r}")
    signing: Scheme = "ed25519" if ed25519 else "hmac"
    settings = load_settings()
    with opened_store(settings) as store, store.write() as connection:
        made = make_endpoint(
            connection,
            name,
            channel,
            target,
            utc_now(),
            signing=signing,
            announcements=announcements,
        )
        trail_of(store, settings).note(
            connection,
            "endpoint.created",
            made.endpoint.endpoint_id,
            given={"name": name, "target": target, "channel": channel, "signing": signing},
            made=endpoint_answer(made.endpoint, {}),
        )
    typer.echo(made.endpoint.endpoint_id)
    if made.secret is not None:
        typer.echo(f"secret, shown this once: {made.secret}")


@endpoints.command("list")
def list_all() -> None:
    """Show all endpoints and how each fares."""
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    from riskscore.commands.stores import opened_store
    from riskscore.harmless import harmless
    from riskscore.settings import load_settings
    from riskscore.store.deliveries import backlog
    from riskscore.store.endpoints import list_endpoints

    with opened_store(load_settings()) as store, store.read() as connection:
        found, waiting = list_endpoints(connection), backlog(connection)
    table = Table(
        Column("Id", min_width=_ID_WIDTH),
        *("Name", "Channel", "State", "Waiting", "Dead", "Trouble"),
        box=None,
        pad_edge=False,
    )
    for one in found:
        pending, _, dead = waiting.get(one.endpoint_id, (0, None, 0))
        failing = f"fails since {one.failing_since:%Y-%m-%d %H:%M}" if one.failing_since else ""
        table.add_row(
            one.endpoint_id,
            Text(harmless(one.name)),
            one.channel,
            one.state,
            str(pending),
            str(dead),
            Text(harmless(one.disabled_reason or failing)),
        )
    Console(highlight=False, markup=False).print(table if found else "no endpoints")


@endpoints.command("test")
def test(endpoint: EndpointId) -> None:
    """Queue a test event; `riskscore worker` sends it."""
    from riskscore.alerting.outbox import queue_test_event
    from riskscore.alerting.subscribing import need_endpoint
    from riskscore.store.times import utc_now

    typer.echo(_write(lambda c, _: queue_test_event(c, need_endpoint(c, endpoint), utc_now())))


@endpoints.command("disable")
def disable(endpoint: EndpointId) -> None:
    """Stop sending to it; its events are kept, and the other endpoints told."""
    from riskscore.alerting.outbox import disable as stop
    from riskscore.alerting.subscribing import need_endpoint
    from riskscore.store.times import utc_now

    def work(connection: Connection, trail: Trail) -> None:
        need_endpoint(connection, endpoint)
        stop(connection, endpoint, "disabled by hand", utc_now())
        trail.note(connection, "endpoint.changed", endpoint, detail={"state": "disabled"})

    _write(work)
    typer.echo(f"{endpoint} is disabled; its events are kept")


@endpoints.command("enable")
def enable(endpoint: EndpointId) -> None:
    """Send to it again, what waited first."""
    from riskscore.alerting.outbox import enable as start
    from riskscore.alerting.subscribing import need_endpoint
    from riskscore.store.times import utc_now

    def work(connection: Connection, trail: Trail) -> int:
        need_endpoint(connection, endpoint)
        trail.note(connection, "endpoint.changed", endpoint, detail={"state": "active"})
        return start(connection, endpoint, utc_now())

    waiting = _write(work)
    typer.echo(f"{endpoint} is active; {waiting:,} events wait")


@endpoints.command("remove")
def remove(endpoint: EndpointId) -> None:
    """Send nothing more to it; the record of what was sent stays."""
    from riskscore.alerting.subscribing import need_endpoint
    from riskscore.store.endpoints import update_endpoint
    from riskscore.store.times import utc_now

    def mark(connection: Connection, trail: Trail) -> None:
        need_endpoint(connection, endpoint, lock=True)
        update_endpoint(connection, endpoint, deleted_at=utc_now(), secret=None, former_secret=None)
        trail.note(connection, "endpoint.deleted", endpoint)

    _write(mark)
    typer.echo(f"removed {endpoint}")


@endpoints.command("secret")
def secret(
    endpoint: EndpointId,
    overlap_h: Annotated[float, typer.Option(min=0, max=720, help="Hours in which both are valid.")] = 24.0,
) -> None:
    """Change the secret; the new one is shown this once."""
    from riskscore.alerting.subscribing import rotate_secret
    from riskscore.store.times import utc_now

    def work(connection: Connection, trail: Trail) -> NewEndpoint:
        trail.note(connection, "endpoint.secret_changed", endpoint, given={"overlap_h": overlap_h})
        return rotate_secret(connection, endpoint, utc_now(), timedelta(hours=overlap_h))

    made = _write(work)
    typer.echo(f"secret, shown this once: {made.secret}")


@deliveries.command("list")
def list_deliveries(
    endpoint: Annotated[str | None, typer.Option(help="Only to this endpoint.")] = None,
    state: Annotated[str | None, typer.Option(help="pending, delivered or dead.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most to show.")] = 20,
) -> None:
    """Show deliveries, newest first, with their last attempt."""
    from riskscore.commands.stores import opened_store
    from riskscore.harmless import harmless
    from riskscore.settings import load_settings
    from riskscore.store.deliveries import DeliveryFilter, attempts_of
    from riskscore.store.deliveries import list_deliveries as find
    from riskscore.store.delivery_queue import DeliveryState

    _check_state(state)
    wanted = DeliveryFilter(endpoint_id=endpoint, state=cast("DeliveryState | None", state))
    with opened_store(load_settings()) as store, store.read() as connection:
        found = find(connection, wanted, limit)
        last = {one.delivery_key: one for one in attempts_of(connection, [one.delivery_key for one in found])}
    for one in found:
        attempt = last.get(one.delivery_key)
        words = "" if attempt is None else harmless(attempt.error or f"{attempt.status or 'sent'}")
        typer.echo(
            f"{one.delivery_key}  {one.created_at:%Y-%m-%d %H:%M}  {one.state}  {one.type}  {one.subject} "
            f"#{one.sequence}  {words}"
        )


@deliveries.command("replay")
def replay(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Ids of deliveries.")] = None,
    endpoint: Annotated[str | None, typer.Option(help="All to this endpoint.")] = None,
    state: Annotated[str | None, typer.Option(help="delivered or dead.")] = None,
) -> None:
    """Send events once more, in their old order."""
    from riskscore.store.deliveries import DeliveryFilter
    from riskscore.store.deliveries import replay as queue
    from riskscore.store.delivery_queue import DeliveryState
    from riskscore.store.times import utc_now

    if not ids and endpoint is None and state is None:
        raise InputError("give ids of deliveries, --endpoint or --state")
    _check_state(state)
    wanted = DeliveryFilter(endpoint_id=endpoint, state=cast("DeliveryState | None", state))

    def work(connection: Connection, trail: Trail) -> int:
        queued = queue(connection, utc_now(), wanted, delivery_keys=ids or None)
        given = {"delivery_ids": ids, "endpoint_id": endpoint, "state": state}
        trail.note(connection, "deliveries.replayed", given=given, detail={"queued": queued})
        return queued

    queued = _write(work)
    typer.echo(f"{queued:,} deliveries queued")


def _check_state(state: str | None) -> None:
    if state not in {None, "pending", "delivered", "dead"}:
        raise InputError(f"--state is one of pending, delivered, dead, not {state!r}")


def _write(work: Callable[[Connection, Trail], _Result]) -> _Result:
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.settings import load_settings

    settings = load_settings()
    with opened_store(settings) as store:
        trail = trail_of(store, settings)
        return store.in_transaction(lambda connection: work(connection, trail))
