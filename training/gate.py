"""Two models and labelled records in, the gate's report out (`riskscore.artifact.gate`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sklearn.metrics import average_precision_score

from riskscore.artifact.gate import GateReport, RegimeGate
from riskscore.artifact.model import available_versions
from riskscore.assess import Assessor
from riskscore.errors import RiskscoreError
from riskscore.types import REGIMES, Regime
from training.corpus import Record
from training.evaluate import labels, predict
from training.metrics import ap_difference


def run_gate(
    challenger: Assessor, champion: Assessor | None, records: Sequence[Record], data: str
) -> GateReport:
    """Compare how two models rank the same records.

    Parameters
    ----------
    champion : Assessor or None
        None for the first model, which nothing is lost against.
    data : str
        What to call the records.
    """
    return GateReport(
        version=challenger.model.version,
        identity=challenger.model.identity,
        data=data,
        items=len(records),
        regimes=compare(challenger, champion, records),
        against=None if champion is None else champion.model.version,
    )


def compare(
    challenger: Assessor, champion: Assessor | None, records: Sequence[Record], least: int = 0
) -> dict[Regime, RegimeGate]:
    """How two models rank the same records, regime by regime; paired bootstrap.

    Parameters
    ----------
    least : int
        A regime that fewer records have, or have not, is left out: from a handful, resampling gives an
        interval that is too narrow.
    """
    ours = predict(challenger, records)
    theirs = None if champion is None else predict(champion, records)
    found: dict[Regime, RegimeGate] = {}
    for regime in REGIMES:
        y = labels(records, regime)
        if min(int(y.sum()), len(y) - int(y.sum())) < least:
            continue
        own = float(average_precision_score(y, ours.probability(regime)))
        if theirs is None:
            found[regime] = RegimeGate(round(own, 6))
            continue
        before = float(average_precision_score(y, theirs.probability(regime)))
        difference = ap_difference(y, ours.probability(regime), theirs.probability(regime), seed=0)
        values = (own, before, difference.value, difference.low, difference.high)
        found[regime] = RegimeGate(*(round(value, 6) for value in values))
    return found


def champion_of(
    model_dir: Path, version: str, against: str | None = None
) -> tuple[Assessor | None, str | None]:
    """The model to compare a version with, or why there is none.

    Parameters
    ----------
    against : str, optional
        Its version; the newest other one by default.
    """
    others = [name for name in available_versions(model_dir) if name != version]
    if against is None and not others:
        return None, None
    name = against or others[-1]
    try:
        return Assessor.load(model_dir, name), None
    except RiskscoreError as fault:  # a champion of another lexicon cannot be served by this code
        return None, f"{name} cannot be loaded ({fault})"
