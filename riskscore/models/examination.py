"""An artifact in, what is to be known of it before it answers out: is it sound, what does the gate say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from riskscore.artifact.gate import GateReport, read_gate
from riskscore.artifact.model import check_files, default_model_dir, load_model, short_identity
from riskscore.errors import ArtifactError, ArtifactMismatchError
from riskscore.languages import CHINESE
from riskscore.types import REGIMES, Article

if TYPE_CHECKING:
    from riskscore.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Examination:
    """What is to be known of an artifact before it answers."""

    version: str
    identity: str  # see `Model.identity`
    against: str  # that answers now
    report: GateReport | None
    objections: tuple[str, ...]  # against promoting it; can be overruled


def examine(model_dir: Path | None, version: str, in_force: str, knowledge: Knowledge) -> Examination:
    """Check an artifact's files, load it, have it score the shipped example, and read its gate's report.

    Raises
    ------
    ArtifactError
        It cannot be loaded by this code, and so not be promoted either.
    """
    from riskscore.assess import Assessor
    from riskscore.examples import example_request

    check_files(model_dir, version)
    assessor = Assessor.load(model_dir, version, knowledge=knowledge)
    example = example_request()
    scored = assessor.assess(_article(example))
    values = [scored.regimes[regime].decision_value for regime in REGIMES if regime in scored.regimes]
    if len(values) < len(REGIMES) or not all(map(math.isfinite, values)):
        raise ArtifactMismatchError(f"model {version} does not score the shipped example")
    identity = assessor.model.identity
    report = read_gate((model_dir or default_model_dir()) / version)
    return Examination(
        version, identity, in_force, report, tuple(_objections(report, identity, version, in_force))
    )


def unfit(model_dir: Path | None, version: str, knowledge: Knowledge) -> str | None:
    """Why this code cannot serve an artifact; None where it can."""
    others = {CHINESE.code: knowledge.chinese_lexical_hash}
    try:
        check_files(model_dir, version)
        load_model(model_dir, version, lexical_hash=knowledge.lexical_hash, other_lexical_hashes=others)
    except ArtifactError as fault:
        return str(fault)
    return None


def _article(example: dict[str, object]) -> Article:
    return Article(title=str(example.get("title") or ""), text=str(example.get("text") or ""))


def _objections(report: GateReport | None, identity: str, version: str, in_force: str) -> Sequence[str]:
    against = "" if version == in_force else f" --against {in_force}"
    again = f"run: python -m training gate {version} --data FILE{against}"
    if report is None:
        return [f"the gate was never run on {version}; {again}"]
    if report.identity != identity:
        return [f"the gate's report is of another model ({short_identity(report.identity)}); {again}"]
    found = [f"gate lost on {loss}" for loss in report.losses]
    if report.note is not None:
        found.append(f"the gate compared nothing: {report.note}")
    elif report.against != in_force and version != in_force:
        found.append(
            f"the gate compared it with {report.against or 'no other model'}, not {in_force}; {again}"
        )
    return found
