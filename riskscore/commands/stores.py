"""What the commands share: the newsroom that the settings name, and a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from riskscore.auditing.trail import Trail
    from riskscore.portfolio.matcher import Portfolio
    from riskscore.service import Newsroom
    from riskscore.settings import Settings
    from riskscore.store import Store


@contextmanager
def opened_store(settings: Settings) -> Iterator[Store]:
    """The database that the settings name, ready for use."""
    from riskscore.store import open_store

    store = open_store(settings.database_url)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def opened_portfolio(settings: Settings) -> Iterator[tuple[Store, Portfolio | None]]:
    """The database and the companies that were imported into it; None where there are none."""
    from riskscore.store.portfolio import load_portfolio

    with opened_store(settings) as store:
        with store.read() as connection:
            portfolio = load_portfolio(connection)
        yield store, portfolio if len(portfolio) else None


def trail_of(store: Store, settings: Settings) -> Trail:
    """The audit ledger's record of what whoever runs this command does."""
    from riskscore.auditing.trail import process_trail

    return process_trail(store, audit=settings.audit, keep_query_text=settings.keep_query_text)


@contextmanager
def opened_newsroom(settings: Settings, assessor: Any, *, counted: bool = True) -> Iterator[Newsroom]:
    """The write path; `assessor` is the embedding program's, or None for the model in force.

    Parameters
    ----------
    counted : bool
        Whether what is scored counts for drift, and is shown to the challenger: news does, old news that is
        scored again does not.
    """
    from riskscore.alerting.raising import AlertRaiser
    from riskscore.auditing.trail import note_model
    from riskscore.models.production import Production
    from riskscore.service import Newsroom

    production = Production(settings, assessor, most=1, compiled=False)
    rotation = production.rotation
    with opened_store(settings) as store:
        alerts = AlertRaiser(public_url=settings.public_url, half_life_days=settings.half_life_days)
        trail = trail_of(store, settings)
        note_model(store, trail, rotation.lineup.default, rotation.knowledge.hash)
        newsroom = Newsroom(rotation, store, keep_text=settings.keep_text, alerts=alerts, trail=trail)
        if not counted:
            rotation.watch = None
            yield newsroom
            return
        production.start()
        try:
            yield newsroom
        finally:
            production.stop()


@contextmanager
def progress_bar(label: str, unit: str) -> Iterator[Callable[[int, float], None]]:
    """A bar on standard error, fed with a count and the part done; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    with Progress(
        TextColumn(label),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[count]:,} " + unit),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as bar:
        task = bar.add_task("", total=1.0, count=0)
        yield lambda count, part: bar.update(task, completed=part, count=count)
