"""`riskscore ingest` and `riskscore companies risk`: archives in, a company's risk out."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskscore.errors import InputError
from riskscore.moments import parsed, utc

if TYPE_CHECKING:
    from riskscore.audit.entry import Action

_SOME_ROWS_BAD = 1


def ingest(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A .jsonl, .csv (also .gz, .zst, .bz2, .xz) or .parquet file, a folder, a glob, or - for "
            "standard input.",
        ),
    ],
    text_column: Annotated[str | None, typer.Option(help="Column of the plain text.")] = None,
    html_column: Annotated[str | None, typer.Option(help="Column of the HTML, instead of text.")] = None,
    source_column: Annotated[str | None, typer.Option(help="Column of the publisher.")] = None,
    published_at_column: Annotated[str | None, typer.Option(help="Column of the date.")] = None,
) -> None:
    """Score articles and keep them. Run it again after an interruption: what is kept already is left alone.

    Columns go by their usual names (headline, body, pub_date, …); the options name others. Rows at fault
    make the exit code 1.
    """
    from riskscore.archive.columns import Columns
    from riskscore.commands.stores import opened_newsroom, progress_bar
    from riskscore.feeds.files import ingest_archive
    from riskscore.settings import load_settings

    columns = Columns(
        text=text_column, html=html_column, source=source_column, published_at=published_at_column
    )
    with opened_newsroom(load_settings(), context.obj) as newsroom, progress_bar("storing", "rows") as bar:
        tally = ingest_archive(newsroom, source, columns=columns, progress=bar)
    for fault in tally.faults:
        typer.secho(f"error: {fault}", err=True, fg="red")
    typer.echo(
        f"{tally.added:,} articles added ({tally.abstained:,} abstained) in {len(tally.stories):,} stories, "
        f"{tally.known:,} kept before, {tally.bad:,} at fault"
    )
    if tally.bad:
        raise typer.Exit(_SOME_ROWS_BAD)


def risk(
    name: Annotated[str, typer.Argument(help="Name, id, ticker or LEI.")],
    regime: Annotated[str | None, typer.Option(help="Only this regime.")] = None,
    as_of: Annotated[str | None, typer.Option(help="A past date or date-time, ISO 8601.")] = None,
    published: Annotated[
        bool,
        typer.Option(
            "--published", help="With --as-of: count news published by then, whenever it was stored."
        ),
    ] = False,
    half_life_days: Annotated[float | None, typer.Option(min=1, max=3650, help="Days.")] = None,
    evidence: Annotated[int, typer.Option(min=0, max=50, help="Most stories to show.")] = 5,
    memo: Annotated[
        Path | None, typer.Option(help="Write the file note to a .md, .html or .pdf file instead.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what the API would answer.")] = False,
) -> None:
    """How exposed is a company, since when, why, and under which rule?"""
    from riskscore.api.risk_answers import dossier_answer
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.companies.search import CompanyIndex
    from riskscore.dossier.answer import Question, compile_dossier, resolve
    from riskscore.dossier.memo import write_memo
    from riskscore.knowledge import load_knowledge
    from riskscore.settings import load_settings
    from riskscore.types import REGIMES
    from riskscore.wire.encoding import encode_json

    settings, knowledge = load_settings(), load_knowledge()
    asked = next((known for known in REGIMES if known == regime), None)
    if regime is not None and asked is None:
        raise InputError(f"--regime is one of {', '.join(REGIMES)}")
    question = Question(
        at=datetime.now(UTC) if as_of is None else _moment(as_of),
        as_of=as_of is not None,
        basis="published" if published else "known",
        regime=asked,
        half_life_days=half_life_days or settings.half_life_days,
        evidence=evidence,
    )
    with opened_store(settings) as store:
        with store.read() as connection:
            subject = resolve(connection, knowledge, CompanyIndex(knowledge.companies.values()), name)
            answer = dossier_answer(compile_dossier(connection, knowledge, subject.company_id, question))
        note = write_memo(answer, knowledge.hash)
        asked_for = {"name": name, **asdict(question)}
        action: Action = "company.risk" if memo is None else "company.memo"
        trail = replace(trail_of(store, settings), knowledge_hash=knowledge.hash)
        trail.asked(action, [subject.company_id], asked_for, answer)
    if as_json:
        sys.stdout.buffer.write(encode_json(answer) + b"\n")
        return
    if memo is not None:
        _write(memo, note)
        return
    from rich.console import Console

    from riskscore.dossier.memo_terminal import memo_view

    Console(highlight=False, markup=False, emoji=False).print(memo_view(note))


def _moment(written: str) -> datetime:
    try:
        return utc(parsed(written))
    except ValueError as error:
        raise InputError(f"--as-of {written!r} {error}") from None


def _write(path: Path, note: object) -> None:
    from riskscore.dossier.memo import Memo
    from riskscore.dossier.memo_text import markdown, page

    assert isinstance(note, Memo)
    kind = path.suffix.lower()
    if kind == ".pdf":
        from riskscore.dossier.memo_pdf import pdf

        content = pdf(note)
    elif kind in {".md", ".html"}:
        content = (markdown(note) if kind == ".md" else page(note)).encode()
    else:
        raise InputError(f"--memo {str(path)!r} must end in .md, .html or .pdf")
    path.write_bytes(content)
    typer.echo(f"wrote {path}; SHA-256 of the note {note.sha256}")
