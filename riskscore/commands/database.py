"""`riskscore db`: upgrade, check, back up, export, rescore and prune the database; legal holds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from riskscore.errors import InputError

app = typer.Typer(no_args_is_help=True, help="The database of articles, assessments and companies.")
holds = typer.Typer(no_args_is_help=True, help="Legal holds: what prune must not delete.")
app.add_typer(holds, name="hold")
_FAULTY = 1
_HOLD_KINDS = ("article", "story", "company")


@app.command("upgrade")
def upgrade(
    to: Annotated[str, typer.Option(help="Schema version; the newest by default.")] = "head",
) -> None:
    """Set the database up, or bring its schema up to date."""
    from riskscore.settings import load_settings
    from riskscore.store.engine import connect
    from riskscore.store.schema import current
    from riskscore.store.schema import upgrade as bring_up

    store = connect(load_settings().database_url)
    bring_up(store, to)
    with store.read() as connection:
        typer.echo(f"the database has schema {current(connection)}")
    store.close()


@app.command("check")
def check() -> None:
    """Compare every stored assessment with its hash, and look for what does not fit together."""
    from riskscore.commands.stores import opened_store, progress_bar
    from riskscore.settings import load_settings
    from riskscore.store.check import check_store

    with (
        opened_store(load_settings()) as store,
        progress_bar("checking", "assessments") as bar,
        store.read() as connection,
    ):
        faults = check_store(connection, bar)
    for fault in faults:
        typer.secho(fault, err=True, fg="red")
    typer.echo("nothing is wrong" if not faults else f"{len(faults)} fault(s)")
    if faults:
        raise typer.Exit(_FAULTY)


@app.command("backup")
def backup(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file to be made.")],
) -> None:
    """Copy an SQLite database in use. To restore, stop riskscore and put the copy in its place."""
    from riskscore.commands.stores import opened_store, progress_bar
    from riskscore.settings import load_settings
    from riskscore.store.backup import back_up

    with opened_store(load_settings()) as store, progress_bar("copying", "pages") as bar:
        size = back_up(store, out, bar)
    typer.echo(f"wrote {size:,} bytes to {out}")


@app.command("export")
def export(
    out: Annotated[
        Path | None, typer.Argument(metavar="OUT", help="A .jsonl file; standard output without.")
    ] = None,
) -> None:
    """Write all articles with their newest assessments as JSON Lines; `riskscore ingest` reads them again."""
    from riskscore.commands.stores import opened_store
    from riskscore.settings import load_settings

    with opened_store(load_settings()) as store:
        if out is None:
            _export(store, sys.stdout.buffer)
            return
        partial = out.with_name(out.name + ".partial")
        with partial.open("wb") as file:
            count = _export(store, file)
        partial.replace(out)
    typer.echo(f"wrote {count:,} articles to {out}")


def _export(store: object, file: object) -> int:
    from riskscore.store import Store
    from riskscore.store.export import exported
    from riskscore.wire.encoding import encode_json

    assert isinstance(store, Store)
    count = 0
    for record in exported(store):
        file.write(encode_json(record) + b"\n")  # type: ignore[attr-defined]
        count += 1
    return count


@app.command("rescore")
def rescore(
    context: typer.Context,
    mentions_only: Annotated[
        bool,
        typer.Option(
            "--mentions-only",
            help="Only search for imported companies again, as they are now; scores stay as they are.",
        ),
    ] = False,
) -> None:
    """Score all kept articles with the present model and knowledge; earlier assessments stay."""
    from sqlalchemy import func, select

    from riskscore.commands.stores import opened_newsroom, progress_bar
    from riskscore.settings import load_settings
    from riskscore.store import tables

    if mentions_only:
        from riskscore.commands.portfolio import search_again

        search_again(load_settings(), context.obj)
        return
    with (
        opened_newsroom(load_settings(), context.obj, counted=False) as newsroom,
        progress_bar("scoring", "articles") as bar,
    ):
        with newsroom.store.read() as connection:
            columns = tables.assessments.c
            first = func.min(columns.assessment_key)  # in the order of arrival, as ties between copies go
            ordered = select(columns.article_id).group_by(columns.article_id).order_by(first)
            ids = list(connection.execute(ordered).scalars())
        scored = 0
        for start in range(0, len(ids), 64):
            scored += newsroom.rescore(ids[start : start + 64])
            bar(min(start + 64, len(ids)), min(1.0, (start + 64) / len(ids)))
    typer.echo(f"{scored:,} of {len(ids):,} articles scored again")


@app.command("prune")
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Delete what is older than the retention settings allow, except what is held."""
    from dataclasses import asdict

    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.settings import load_settings
    from riskscore.store.retention import Retention
    from riskscore.store.retention import prune as delete_old
    from riskscore.store.times import utc_now

    settings = load_settings()
    retention = Retention(
        settings.retention_text_days,
        settings.retention_record_days,
        settings.retention_change_days,
        settings.retention_delivery_days,
    )
    if retention == Retention():
        typer.echo("no retention is set (RISKSCORE_RETENTION_…_DAYS); nothing was deleted")
        return
    with opened_store(settings) as store, store.write() as connection:
        gone = delete_old(connection, retention, utc_now(), dry_run=dry_run)
        if not dry_run:
            trail = trail_of(store, settings)
            trail.note(connection, "db.pruned", given=asdict(retention), detail=asdict(gone))
    verb = "would go" if dry_run else "deleted"
    typer.echo(
        f"{verb}: {gone.articles:,} articles ({gone.stories:,} stories with them), {gone.texts:,} texts, "
        f"{gone.changes:,} changes, {gone.deliveries:,} deliveries; held: {gone.held:,} articles"
    )


