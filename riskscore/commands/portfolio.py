"""`riskscore companies import`: companies and list entries from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from riskscore.errors import InputError

_SOME_ROWS_BAD = 1
_MOST_SHOWN = 20


def import_companies(
    file: Annotated[Path, typer.Argument(help="The file.")],
    format: Annotated[
        str,
        typer.Option(
            help="sec (company_tickers.json), csl (Consolidated Screening List, CSV or JSON), opensanctions "
            "(targets, nested JSON or simple CSV), or csv (your own: name; also id, aliases, tickers, lei, "
            "country, parent)."
        ),
    ] = "csv",
) -> None:
    """Import companies with their parents, or entries of official lists. Running it again updates them."""
    from riskscore.commands.stores import opened_store, progress_bar
    from riskscore.imports.formats import FORMATS, read_rows
    from riskscore.imports.save import save_rows
    from riskscore.knowledge import load_knowledge
    from riskscore.settings import load_settings
    from riskscore.store.times import utc_now

    chosen = next((known for known in FORMATS if known == format), None)
    if chosen is None:
        raise InputError(f"--format is one of {', '.join(FORMATS)}, not {format!r}")
    rows = read_rows(file, chosen)
    with opened_store(load_settings()) as store, progress_bar("importing", "rows") as bar:
        tally = save_rows(store, load_knowledge(), rows, chosen, utc_now(), bar)
    for fault in tally.faults[:_MOST_SHOWN]:
        typer.secho(f"error: {file.name}, row {fault.row}: {fault.reason}", err=True, fg="red")
    if len(tally.faults) > _MOST_SHOWN:
        typer.secho(f"error: and {len(tally.faults) - _MOST_SHOWN} more", err=True, fg="red")
    if chosen in {"csl", "opensanctions"}:
        typer.echo(
            f"{tally.added:,} list entries stored, {tally.known:,} of them of companies we know, "
            f"{len(tally.faults):,} rows at fault"
        )
    else:
        typer.echo(
            f"{tally.added:,} companies added, {tally.known:,} bound to companies we know, "
            f"{len(tally.faults):,} rows at fault"
        )
    if tally.faults:
        raise typer.Exit(_SOME_ROWS_BAD)
