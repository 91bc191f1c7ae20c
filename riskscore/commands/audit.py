"""`riskscore audit`: verify, export and show the audit ledger; write down where it ends."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, cast

import typer

from riskscore.errors import InputError
from riskscore.moments import parsed, utc

if TYPE_CHECKING:
    from rich.console import RenderableType

    from riskscore.audit.chain import Head, Sealed

app = typer.Typer(no_args_is_help=True, help="The audit ledger: who did what, when, and whether it is whole.")
_TAMPERED = 1
_MOST_SHOWN = 20
_LINES_AT_ONCE = 1_000

AfterOption = Annotated[
    str | None,
    typer.Option(
        "--after", help='Only what stands behind this place: "NUMBER HASH", as `audit head` prints.'
    ),
]


@app.command("verify")
def verify(
    heads: Annotated[
        Path | None,
        typer.Option(help="File of heads that were kept: lines of `audit head`, or the service's log."),
    ] = None,
    head: Annotated[
        list[str] | None, typer.Option("--head", help='One head that was kept: "NUMBER HASH".')
    ] = None,
    after: AfterOption = None,
) -> None:
    """Check every entry against its hash and its neighbour; exit code 1 and the place where that fails.

    Without a head that was kept elsewhere, a ledger that was rewritten up to its end looks whole.
    """
    from riskscore.audit.heads import read_head, read_heads, written_head
    from riskscore.audit.verification import MOST_FAULTS, Verification
    from riskscore.commands.stores import opened_store, progress_bar
    from riskscore.settings import load_settings
    from riskscore.store.ledger import count_after, entries_after, missing_guards, stored_head

    kept = [read_head(one) for one in head or ()]
    if heads is not None:
        kept += read_heads(_text(heads))
    begin = None if after is None else read_head(after)
    verification = Verification(kept, begin)
    with (
        opened_store(load_settings()) as store,
        progress_bar("verifying", "entries") as bar,
        store.read() as connection,
    ):
        first = None if begin is None else begin.sequence
        expected = max(1, count_after(connection, first or 0))
        for sealed in entries_after(connection, first):
            verification.add(sealed)
            if verification.count % _LINES_AT_ONCE == 0:
                bar(verification.count, min(1.0, verification.count / expected))
        end = stored_head(connection)
        guards = missing_guards(connection)
    faults = verification.faults(end)
    if faults:
        from riskscore.terminal.audit import faults_view

        _print(faults_view(faults[:_MOST_SHOWN]), to_errors=True)
        count = f"{len(faults):,} faults" if len(faults) < MOST_FAULTS else f"{MOST_FAULTS:,} faults or more"
        first_one = f"the first at entry {faults[0].sequence}"
        typer.secho(f"the ledger is not whole: {count}, {first_one}", err=True, fg="red")
    for guard in guards:
        typer.secho(f"the trigger {guard} is gone or off: entries can be changed", err=True, fg="red")
    if faults or guards:
        raise typer.Exit(_TAMPERED)
    checked = f", {len(kept):,} kept heads fit" if kept else "; no kept head was given to compare it with"
    typer.echo(f"{verification.count:,} entries are whole{checked}")
    typer.echo(f"head {written_head(cast('Head', end))}")


@app.command("head")
def show_head() -> None:
    """Print where the ledger ends: NUMBER HASH. Keep it where whoever runs the database cannot write."""
    from riskscore.audit.heads import written_head
    from riskscore.commands.stores import opened_store
    from riskscore.settings import load_settings
    from riskscore.store.ledger import stored_head

    with opened_store(load_settings()) as store, store.read() as connection:
        end = stored_head(connection)
    if end is None:
        typer.secho("the head of the ledger is gone; see: riskscore audit verify", err=True, fg="red")
        raise typer.Exit(_TAMPERED)
    typer.echo(written_head(end))


@app.command("export")
def export(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A .jsonl or .csv file.")],
    after: AfterOption = None,
) -> None:
    """Write the ledger to a file that anyone can verify without riskscore; docs/audit.md has the program."""
    from riskscore.audit.heads import read_head, written_head
    from riskscore.commands.stores import opened_store, progress_bar, trail_of
    from riskscore.settings import load_settings
    from riskscore.store.ledger import count_after, entries_after

    if out.suffix not in {".jsonl", ".csv"}:
        raise InputError(f"{str(out)!r} must end in .jsonl or .csv")
    begin = None if after is None else read_head(after)
    settings = load_settings()
    partial = out.with_name(out.name + ".partial")
    count, last = 0, begin
    with opened_store(settings) as store:
        with (
            progress_bar("exporting", "entries") as bar,
            store.read() as connection,
            partial.open("w", encoding="utf-8", newline="") as file,
        ):
            first = None if begin is None else begin.sequence
            expected = max(1, count_after(connection, first or 0))
            for lines in _by_lines(entries_after(connection, first)):
                _write(file, out.suffix, lines, headings=count == 0)
                count, last = count + len(lines), lines[-1].head
                bar(count, min(1.0, count / expected))
        partial.replace(out)
        trail_of(store, settings).record("ledger.exported", detail={"entries": count})
    typer.echo(f"wrote {count:,} entries to {out}")
    if last is not None:
        typer.echo(f"head {written_head(last)}")


def _by_lines(entries: Iterable[Sealed]) -> Iterator[list[Sealed]]:
    lines: list[Sealed] = []
    for sealed in entries:
        lines.append(sealed)
        if len(lines) == _LINES_AT_ONCE:
            yield lines
            lines = []
    if lines:
        yield lines


def _write(file: IO[str], suffix: str, entries: Iterable[Sealed], *, headings: bool) -> None:
    from riskscore.api.tabular import write_csv
    from riskscore.audit.chain import FIELDS
    from riskscore.audit.entry import canonical

    if suffix == ".jsonl":
        file.writelines(canonical(one.record()).decode() + "\n" for one in entries)
        return
    rows = []
    for one in entries:
        row = one.record()
        if "detail" in row:
            row["detail"] = canonical(row["detail"]).decode()
        rows.append(row)
    write_csv(file, FIELDS, rows, headings=headings)


@app.command("show")
def show(
    number: Annotated[int | None, typer.Argument(metavar="[NUMBER]", help="All of this entry.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only of this name.")] = None,
    key: Annotated[str | None, typer.Option(help="Only by this key: its id.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this, such as alert.decided.")] = None,
    subject: Annotated[
        str | None, typer.Option(help="Only about this: the id of a company, an alert …")
    ] = None,
    request: Annotated[str | None, typer.Option(help="Only of this request: its id.")] = None,
    since: Annotated[str | None, typer.Option(help="ISO 8601 date or date-time.")] = None,
    until: Annotated[str | None, typer.Option(help="Not included.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most to show, the newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print the lines that `export` writes.")] = False,
) -> None:
    """Show entries, the newest first, or all of one."""
    from riskscore.audit.entry import ACTIONS, canonical
    from riskscore.commands.stores import opened_store
    from riskscore.settings import load_settings
    from riskscore.store.ledger import LedgerFilter, find_entry, list_entries
    from riskscore.terminal.audit import entries_view, entry_view

    if action is not None and action not in ACTIONS:
        raise InputError(f"--action is one of {', '.join(ACTIONS)}, not {action!r}")
    wanted = LedgerFilter(
        actor,
        key,
        action,
        subject,
        request,
        _moment("--since", since),
        _moment("--until", until),
    )
    with opened_store(load_settings()) as store, store.read() as connection:
        if number is None:
            found = list_entries(connection, wanted, limit)
        else:
            one = find_entry(connection, number)
            found = [] if one is None else [one]
    if not found:
        typer.echo("no entries" if number is None else f"there is no entry {number}")
        raise typer.Exit(1 if number is not None else 0)
    if as_json:
        for sealed in found:
            sys.stdout.buffer.write(canonical(sealed.record()) + b"\n")
        return
    _print(entries_view(found) if number is None else entry_view(found[0]))


def _moment(option: str, written: str | None) -> datetime | None:
    if written is None:
        return None
    try:
        return utc(parsed(written))
    except ValueError as error:
        raise InputError(f"{option} {written!r} {error}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error.strerror}") from None


def _print(view: RenderableType, *, to_errors: bool = False) -> None:
    from rich.console import Console

    Console(stderr=to_errors, highlight=False, markup=False, emoji=False).print(view)