@holds.command("add")
def add_hold(
    kind: Annotated[str, typer.Argument(help="article, story or company.")],
    target: Annotated[str, typer.Argument(help="Its id.")],
    reason: Annotated[str, typer.Option(help="Why, and who says so; stays on record.")],
) -> None:
    """Keep an article, a story, or every article that names a company."""
    from typing import cast

    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.settings import load_settings
    from riskscore.store.retention import HoldKind, place_hold
    from riskscore.store.times import utc_now

    if kind not in _HOLD_KINDS:
        raise InputError(f"a hold is on one of {', '.join(_HOLD_KINDS)}, not {kind!r}")
    settings = load_settings()
    with opened_store(settings) as store, store.write() as connection:
        key = place_hold(connection, cast(HoldKind, kind), target, reason, utc_now())
        given = {"kind": kind, "target_id": target, "reason": reason}
        trail_of(store, settings).note(connection, "hold.placed", key, given=given, detail={"kind": kind})
    typer.echo(f"hold {key} keeps {kind} {target}")


@holds.command("release")
def end_hold(key: Annotated[int, typer.Argument(help="Number of the hold.")]) -> None:
    """End a hold."""
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.settings import load_settings
    from riskscore.store.retention import release_hold
    from riskscore.store.times import utc_now

    settings = load_settings()
    with opened_store(settings) as store, store.write() as connection:
        if not release_hold(connection, key, utc_now()):
            raise InputError(f"there is no hold {key} in force")
        trail_of(store, settings).note(connection, "hold.released", key)
    typer.echo(f"released hold {key}")


@holds.command("list")
def show_holds() -> None:
    """Show all holds, released ones too."""
    from riskscore.commands.stores import opened_store
    from riskscore.settings import load_settings
    from riskscore.store.retention import list_holds

    with opened_store(load_settings()) as store, store.read() as connection:
        for hold in list_holds(connection):
            state = "in force" if hold.released_at is None else f"released {hold.released_at:%Y-%m-%d}"
            since = f"{hold.placed_at:%Y-%m-%d}"
            typer.echo(f"{hold.hold_key}  {hold.kind} {hold.target_id}  {since}, {state}  {hold.reason}")
