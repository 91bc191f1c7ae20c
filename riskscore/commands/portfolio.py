"""`riskscore companies import` and `remove`, and the search of old news for what was imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskscore.errors import InputError

if TYPE_CHECKING:
    from riskscore.dossier.directory import Listed
    from riskscore.settings import Settings
    from riskscore.store import Store

_SOME_ROWS_BAD = 1
_MOST_SHOWN = 20


def import_companies(
    file: Annotated[Path, typer.Argument(help="The file.")],
    format: Annotated[
        str,
        typer.Option(
            help="sec (company_tickers.json), csl (Consolidated Screening List, CSV or JSON), opensanctions "
            "(targets, nested JSON or simple CSV), or csv (your own: name; also id, aliases, tickers, lei, "
            "chinese_name, country, parent)."
        ),
    ] = "csv",
) -> None:
    """Import companies with their parents, or entries of official lists. Running it again updates them."""
    from riskscore.commands.stores import opened_store, progress_bar, trail_of
    from riskscore.imports.formats import FORMATS, read_rows
    from riskscore.imports.save import save_rows
    from riskscore.knowledge import load_knowledge
    from riskscore.settings import load_settings
    from riskscore.store.times import utc_now

    chosen = next((known for known in FORMATS if known == format), None)
    if chosen is None:
        raise InputError(f"--format is one of {', '.join(FORMATS)}, not {format!r}")
    rows = read_rows(file, chosen)
    settings = load_settings()
    with opened_store(settings) as store:
        with progress_bar("importing", "rows") as bar:
            trail = trail_of(store, settings)
            tally = save_rows(store, load_knowledge(), rows, chosen, utc_now(), bar, trail)
        advice = _advice(store)
    for fault in tally.faults[:_MOST_SHOWN]:
        typer.secho(f"error: {file.name}, row {fault.row}: {fault.reason}", err=True, fg="red")
    if len(tally.faults) > _MOST_SHOWN:
        typer.secho(f"error: and {len(tally.faults) - _MOST_SHOWN} more", err=True, fg="red")
    if chosen in {"csl", "opensanctions"}:
        typer.echo(
            f"{tally.added:,} list entries stored, {tally.known:,} of them of companies we know, "
            f"{tally.made:,} companies added from the others, {len(tally.faults):,} rows at fault"
        )
    else:
        typer.echo(
            f"{tally.added:,} companies added, {tally.known:,} bound to companies we know, "
            f"{len(tally.faults):,} rows at fault"
        )
    for line in advice:
        typer.echo(line)
    if tally.faults:
        raise typer.Exit(_SOME_ROWS_BAD)


def _advice(store: Store) -> list[str]:
    """What is to be known, or done, after the imported companies have changed."""
    from riskscore.store.portfolio import any_not_searched_back, load_portfolio

    with store.read() as connection:
        portfolio, behind = load_portfolio(connection), any_not_searched_back(connection)
    lines = []
    if portfolio.shared:
        lines.append(
            f"{portfolio.shared:,} names are shared by several companies: each counts only where a text "
            "names one of these otherwise too"
        )
    if behind:
        lines.append(
            "news stored before is not searched for them yet; run: riskscore db rescore --mentions-only"
        )
    return lines


def remove_imported(
    company_ids: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Ids of companies.")] = None,
    origin: Annotated[
        str | None, typer.Option(help="All that came from one format: csv, sec, opensanctions or csl.")
    ] = None,
) -> None:
    """Forget imported companies; what news said of them stays on record, and is no longer in force."""
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.settings import load_settings
    from riskscore.store.changes import ChangeKind, record_changes
    from riskscore.store.companies import ids_of_origin, remove_companies
    from riskscore.store.times import utc_now

    if bool(company_ids) == (origin is not None):
        raise InputError("give ids of companies, or --origin")
    settings, at = load_settings(), utc_now()
    with opened_store(settings) as store, store.write() as connection:
        wanted = list(company_ids or ()) if origin is None else ids_of_origin(connection, origin)
        gone = remove_companies(connection, wanted, at)
        unknown = sorted(set(wanted) - set(gone))
        if unknown:
            raise InputError(f"no company was imported as {', '.join(map(repr, unknown[:5]))}")
        kind: ChangeKind = "company.removed"
        record_changes(connection, [(kind, {"company_id": company_id}) for company_id in gone], at)
        trail_of(store, settings).note(
            connection, "company.removed", given=sorted(gone), detail={"companies": len(gone)}
        )
    typer.echo(f"{len(gone):,} companies removed")


def find_listed(settings: Settings, query: str, limit: int) -> list[Listed]:
    """Companies that a query may mean; the user's own where there is a database."""
    from riskscore.commands.stores import opened_store
    from riskscore.companies.search import CompanyIndex
    from riskscore.dossier.directory import Listed, search
    from riskscore.knowledge import load_knowledge
    from riskscore.store.late import LateStore

    knowledge = load_knowledge()
    index = CompanyIndex(knowledge.companies.values())
    if not settings.has_database and not LateStore(settings.database_url).exists():
        return [Listed(company, ("knowledge",)) for company in index.search(query, limit)]
    with opened_store(settings) as store, store.read() as connection:
        return search(connection, knowledge, index, query, limit)


def search_again(settings: Settings, assessor: Any) -> None:
    """Search all stored articles for the imported companies as they are now, and say what came of it."""
    from riskscore.assess import Assessor
    from riskscore.commands.stores import opened_newsroom, progress_bar
    from riskscore.models.rotation import Rotation
    from riskscore.portfolio.searching import Searcher, Searches

    with opened_newsroom(settings, assessor, counted=False) as newsroom:
        rotation = newsroom.assessor
        assert isinstance(rotation, Rotation)
        loaded: dict[str, Searches] = dict(rotation.lineup.assessors)

        def assessor_of(version: str) -> Searches:
            if version not in loaded:
                loaded[version] = Assessor.load(settings.model_dir, version)
            return loaded[version]

        portfolio = newsroom.portfolio.current()
        searcher = Searcher(newsroom.store, portfolio, assessor_of, newsroom.trail, newsroom.clock)
        with progress_bar("searching", "articles") as bar:
            tally = searcher.search_all(bar)
    typer.echo(
        f"{tally.searched:,} of {tally.articles:,} articles searched for {len(portfolio):,} companies; "
        f"{tally.changed:,} name others of them than before"
    )
    if tally.without_text:
        typer.echo(f"{tally.without_text:,} could not be: their text is not kept")
    if tally.without_model:
        typer.echo(f"{tally.without_model:,} could not be: their model is gone; run: riskscore db rescore")
