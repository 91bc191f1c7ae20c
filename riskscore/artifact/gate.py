"""`gate.json` beside an artifact: how its ranking compared with another model's before it was published.

``python -m training fit … --data`` and ``python -m training gate`` write it; `riskscore model promote` asks
for it. It names the artifact by its identity, which holds its hashes, so that it cannot speak for another.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from riskscore.errors import ArtifactMismatchError
from riskscore.types import REGIMES, Regime

GATE_FILE = "gate.json"


@dataclass(frozen=True, slots=True)
class RegimeGate:
    """Average precision, 0-1, on one regime; the difference is the new model's less the other's."""

    ours: float
    theirs: float | None = None  # None: there was no other model
    difference: float | None = None
    low: float | None = None  # 95 % interval of the difference, paired bootstrap
    high: float | None = None

    @property
    def lost(self) -> bool:
        """Whether the new model ranks surely worse."""
        return self.high is not None and self.high < 0


@dataclass(frozen=True, slots=True)
class GateReport:
    """The comparison of two models on the same labelled items.

    Attributes
    ----------
    against : str or None
        Version that the model was compared with; None for the first one.
    note : str or None
        Why there was no comparison.
    further : mapping of str to mapping of Regime to RegimeGate
        The same on further items, by what they are called: a loss there counts too. A regime on which too
        few of them differ is left out.
    """

    version: str
    identity: str
    data: str
    items: int
    regimes: Mapping[Regime, RegimeGate]
    against: str | None = None
    note: str | None = None
    further: Mapping[str, Mapping[Regime, RegimeGate]] = field(default_factory=dict)

    @property
    def losses(self) -> tuple[str, ...]:
        """The regimes lost, in words; empty where the gate is passed."""
        return tuple(
            f"{regime}{place}: average precision {one.difference:+.3f} [{one.low:+.3f}, {one.high:+.3f}] "
            f"against {self.against}"
            for place, regimes in self.by_place()
            for regime, one in regimes.items()
            if one.lost
        )

    def by_place(self) -> Iterator[tuple[str, Mapping[Regime, RegimeGate]]]:
        """Every comparison, with the words that name its items: none for the first."""
        yield "", self.regimes
        for name, regimes in self.further.items():
            yield f" on {name}", regimes

    def as_json(self) -> dict[str, Any]:
        """Plain JSON; `gate_report` reads it again."""
        return {**asdict(self), "losses": list(self.losses)}


def write_gate(folder: Path, report: GateReport) -> None:
    """Put the report beside the artifact in `folder`."""
    text = json.dumps(report.as_json(), indent=1, ensure_ascii=False, sort_keys=True)
    (folder / GATE_FILE).write_text(text + "\n", encoding="utf-8")


def read_gate(folder: Path) -> GateReport | None:
    """The report of the artifact in `folder`; None where the gate was never run.

    Raises
    ------
    ArtifactMismatchError
        The file holds no report.
    """
    path = folder / GATE_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as fault:
        raise ArtifactMismatchError(f"{path} is not JSON: {fault}") from fault
    return gate_report(content, str(path))


def gate_report(content: Any, path: str) -> GateReport:
    """The report in decoded JSON; errors, which name `path`, as of `read_gate`."""
    try:
        regimes = {regime: RegimeGate(**content["regimes"][regime]) for regime in REGIMES}
        further = {
            str(name): {regime: RegimeGate(**found[regime]) for regime in REGIMES if regime in found}
            for name, found in content.get("further", {}).items()
        }
        return GateReport(
            version=str(content["version"]),
            identity=str(content["identity"]),
            data=str(content["data"]),
            items=int(content["items"]),
            regimes=regimes,
            against=content.get("against"),
            note=content.get("note"),
            further=further,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise ArtifactMismatchError(f"{path} is no gate's report: {fault!r}") from fault
