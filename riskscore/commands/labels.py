"""`riskscore labels`: export analysts' labels for training, list what to review, tell how they agree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskscore.errors import InputError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from riskscore.reviewing.picking import Ask
    from riskscore.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Analysts' labels: corrections that teach the next model.")


@app.command("export")
def export(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A .jsonl file.")],
    author: Annotated[str | None, typer.Option(help="Only articles that this name labelled last.")] = None,
) -> None:
    """Write a record of the training corpus for each labelled article; `training retrain` reads them."""
    from riskscore.commands.stores import opened_store
    from riskscore.reviewing.exporting import Export
    from riskscore.settings import load_settings
    from riskscore.store.labels import LabelFilter
    from riskscore.wire.encoding import encode_json

    if out.suffix != ".jsonl":
        raise InputError(f"{str(out)!r} must end in .jsonl")
    partial, count = out.with_name(out.name + ".partial"), 0
    with opened_store(load_settings()) as store, partial.open("wb") as file:
        exporting = Export(store, LabelFilter(author=author))
        for record in exporting.records():
            file.write(encode_json(record) + b"\n")
            count += 1
    partial.replace(out)
    typer.echo(f"wrote {count:,} labelled articles to {out}")
    for reason, left_out in sorted(exporting.left_out.items()):
        typer.echo(f"left out {left_out:,}: {reason}")


@app.command("queue")
def queue(
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most articles to show.")] = 20,
    author: Annotated[
        str | None, typer.Option(help="Whose queue: nothing of a story that this name has labelled.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="Id of the API key with which she labels.")] = None,
) -> None:
    """List the articles that are best worth an analyst's reading, and why."""
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.labels.label import Author
    from riskscore.reviewing.picking import pick
    from riskscore.settings import load_settings
    from riskscore.terminal.labels import queue_view

    settings = load_settings()
    with opened_store(settings) as store:
        name = author or trail_of(store, settings).actor.name
        picked = pick(store, Author(name, key), limit, _challenger(settings))
    if not picked:
        typer.echo("nothing to review: no stored article with its text is without a label")
        return
    _show(queue_view(picked))


@app.command("agreement")
def agreement(
    in_force: Annotated[
        bool, typer.Option("--in-force", help="Compare the labels in force, not each analyst's first.")
    ] = False,
) -> None:
    """Tell how far analysts agree: Cohen's kappa on the articles that both of two have labelled."""
    from riskscore.commands.stores import opened_store
    from riskscore.labels.agreement import agreements
    from riskscore.settings import load_settings
    from riskscore.store.labels import shared_labels
    from riskscore.terminal.labels import agreement_view

    with opened_store(load_settings()) as store, store.read() as connection:
        shared = shared_labels(connection, first=not in_force)
    if not shared:
        typer.echo("no article has been labelled by two analysts yet")
        return
    _show(agreement_view(agreements(shared)))


def _challenger(settings: Settings) -> Ask | None:
    """What the challenger on record says of an article; None without one."""
    from riskscore.assess import Assessor
    from riskscore.models.choice import recorded_choice
    from riskscore.reviewing.picking import asking

    choice = recorded_choice(settings.database_url)
    if choice is None or choice.challenger is None:
        return None
    return asking(Assessor.load(settings.model_dir, choice.challenger))


def _show(view: RenderableType) -> None:
    from rich.console import Console

    Console(highlight=False, markup=False, emoji=False).print(view)
