"""`riskscore model list|status|promote|rollback|shadow|drift`: models put in force, and how they do there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

    from riskscore.store.model_choices import ModelChoice

ReasonOption = Annotated[str, typer.Option(help="Why; stays on record with your name.")]


def list_models() -> None:
    """List the artifacts: which answers, which fit this code, what the gate said of each."""
    from riskscore.artifact.gate import read_gate
    from riskscore.artifact.model import available_versions, default_model_dir
    from riskscore.errors import ArtifactError
    from riskscore.knowledge import load_knowledge
    from riskscore.models.choice import recorded_choice, wanted_of
    from riskscore.models.examination import unfit
    from riskscore.settings import load_settings
    from riskscore.terminal.production import Listed, models_view

    settings = load_settings()
    folder = settings.model_dir or default_model_dir()
    wanted = wanted_of(settings.model_dir, settings.model_version, recorded_choice(settings.database_url))
    knowledge = load_knowledge()
    listed = []
    for version in reversed(available_versions(folder)):
        fault, gate = unfit(settings.model_dir, version, knowledge), None
        try:
            gate = read_gate(folder / version)
        except ArtifactError as error:
            fault = fault or str(error)
        roles = {wanted.version: "default", wanted.challenger: "challenger"}
        listed.append(Listed(version, roles.get(version, ""), fault, gate))
    _show(models_view(listed))


def status() -> None:
    """Tell what answers, since when, who said so and why; how the challenger and the scores do."""
    from riskscore.commands.stores import opened_store
    from riskscore.drift.evaluation import DriftPolicy, evaluate
    from riskscore.drift.reference import stored_reference
    from riskscore.models.choice import wanted_of
    from riskscore.models.comparison import Pair
    from riskscore.settings import load_settings
    from riskscore.store.model_choices import list_choices
    from riskscore.store.shadow import comparisons_of
    from riskscore.store.times import utc_now
    from riskscore.terminal.production import status_view

    settings = load_settings()
    policy, now = DriftPolicy.of(settings), utc_now()
    with opened_store(settings) as store, store.read() as connection:
        choices = list_choices(connection, 10)
        wanted = wanted_of(settings.model_dir, settings.model_version, choices[0] if choices else None)
        pair = None if wanted.challenger is None else Pair(wanted.version, wanted.challenger)
        found = {} if pair is None else comparisons_of(connection, pair, now - policy.window)
        drifts = evaluate(connection, policy, lambda heads: stored_reference(settings.model_dir, heads), now)
    own = {heads: sources for heads, sources in drifts.items() if heads.model_version == wanted.version}
    _show(status_view(wanted, choices, pair, found, own, policy))


def promote(
    version: Annotated[str, typer.Argument(help="Version to put in force.")],
    reason: ReasonOption,
    force: Annotated[
        bool, typer.Option("--force", help="Although the gate objects; the objections are recorded too.")
    ] = False,
) -> None:
    """Put a version in force: check its files, ask for the gate's report, record who, when and why.

    Servers on the database follow within seconds (`model_poll_s`), and drop no request.
    """
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.knowledge import load_knowledge
    from riskscore.models.choice import wanted_of
    from riskscore.models.examination import examine
    from riskscore.models.promotion import promote as put_in_force
    from riskscore.settings import load_settings
    from riskscore.store.model_choices import newest_choice
    from riskscore.store.times import utc_now
    from riskscore.terminal.production import choice_view, examination_view

    settings = load_settings()
    with opened_store(settings) as store:
        with store.read() as connection:
            before = newest_choice(connection)
        in_force = _in_force(settings.model_dir, before)
        examined = examine(settings.model_dir, version, in_force, load_knowledge())
        _show(examination_view(examined))
        trail = trail_of(store, settings)
        choice = put_in_force(
            store, examined, reason=reason, by=trail.actor.name, at=utc_now(), force=force, trail=trail
        )
        wanted = wanted_of(settings.model_dir, settings.model_version, choice)
    _show(choice_view(choice))
    _warn_if_pinned(wanted.chosen_by, settings.model_version)


def rollback(reason: ReasonOption) -> None:
    """Go back to the version that answered before the last promotion; once more, one further back."""
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.models.choice import wanted_of
    from riskscore.models.promotion import rollback as go_back
    from riskscore.settings import load_settings
    from riskscore.store.times import utc_now
    from riskscore.terminal.production import choice_view

    settings = load_settings()
    with opened_store(settings) as store:
        trail = trail_of(store, settings)
        choice = go_back(
            store, settings.model_dir, reason=reason, by=trail.actor.name, at=utc_now(), trail=trail
        )
        wanted = wanted_of(settings.model_dir, settings.model_version, choice)
    _show(choice_view(choice))
    _warn_if_pinned(wanted.chosen_by, settings.model_version)


def shadow(
    version: Annotated[str | None, typer.Argument(help="The challenger; none with --off.")] = None,
    share: Annotated[float, typer.Option(min=0.0, max=1.0, help="Of the articles that it scores too.")] = 0.1,
    off: Annotated[bool, typer.Option("--off", help="End shadow scoring.")] = False,
    reason: ReasonOption = "shadow scoring",
) -> None:
    """Have a challenger score a share of what is answered; only counts of how far it agrees are kept."""
    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.errors import InputError
    from riskscore.models.promotion import set_shadow
    from riskscore.settings import load_settings
    from riskscore.store.times import utc_now
    from riskscore.terminal.production import choice_view

    if off == (version is not None):
        raise InputError("give the version of a challenger, or --off")
    settings = load_settings()
    with opened_store(settings) as store:
        trail = trail_of(store, settings)
        choice = set_shadow(
            store,
            settings.model_dir,
            version,
            share,
            reason=reason,
            by=trail.actor.name,
            at=utc_now(),
            pinned=settings.model_version,
            trail=trail,
        )
    _show(choice_view(choice))


def drift(
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Take this window as what later scores are compared with.")
    ] = False,
    version: Annotated[str | None, typer.Option(help="Model version; the one in force by default.")] = None,
    hours: Annotated[
        int | None, typer.Option(min=1, help="Up to now; the setting drift_window_h by default.")
    ] = None,
) -> None:
    """Tell how far a model's scores have moved from the reference, source by source; from counts alone."""
    from dataclasses import replace
    from datetime import timedelta

    from riskscore.commands.stores import opened_store, trail_of
    from riskscore.drift.evaluation import DriftPolicy, adopt_window, evaluate
    from riskscore.drift.reference import stored_reference
    from riskscore.models.choice import version_in_force
    from riskscore.settings import load_settings
    from riskscore.store.times import utc_now
    from riskscore.terminal.production import drift_view

    settings = load_settings()
    policy, now = DriftPolicy.of(settings), utc_now()
    if hours is not None:
        policy = replace(policy, window=timedelta(hours=hours))
    wanted = version or version_in_force(settings)
    with opened_store(settings) as store:
        if adopt:
            trail = trail_of(store, settings)
            adopted = store.in_transaction(
                lambda connection: adopt_window(
                    connection, policy, wanted, by=trail.actor.name, at=now, trail=trail
                )
            )
            typer.echo(f"taken as the reference of model {wanted}: {adopted}")
        with store.read() as connection:
            found = evaluate(
                connection, policy, lambda heads: stored_reference(settings.model_dir, heads), now
            )
    own = {heads: sources for heads, sources in found.items() if heads.model_version == wanted}
    _show(drift_view(wanted, own, policy))


def _in_force(model_dir: Path | None, before: ModelChoice | None) -> str:
    """The version on record; where it is gone or another now, a promotion is the remedy, not impossible."""
    from riskscore.models.choice import wanted_of

    return before.version if before is not None else wanted_of(model_dir, None, None).version


def _warn_if_pinned(chosen_by: str, pinned: str | None) -> None:
    if chosen_by == "setting":
        typer.secho(
            f"RISKSCORE_MODEL_VERSION={pinned} wins over it wherever it is set, as it is here", fg="yellow"
        )


def _show(view: RenderableType) -> None:
    from rich.console import Console

    Console(highlight=False, markup=False, emoji=False).print(view)
