"""`riskscore alerts`: list, decide on and export alerts; make and try subscriptions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from riskscore.commands.endpoints import deliveries, endpoints
from riskscore.errors import InputError

if TYPE_CHECKING:
    from riskscore.alerts.rules import Rule
    from riskscore.store.alerts import Decision, Status

app = typer.Typer(no_args_is_help=True, help="Alerts: who is told what, and what was decided.")
app.add_typer(endpoints, name="endpoints")
app.add_typer(deliveries, name="deliveries")
subscriptions = typer.Typer(no_args_is_help=True, help="Rules, and who is told.")
app.add_typer(subscriptions, name="subscriptions")
watchlists = typer.Typer(no_args_is_help=True, help="Named sets of companies that rules refer to.")
app.add_typer(watchlists, name="watchlists")

_ID_WIDTH = 27  # whole, on a narrow terminal too: people copy it
_STATUSES = ("open", "escalate", "dismiss", "monitor")
RuleOption = Annotated[
    str, typer.Option("--rule", help="The rule as JSON, or @FILE; see docs/webhooks.md. Default: all news.")
]


@app.command("list")
def list_all(
    status: Annotated[str | None, typer.Option(help="open, escalate, dismiss or monitor.")] = None,
    company: Annotated[str | None, typer.Option(help="Id of a company.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most to show.")] = 20,
) -> None:
    """Show alerts, the last changed first."""
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    from riskscore.commands.stores import opened_store
    from riskscore.harmless import harmless
    from riskscore.settings import load_settings
    from riskscore.store.alerts import AlertFilter, list_alerts

    wanted = AlertFilter(status=_status(status), company_id=company)
    with opened_store(load_settings()) as store, store.read() as connection:
        found = list_alerts(connection, wanted, limit)
    table = Table(
        Column("Id", min_width=_ID_WIDTH),
        *("Changed", "Company", "Severity", "Status", "Change", "Title"),
        box=None,
        pad_edge=False,
    )
    for alert in found:
        table.add_row(
            alert.alert_id,
            f"{alert.changed_at:%Y-%m-%d %H:%M}",
            Text(harmless(alert.company_name)),
            str(alert.severity),
            alert.status,
            alert.changes,
            Text(harmless(alert.title)),
        )
    Console(highlight=False, markup=False).print(table if found else "no alerts")


def _status(written: str | None) -> Status | None:
    if written is not None and written not in _STATUSES:
        raise InputError(f"--status is one of {', '.join(_STATUSES)}, not {written!r}")
    return cast("Status | None", written)


@app.command("decide")
def decide_on(
    alert: Annotated[str, typer.Argument(help="Id of the alert.")],
    decision: Annotated[str, typer.Argument(help="escalate, dismiss or monitor.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    user: Annotated[str, typer.Option(help="Who decided.")],
    note: Annotated[str | None, typer.Option(help="Anything else for the record.")] = None,
) -> None:
    """Record a decision. It holds until a material change opens the alert again."""
    from riskscore.alerting.subscribing import decide
    from riskscore.api.alert_answers import disposition_answer
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.settings import load_settings
    from riskscore.store.times import utc_now

    if decision not in _STATUSES[1:]:
        raise InputError(f"a decision is one of {', '.join(_STATUSES[1:])}, not {decision!r}")
    if not reason.strip() or not user.strip():
        raise InputError("--reason and --user must not be empty")
    settings = load_settings()
    with opened_store(settings) as store, store.write() as connection:
        _, made = decide(
            connection,
            alert,
            cast("Decision", decision),
            reason=reason,
            decided_by=user,
            note=note,
            at=utc_now(),
        )
        trail_of(store, settings).note(
            connection,
            "alert.decided",
            alert,
            given={"decision": decision, "reason": reason, "user": user, "note": note},
            made=disposition_answer(made),
            detail={"decision": decision},
        )
    typer.echo(f"{alert}: {decision}")


@app.command("export")
def export(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A .csv or .json file.")],
    status: Annotated[str | None, typer.Option(help="Only these.")] = None,
) -> None:
    """Write every alert with every decision on it, for an examiner."""
    from riskscore.api.alert_answers import (
        EXPORT_COLUMNS,
        alert_answer,
        disposition_answer,
        export_rows,
    )
    from riskscore.api.tabular import csv_text
    from riskscore.commands.stores import opened_store
    from riskscore.settings import load_settings
    from riskscore.store.alerts import AlertFilter, all_alerts
    from riskscore.wire.encoding import encode_json

    if out.suffix not in {".csv", ".json"}:
        raise InputError(f"{str(out)!r} must end in .csv or .json")
    with opened_store(load_settings()) as store, store.read() as connection:
        found = list(all_alerts(connection, AlertFilter(status=_status(status))))
    if out.suffix == ".csv":
        content = csv_text(EXPORT_COLUMNS, export_rows(found)).encode()
    else:
        content = encode_json(
            [
                {**alert_answer(alert), "dispositions": [disposition_answer(one) for one in decisions]}
                for alert, decisions in found
            ],
            indent=True,
        )
    partial = out.with_name(out.name + ".partial")
    partial.write_bytes(content)
    partial.replace(out)
    typer.echo(f"wrote {len(found):,} alerts to {out}")


@subscriptions.command("add")
def subscribe(
    name: Annotated[str, typer.Argument(help="Your name for it.")],
    endpoint: Annotated[
        str | None, typer.Option(help="Id of an endpoint; without, alerts are only kept for review.")
    ] = None,
    rule: RuleOption = "{}",
) -> None:
    """Subscribe to news or to companies' risk. Try the rule with `preview` first."""
    from riskscore.alerting.subscribing import make_subscription
    from riskscore.api.alert_answers import subscription_answer
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.settings import load_settings
    from riskscore.store.times import utc_now

    settings, checked = load_settings(), _rule(rule)
    with opened_store(settings) as store, store.write() as connection:
        made = make_subscription(connection, name, endpoint, checked, utc_now())
        trail_of(store, settings).note(
            connection,
            "subscription.created",
            made.subscription_id,
            given={"name": name, "endpoint_id": endpoint, "rule": checked.model_dump(mode="json")},
            made=subscription_answer(made),
        )
    typer.echo(made.subscription_id)


