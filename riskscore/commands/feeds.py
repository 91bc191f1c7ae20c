"""`riskscore feeds`: add, import, list, remove and run feeds and watched folders."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskscore.errors import InputError

if TYPE_CHECKING:
    from riskscore.auditing.trail import Trail
    from riskscore.store import Store

app = typer.Typer(no_args_is_help=True, help="News that comes in by itself: feeds and watched folders.")
_SOME_FAILED = 1
_LONGEST_SLEEP_S = 30.0


@app.command("add")
def add(
    address: Annotated[str, typer.Argument(help="Address of an RSS or Atom feed, or a folder to watch.")],
    name: Annotated[str | None, typer.Option(help="Your own name for it.")] = None,
) -> None:
    """Add a feed. `riskscore feeds run` reads it."""
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.settings import load_settings

    settings = load_settings()
    with opened_store(settings) as store:
        typer.echo(f"added {_add(store, trail_of(store, settings), address, name)}")


def _add(store: Store, trail: Trail, address: str, name: str | None) -> str:
    from riskscore.feeds.polling import checked_url
    from riskscore.store.feeds import add_feed
    from riskscore.store.times import utc_now

    folder = Path(address)
    with store.write() as connection:
        if "://" not in address and folder.is_dir():
            added = add_feed(connection, str(folder.resolve()), "folder", name, utc_now())
        else:
            added = add_feed(connection, checked_url(address), "web", name, utc_now())
        trail.note(connection, "feed.added", added.feed_id, given={"address": added.url, "name": name})
    return added.url


@app.command("import")
def import_opml(
    file: Annotated[Path, typer.Argument(help="An OPML file, as feed readers export it.")],
) -> None:
    """Add all feeds of an OPML file."""
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.feeds.opml import read_opml
    from riskscore.settings import load_settings

    added, refused = 0, 0
    settings = load_settings()
    with opened_store(settings) as store:
        trail = trail_of(store, settings)
        for address, name in read_opml(file):
            try:
                _add(store, trail, address, name)
                added += 1
            except InputError as error:
                refused += 1
                typer.secho(f"error: {error}", err=True, fg="red")
    typer.echo(f"{added} feeds added, {refused} refused")
    if refused:
        raise typer.Exit(_SOME_FAILED)


@app.command("list")
def list_all() -> None:
    """Show all feeds and where each stands."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from riskscore.commands.stores import opened_store
    from riskscore.harmless import harmless
    from riskscore.settings import load_settings
    from riskscore.store.feeds import list_feeds

    with opened_store(load_settings()) as store, store.read() as connection:
        feeds = list_feeds(connection)
    table = Table("Id", "Feed", "Read", "Due", "Failures", "Last error", box=None, pad_edge=False)
    for feed in feeds:
        label = f"{feed.name}: {feed.url}" if feed.name else feed.url
        read = "never" if feed.succeeded_at is None else f"{feed.succeeded_at:%Y-%m-%d %H:%M}"
        table.add_row(
            feed.feed_id,
            Text(harmless(label)),
            read,
            f"{feed.next_due_at:%Y-%m-%d %H:%M}",
            str(feed.failures),
            Text(harmless(feed.last_error or "")),
        )
    Console(highlight=False, markup=False).print(
        table if feeds else "no feeds; add one: riskscore feeds add URL"
    )


@app.command("remove")
def remove(feed: Annotated[str, typer.Argument(help="Id or address.")]) -> None:
    """Forget a feed; its articles stay."""
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.settings import load_settings
    from riskscore.store.feeds import find_feed, remove_feed

    settings = load_settings()
    with opened_store(settings) as store, store.write() as connection:
        found = find_feed(connection, feed)
        if found is None or not remove_feed(connection, feed):
            raise InputError(f"there is no feed {feed!r}")
        trail = trail_of(store, settings)
        trail.note(connection, "feed.removed", found.feed_id, given={"address": found.url})
    typer.echo(f"removed {feed}")


@app.command("run")
def run(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Read what is due, then stop.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="With --once: read all, due or not.")] = False,
) -> None:
    """Read feeds when they are due, for ever; stop with Ctrl-C."""
    from riskscore.commands.stores import opened_newsroom
    from riskscore.feeds.polling import FeedReader
    from riskscore.settings import load_settings
    from riskscore.store.feeds import list_feeds
    from riskscore.store.times import utc_now

    settings = load_settings()
    failed = 0
    with opened_newsroom(settings, context.obj) as newsroom:
        reader = FeedReader(newsroom, settings)
        try:
            while True:
                with newsroom.store.read() as connection:
                    due = list_feeds(connection, None if once and everything else utc_now())
                for feed in due:
                    outcome = reader.poll(feed)
                    if isinstance(outcome, Exception):
                        failed += 1
                        typer.secho(f"{feed.url}: {outcome}", err=True, fg="red")
                    else:
                        counts = f"{outcome.added} added, {outcome.known} known, {outcome.bad} at fault"
                        typer.echo(f"{feed.url}: {counts}")
                if once:
                    break
                time.sleep(min(_LONGEST_SLEEP_S, settings.feed_interval_s))
        except KeyboardInterrupt:
            typer.echo("stopped", err=True)
        finally:
            reader.close()
    if once and failed:
        raise typer.Exit(_SOME_FAILED)
