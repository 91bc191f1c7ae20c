"""Models in production in, what a person reads in a terminal out (rich renderables)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from riskscore.artifact.gate import GateReport
from riskscore.artifact.model import short_identity
from riskscore.drift.counts import ALL_SOURCES, HeadSet
from riskscore.drift.evaluation import DriftPolicy
from riskscore.drift.figures import SourceDrift, missing
from riskscore.harmless import harmless
from riskscore.models.choice import Wanted
from riskscore.models.comparison import WHOLE, Comparison, Pair
from riskscore.models.examination import Examination
from riskscore.store.model_choices import ModelChoice
from riskscore.types import REGIMES, Regime

_CHOSEN_BY = {
    "setting": "the setting RISKSCORE_MODEL_VERSION says so",
    "record": "on record",
    "newest": "the newest by name; nobody has promoted any yet",
}
_NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Listed:
    """An artifact in the model folder."""

    version: str
    role: str  # "default", "challenger" or ""
    fault: str | None  # why this code cannot serve it
    gate: GateReport | None


def models_view(models: Sequence[Listed]) -> RenderableType:
    """One row for an artifact."""
    table = Table("Version", "Role", "Gate", "Fits this code", box=None, pad_edge=False)
    for one in models:
        fits = "yes" if one.fault is None else harmless(one.fault)
        table.add_row(one.version, one.role, _verdict(one.gate), Text(fits))
    return table


def _verdict(gate: GateReport | None) -> str:
    if gate is None:
        return "never run"
    if gate.note is not None:
        return "nothing compared"
    against = gate.against or "no other model"
    return f"lost against {against}" if gate.losses else f"passed against {against}"


def examination_view(examined: Examination) -> RenderableType:
    """The report on an artifact that is to be promoted."""
    parts: list[RenderableType] = [
        Text.assemble(("Model ", "bold"), (examined.version, "bold")),
        Text(f"Files, features and lexicon are sound; {short_identity(examined.identity)}."),
    ]
    if examined.report is not None:
        parts += [Text(""), gate_view(examined.report)]
    parts += [Text(f"objection: {harmless(one)}", style="red") for one in examined.objections]
    return Group(*parts, Text(""))


def gate_view(report: GateReport) -> RenderableType:
    """Average precision of the new model and the other, regime by regime."""
    other = report.against or "no other model"
    table = Table(
        *("Average precision", report.version, other, "Difference (95 %)", ""),
        title=f"Gate: {report.items:,} items of {harmless(report.data)}",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for place, regimes in report.by_place():
        for regime, one in regimes.items():
            span = _NOTHING
            if one.difference is not None:
                span = f"{one.difference:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"
            verdict = "lost" if one.lost else "" if one.theirs is None else "held"
            theirs = _NOTHING if one.theirs is None else f"{one.theirs:.3f}"
            table.add_row(regime + harmless(place), f"{one.ours:.3f}", theirs, span, verdict)
    return table


def choice_view(choice: ModelChoice) -> RenderableType:
    """What was decided."""
    if choice.action == "shadow":
        challenger = f"{choice.challenger} scores {choice.challenger_share:.0%} beside it"
        said = f"Model {choice.version} answers; {challenger if choice.challenger else 'no challenger'}."
    else:
        verb = "promoted" if choice.action == "promote" else "rolled back"
        said = f"Model {choice.version} answers from now on ({verb}; before: {choice.previous or 'none'})."
    forced = " The gate's objections were overruled." if choice.forced else ""
    return Group(Text(said + forced, style="bold"), Text(_signed(choice), style="dim"))


def _signed(choice: ModelChoice) -> str:
    return f"{choice.decided_at:%Y-%m-%d %H:%M} UTC, {harmless(choice.decided_by)}: {harmless(choice.reason)}"


def status_view(
    wanted: Wanted,
    choices: Sequence[ModelChoice],
    pair: Pair | None,
    comparisons: Mapping[str, Comparison],
    drifts: Mapping[HeadSet, Sequence[SourceDrift]],
    policy: DriftPolicy,
) -> RenderableType:
    """What answers and how it does."""
    parts: list[RenderableType] = [
        Text.assemble(
            ("Model ", "bold"), (wanted.version, "bold"), f" answers: {_CHOSEN_BY[wanted.chosen_by]}."
        )
    ]
    if choices:
        table = Table(
            *("When (UTC)", "What", "Version", "By", "Why"),
            title="Choices, newest first",
            title_justify="left",
            box=None,
            pad_edge=False,
        )
        for choice in choices:
            version = choice.challenger if choice.action == "shadow" else choice.version
            forced = " (forced)" if choice.forced else ""
            table.add_row(
                f"{choice.decided_at:%Y-%m-%d %H:%M}",
                choice.action + forced,
                version or "off",
                Text(harmless(choice.decided_by)),
                Text(harmless(choice.reason)),
            )
        parts += [Text(""), table]
    if pair is not None:
        parts += [Text(""), shadow_view(pair, wanted.share, comparisons)]
    return Group(*parts, Text(""), drift_view(wanted.version, drifts, policy))


def shadow_view(pair: Pair, share: float, found: Mapping[str, Comparison]) -> RenderableType:
    """How far a challenger agrees."""
    whole = found.get(WHOLE, Comparison())
    table = Table(
        *("", "Compared", "Agreement", "Mean difference", "Flags more", "Flags less"),
        title=f"Challenger {pair.challenger}, {share:.0%} of the articles; dropped {whole.dropped:,}, "
        f"failed {whole.failed:,}",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for name in (WHOLE, *REGIMES):
        one = found.get(name, Comparison())
        table.add_row(
            "article" if name == WHOLE else name,
            f"{one.compared:,}",
            _percent(one.agreement),
            _NOTHING if one.mean_difference is None else f"{one.mean_difference:.2f}",
            f"{one.flagged_more:,}",
            f"{one.flagged_less:,}",
        )
    return table


def drift_view(
    version: str, drifts: Mapping[HeadSet, Sequence[SourceDrift]], policy: DriftPolicy
) -> RenderableType:
    """Source by source, how far scores have moved."""
    days = policy.window.total_seconds() / 86_400
    if not drifts:
        return Text(f"Model {version} scored nothing within {days:g} days.")
    parts: list[RenderableType] = []
    for heads, sources in drifts.items():
        table = Table(
            *("Source", "Articles", "Abstained", "Unknown words"),
            *REGIMES,
            title=f"Drift of {heads.model_version} ({heads.language}) over {days:g} days: by regime, the "
            "stability index (PSI) and the share flagged",
            title_justify="left",
            box=None,
            pad_edge=False,
        )
        for one in sources:
            table.add_row(
                Text("all" if one.source == ALL_SOURCES else harmless(one.source) or "(none named)"),
                f"{one.items:,}",
                _percent(one.abstention_rate),
                _percent(one.unknown_word_share),
                *(_index(one, regime, policy) for regime in REGIMES),
            )
        parts.append(table)
        if (message := missing(heads, sources, policy.min_items)) is not None:
            parts.append(Text(message, style="yellow"))
    return Group(*parts)


def _index(found: SourceDrift, regime: Regime, policy: DriftPolicy) -> Text:
    index = found.psi[regime]
    told = _NOTHING if index is None else f"{index:.2f}"
    passed = index is not None and index >= policy.psi_limit
    return Text(f"{told}, {_percent(found.label_rates[regime])}", style="red" if passed else "")


def _percent(share: float | None) -> str:
    return _NOTHING if share is None else f"{share:.1%}"
