"""`riskscore model`: the model's card in short, and thresholds by what people can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from riskscore.artifact.capacity import DEFAULT_BASE_RATE, curves, plan
from riskscore.commands import production

if TYPE_CHECKING:
    from riskscore.artifact.model import Model

app = typer.Typer(
    help="The models: what answers and why, how well it does, what to put in force, thresholds by capacity."
)


@app.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    card: Annotated[bool, typer.Option("--card", help="Print the whole model card (Markdown).")] = False,
) -> None:
    """Show the model's version, thresholds and measured figures."""
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console

    from riskscore.terminal.model import model_view

    model = _model(context)
    if card:
        typer.echo(model.card, nl=False)
        return
    Console(highlight=False, markup=False, emoji=False).print(model_view(model))


@app.command("capacity")
def capacity(
    context: typer.Context,
    reviews_per_week: Annotated[float, typer.Option(help="Items that you can read in a week, per regime.")],
    items_per_week: Annotated[float, typer.Option(help="Items that come in in a week.")],
    base_rate: Annotated[
        float, typer.Option(help="Share of your items, per regime, that are truly positive.")
    ] = DEFAULT_BASE_RATE,
) -> None:
    """Find the threshold whose flagged items you can all read, and what it finds and misses.

    Reckoned from recall and false alarms on held-out items of the training corpus, whose negatives are
    mostly near misses: an ordinary feed gives fewer false alarms.
    """
    from rich.console import Console

    from riskscore.terminal.model import capacity_view

    plans = {
        regime: plan(curve, items=items_per_week, reviews=reviews_per_week, base_rate=base_rate)
        for regime, curve in curves(_model(context).manifest).items()
    }
    Console(highlight=False, markup=False, emoji=False).print(capacity_view(plans))


app.command("list")(production.list_models)
app.command("status")(production.status)
app.command("promote")(production.promote)
app.command("rollback")(production.rollback)
app.command("shadow")(production.shadow)
app.command("drift")(production.drift)


def _model(context: typer.Context) -> Model:
    """The model of the assessor that an embedding program put into the context, or the settings' own."""
    from riskscore.artifact.model import load_model
    from riskscore.models.choice import version_in_force
    from riskscore.settings import load_settings

    if context.obj is not None:
        model: Model = context.obj.model
        return model
    settings = load_settings()
    return load_model(settings.model_dir, version_in_force(settings))