@subscriptions.command("list")
def list_subscribed() -> None:
    """Show all subscriptions with their rules."""
    from riskscore.commands.stores import opened_store
    from riskscore.settings import load_settings
    from riskscore.store.subscriptions import list_subscriptions

    with opened_store(load_settings()) as store, store.read() as connection:
        for one in list_subscriptions(connection):
            state = "active" if one.active else "paused"
            rule = one.rule.model_dump_json(exclude_defaults=True)
            typer.echo(f"{one.subscription_id}  {state}  {one.endpoint_id or 'not sent'}  {one.name}  {rule}")


@subscriptions.command("remove")
def unsubscribe(subscription: Annotated[str, typer.Argument(help="Its id.")]) -> None:
    """End a subscription; its alerts stay on record."""
    from riskscore.alerting.subscribing import need_subscription
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.settings import load_settings
    from riskscore.store.subscriptions import update_subscription
    from riskscore.store.times import utc_now

    settings = load_settings()
    with opened_store(settings) as store, store.write() as connection:
        need_subscription(connection, subscription)
        update_subscription(connection, subscription, deleted_at=utc_now(), active=False)
        trail_of(store, settings).note(connection, "subscription.deleted", subscription)
    typer.echo(f"removed {subscription}")


@subscriptions.command("preview")
def preview(
    rule: RuleOption = "{}",
    days: Annotated[float, typer.Option(min=1, max=36_525, help="How far back.")] = 365.0,
    capacity: Annotated[
        int | None, typer.Option(min=1, help="Alerts that can be looked at in a week.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what the API would answer.")] = False,
) -> None:
    """How many alerts would a rule have sent over what is stored?"""
    from riskscore.alerting.subscribing import preview_rule
    from riskscore.api.alert_answers import preview_answer
    from riskscore.commands.stores import opened_store
    from riskscore.settings import load_settings
    from riskscore.store.times import utc_now
    from riskscore.wire.encoding import encode_json

    settings, checked = load_settings(), _rule(rule)
    with opened_store(settings) as store, store.read() as connection:
        found = preview_rule(
            connection,
            checked,
            utc_now(),
            days=days,
            weekly_capacity=capacity,
            half_life_days=settings.half_life_days,
        )
    if as_json:
        sys.stdout.buffer.write(encode_json(preview_answer(found)) + b"\n")
        return
    typer.echo(
        f"{found.alerts:,} alerts on {found.companies:,} companies in {found.weeks:,} weeks: "
        f"{found.alerts_per_week:.1f} a week, {found.week_of_ten} or fewer in nine weeks of ten, "
        f"{found.busiest_week} in the busiest"
    )
    if capacity is not None and found.proposed_threshold is None:
        typer.echo(f"no {found.proposed_field} keeps to {capacity} a week")
    elif found.proposed_threshold is not None:
        typer.echo(
            f'"{found.proposed_field}": {found.proposed_threshold:g} keeps to {capacity} in nine weeks of '
            f"ten ({found.alerts_per_week_then or 0:.1f} a week)"
        )


def _rule(written: str) -> Rule:
    from riskscore.alerts.rules import Rule
    from riskscore.api.alert_requests import read
    from riskscore.wire.encoding import decode_json

    if written.startswith("@"):
        try:
            written = Path(written[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            raise InputError(f"cannot read the rule: {error}") from None
    return read(Rule, decode_json(written.encode()))


@watchlists.command("set")
def set_watchlist(
    watchlist: Annotated[str, typer.Argument(help="An id of your choice.")],
    companies: Annotated[list[str], typer.Argument(help="Ids of companies.")],
    name: Annotated[str | None, typer.Option(help="Name to show.")] = None,
) -> None:
    """Make a watchlist, or replace its companies."""
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.settings import load_settings
    from riskscore.store.times import utc_now
    from riskscore.store.watchlists import replace_members, save_watchlist

    settings = load_settings()
    with opened_store(settings) as store, store.write() as connection:
        now = utc_now()
        save_watchlist(connection, watchlist, name or watchlist, [], now)
        replace_members(connection, watchlist, companies, now)
        given = {"name": name or watchlist, "companies": companies}
        trail_of(store, settings).note(connection, "watchlist.saved", watchlist, given=given)
    typer.echo(f"{watchlist}: {len(set(companies)):,} companies")


@watchlists.command("list")
def show_watchlists() -> None:
    """Show all watchlists."""
    from riskscore.commands.stores import opened_store
    from riskscore.settings import load_settings
    from riskscore.store.watchlists import list_watchlists

    with opened_store(load_settings()) as store, store.read() as connection:
        for one in list_watchlists(connection):
            typer.echo(f"{one.watchlist_id}  {one.name}  {len(one.companies):,} companies")
