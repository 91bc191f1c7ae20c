"""Corpus and analysts' labels in, a challenger that passed the gate, or the reasons against it, out.

Every run leaves a line in `decisions.jsonl` beside the models, one that was refused too: then that line is
all that is left of it.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from riskscore.artifact.gate import GateReport
from riskscore.assess import Assessor
from riskscore.knowledge import load_knowledge
from riskscore.languages import CHINESE, ENGLISH
from riskscore.types import REGIMES
from training.card import model_card
from training.chinese import card_section, fit_chinese, for_manifest
from training.config import FitConfig
from training.corpus import Record, corpus_files, corpus_hash, read_records
from training.estimator import Progress
from training.evaluate import evaluate, labels
from training.feedback import Feedback, part_feedback, weighed
from training.fit import fit
from training.gate import champion_of, compare, run_gate
from training.publish import OtherHeads, PublishError, publish
from training.report import manifest_metrics

DECISIONS_FILE = "decisions.jsonl"
HELD_OUT = "held-out labels"
# Of a label beside an item of the corpus. What a fit of 13,000 items makes of some tens of labels is hardly
# to be seen at 1, and they are what the news of these analysts looks like.
FEEDBACK_WEIGHT = 3.0
LEAST_OF_EACH = 5  # held-out labels with a regime, and without, from which it is judged on them


class FeedbackError(ValueError):
    """There is nothing to learn from, or nothing to judge by."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a challenger, and what it was made from."""

    version: str
    decided_at: str  # ISO 8601, UTC
    passed: bool
    forced: bool  # published although it did not pass
    reasons: tuple[str, ...]  # against it
    against: str | None
    data: tuple[str, ...]  # the frozen sets
    labels: int
    trained: int  # of the labels
    held_out: int
    refused: tuple[str, ...]  # ids of labels that do neither: see `training.feedback.Feedback`
    labels_sha256: str
    corpus_sha256: str
    weight: float
    gate: dict[str, Any]

    @property
    def published(self) -> bool:
        """Whether it stands among the models now."""
        return self.passed or self.forced


def retrain(
    feedback: Path,
    frozen: Sequence[Path],
    model_dir: Path,
    version: str,
    *,
    corpus: Path,
    against: str | None = None,
    weight: float = FEEDBACK_WEIGHT,
    force: bool = False,
    measure: bool = True,
    config: FitConfig | None = None,
    progress: Progress = lambda step: None,
) -> Decision:
    """Fit on corpus and labels, judge against the champion, publish what passes.

    Parameters
    ----------
    feedback : Path
        Labels, as `riskscore labels export` writes them.
    frozen : sequence of Path
        Labelled sets on which models are judged; nothing near them is learnt from.
    corpus : Path
        Folder of the corpus.
    against : str, optional
        Version of the champion; the newest other one by default.
    weight : float
        Of a label beside 1 of an item of the corpus; a disputed one has half.
    force : bool
        Publish although the gate refuses; its report then says so, and promotion wants to be forced too.
    measure : bool
        Whether the card gets all figures, with their intervals: some minutes. Without, those of the gate are
        all that is known of the model.

    Raises
    ------
    FeedbackError, CorpusError
    PublishError
        The version stands already.
    """
    if (model_dir / version).exists():
        raise PublishError(f"{model_dir / version} stands already; choose another name")
    progress("reading")
    paths, knowledge = corpus_files(corpus), load_knowledge()
    everything = read_records(paths)
    sets = {path.name: _of(read_records([path]), ENGLISH.code) for path in frozen}
    given = read_records([feedback])
    _check(given, sets)
    parted = part_feedback(given, everything, [record for records in sets.values() for record in records])
    if not parted.train:
        raise FeedbackError(
            f"none of the {len(given)} labels may teach: they stand in a frozen set, or near one"
        )
    taught = weighed(parted.train, weight)
    english = [*_of(everything, ENGLISH.code), *_of(taught, ENGLISH.code)]
    fitted = fit(english, knowledge, config, progress)
    sources = [*paths, feedback]
    with tempfile.TemporaryDirectory() as staging:
        progress("compiling")
        publish(fitted, knowledge, sources, Path(staging), version, metrics={}, card="")
        challenger = Assessor.load(Path(staging), version, knowledge=knowledge)
        progress("judging")
        report = judged(challenger, sets, parted.held_out, model_dir, version, against)
        decision = _decision(report, given, parted, paths, feedback, frozen, weight, force)
        if not decision.published:
            record_decision(model_dir, decision)
            return decision
        evaluation = None
        if measure:
            progress("measuring")
            name, records = next(iter(sets.items()))
            evaluation = evaluate(challenger, records, name, {})
    others: dict[str, OtherHeads] = {}
    section = ""
    if chinese := [*_of(everything, CHINESE.code), *_of(taught, CHINESE.code)]:
        progress("Chinese")
        heads = fit_chinese(chinese, english, knowledge)
        section = card_section(heads)
        others[CHINESE.code] = for_manifest(heads)
    card = model_card(version, fitted, knowledge, evaluation, exposure=measure)
    card += "\n" + section + _card_section(decision)
    progress("publishing")
    publish(
        fitted,
        knowledge,
        sources,
        model_dir,
        version,
        metrics=manifest_metrics(evaluation) if evaluation else {},
        card=card,
        others=others,
        gate=report,
    )
    record_decision(model_dir, decision)
    return decision


