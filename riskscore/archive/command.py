"""`riskscore archive`: words typed in a terminal in, a scored archive, a progress bar and a summary out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace as changed
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskscore.archive.columns import Columns
from riskscore.archive.run import Progress, Result, score_archive
from riskscore.archive.sources import Format
from riskscore.types import REGIMES, SEVERITY_NAMES

if TYPE_CHECKING:
    from rich.table import Table

    from riskscore.settings import Settings

_SOME_ROWS_BAD = 1
_TOP_COMPANIES = 10

app = typer.Typer(no_args_is_help=True, help="Score archives of any size, and report on them.")


@app.command("score")
def score(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN",
            help="A .csv, .jsonl (also .gz, .zst, .bz2, .xz) or .parquet file, a folder, a glob, or - for "
            "standard input.",
        ),
    ],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="Ends in .jsonl or .csv (also .gz, .zst) or .parquet.")
    ],
    id_column: Annotated[str | None, typer.Option(help="Column of your own id.")] = None,
    title_column: Annotated[str | None, typer.Option(help="Column of the headline.")] = None,
    text_column: Annotated[str | None, typer.Option(help="Column of the plain text.")] = None,
    html_column: Annotated[str | None, typer.Option(help="Column of the HTML, instead of text.")] = None,
    url_column: Annotated[str | None, typer.Option(help="Column of the address.")] = None,
    source_column: Annotated[str | None, typer.Option(help="Column of the publisher.")] = None,
    published_at_column: Annotated[str | None, typer.Option(help="Column of the date.")] = None,
    language_column: Annotated[str | None, typer.Option(help="Column of the language.")] = None,
    format: Annotated[
        str | None, typer.Option(help="jsonl, csv or parquet, where the name of IN does not tell.")
    ] = None,
    rationale: Annotated[
        bool, typer.Option("--rationale", help="Also write contributions, evidence and reason codes.")
    ] = False,
    processes: Annotated[int | None, typer.Option(min=1, help="Processes; all cores by default.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Begin anew, and replace OUT when the new one is whole.")
    ] = False,
    cluster: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler (tcp://…); OUT is then a folder.")
    ] = None,
) -> None:
    """Score an archive. Run the same command again after any interruption: it goes on where it was.

    Columns go by their usual names (headline, body, pub_date, …); the options name others, and ""
    leaves a field out. Rows at fault are listed in OUT.errors.jsonl and make the exit code 1.
    """
    from riskscore.errors import InputError
    from riskscore.models.choice import version_in_force
    from riskscore.settings import load_settings

    if format is not None and format not in _FORMATS:
        raise InputError(f"--format is one of {', '.join(_FORMATS)}")
    settings = load_settings()
    columns = Columns(
        id_column,
        title_column,
        text_column,
        html_column,
        url_column,
        source_column,
        published_at_column,
        language_column,
    )
    with _progress_bar() as progress:
        if cluster is not None:
            from riskscore.archive.cluster import score_on_cluster

            result = score_on_cluster(
                cluster, source, out, columns=columns, rationale=rationale, replace=replace, progress=progress
            )
        else:
            result = score_archive(
                source,
                out,
                columns=columns,
                format=_FORMATS[format] if format else None,
                rationale=rationale,
                processes=processes,
                model_dir=settings.model_dir,
                model_version=None if context.obj is not None else version_in_force(settings),
                replace=replace,
                assessor=context.obj,
                progress=progress,
            )
    if settings.has_database and not result.already_finished:
        _note(settings, result, out / "run.json" if cluster else out.with_name(f"{out.name}.run.json"))
    _show(result, out)
    if result.summary.bad:
        raise typer.Exit(_SOME_ROWS_BAD)


_FORMATS: dict[str, Format] = {"jsonl": "jsonl", "csv": "csv", "parquet": "parquet"}


@app.command("report")
def report(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="What `riskscore archive score` has written.")],
    page: Annotated[
        Path | None, typer.Option("--page", help="Where to write it; OUT.html by default.")
    ] = None,
) -> None:
    """Write one HTML page with plots that can be sent on: no other file, no network, no scripts."""
    from riskscore.archive.report import write_report

    page = page or out.with_name(out.name + ".html")
    write_report(out, page)
    typer.echo(f"wrote {page}")


def _note(settings: Settings, result: Result, run: Path) -> None:
    """One entry of the audit ledger for the run: `run` tells what of."""
    from riskscore.commands.stores import opened_store, trail_of

    described = json.loads(run.read_text(encoding="utf-8"))
    described = described.get("run", described)  # beside one file, or in the folder of a cluster's run
    counts = result.summary.as_dict()
    with opened_store(settings) as store:
        changed(trail_of(store, settings), knowledge_hash=described["knowledge"]).record(
            "archive.scored",
            given=described["input"],
            made={"run": described, "summary": counts},
            detail={name: counts[name] for name in ("scored", "abstained", "bad")},
        )


@contextmanager
def _progress_bar() -> Iterator[Progress]:
    """A bar on standard error, with rate and time left; nothing where that is no terminal."""
    import time

    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    with Bar(
        TextColumn("scoring"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[rows]:,} rows, {task.fields[rate]:,.0f} a second"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as bar:
        task = bar.add_task("", total=1.0, rows=0, rate=0.0)
        began, first = time.monotonic(), None

        def update(rows: int, part: float) -> None:
            nonlocal first
            if first is None:
                first = rows  # rows of an earlier run are no part of this one's rate
            rate = (rows - first) / max(1e-9, time.monotonic() - began)
            bar.update(task, completed=part, rows=rows, rate=rate)

        yield update


def _show(result: Result, out: Path) -> None:
    from rich.console import Console

    summary = result.summary
    console = Console(highlight=False, markup=False)
    if result.already_finished:
        console.print(f"{out} was finished before; nothing to do")
    elif result.resumed:
        console.print("went on with an unfinished run")
    console.print(_severity_table(result))
    companies = ", ".join(
        f"{name} ({count:,})" for name, count in summary.exposed.most_common(_TOP_COMPANIES)
    )
    console.print(f"most exposed: {companies or 'none'}")
    console.print(
        f"{summary.rows:,} rows: {summary.scored:,} scored, {summary.abstained:,} abstained, "
        f"{summary.bad:,} at fault → {out}"
    )
    if summary.bad:
        console.print(f"rows at fault: {out.name}.errors.jsonl")


def _severity_table(result: Result) -> Table:
    from rich.table import Table

    table = Table("regime", *SEVERITY_NAMES)
    for column in table.columns[1:]:
        column.justify = "right"
    for regime in REGIMES:
        counts = result.summary.severities[regime]
        table.add_row(regime, *(f"{counts[level]:,}" for level in range(len(SEVERITY_NAMES))))
    return table