def judged(
    challenger: Assessor,
    frozen: Mapping[str, Sequence[Record]],
    held_out: Sequence[Record],
    model_dir: Path,
    version: str,
    against: str | None = None,
) -> GateReport:
    """The gate's report: on the first frozen set, and beside it on the others and on the held-out labels."""
    champion, note = champion_of(model_dir, version, against)
    (name, records), *more = frozen.items()
    report = run_gate(challenger, champion, records, name)
    further = {other: compare(challenger, champion, its) for other, its in more}
    if on_labels := compare(challenger, champion, held_out, LEAST_OF_EACH):
        further[f"{len(held_out)} {HELD_OUT}"] = on_labels
    return replace(report, note=note, further=further)


def record_decision(model_dir: Path, decision: Decision) -> None:
    """Add a line to the record of decisions."""
    model_dir.mkdir(parents=True, exist_ok=True)
    line = json.dumps(asdict(decision), ensure_ascii=False, sort_keys=True)
    with (model_dir / DECISIONS_FILE).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def _of(records: Sequence[Record], language: str) -> list[Record]:
    return [record for record in records if record.lang == language]


def _check(given: Sequence[Record], frozen: Mapping[str, Sequence[Record]]) -> None:
    if not given:
        raise FeedbackError("there are no labels: riskscore labels export OUT writes those of the database")
    if not frozen:
        raise FeedbackError("give a frozen set to judge by")
    for name, records in frozen.items():
        for regime in REGIMES:
            positive = int(labels(records, regime).sum())
            if not 0 < positive < len(records):
                raise FeedbackError(
                    f"{name} judges nothing: {positive} of its {len(records)} items have {regime}"
                )


def _reasons(report: GateReport) -> tuple[str, ...]:
    lost = tuple(f"lost on {loss}" for loss in report.losses)
    return (*lost, *([f"compared nothing: {report.note}"] if report.note is not None else []))


def _decision(
    report: GateReport,
    given: Sequence[Record],
    parted: Feedback,
    paths: Sequence[Path],
    feedback: Path,
    frozen: Sequence[Path],
    weight: float,
    force: bool,
) -> Decision:
    reasons = _reasons(report)
    return Decision(
        version=report.version,
        decided_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        passed=not reasons,
        forced=bool(reasons) and force,
        reasons=reasons,
        against=report.against,
        data=tuple(path.name for path in frozen),
        labels=len(given),
        trained=len(parted.train),
        held_out=len(parted.held_out),
        refused=tuple(record.id for record in parted.refused),
        labels_sha256=hashlib.sha256(feedback.read_bytes()).hexdigest(),
        corpus_sha256=corpus_hash(paths),
        weight=weight,
        gate=report.as_json(),
    )


def _card_section(decision: Decision) -> str:
    return (
        "\n## Analysts' labels\n\n"
        f"Beside the corpus, {decision.trained} labels of analysts taught this model (weight "
        f"{decision.weight:g} each, half where readers differ); {decision.held_out} judged it, and "
        f"{len(decision.refused)} did neither, since they stand in a frozen set or near an item of one. "
        f"Compared with {decision.against or 'no other model'} before it was published: `gate.json`.\n"
    )
