"""The gate's report: what it compares, what a loss is, and that it goes with its artifact."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from riskscore.artifact.gate import GATE_FILE, GateReport, RegimeGate, read_gate, write_gate
from riskscore.artifact.model import artifact_manifest, model_identity
from riskscore.assess import Assessor
from riskscore.drift.reference import reference_of
from riskscore.knowledge import load_knowledge
from riskscore.types import REGIMES
from tests.models.artifacts import place
from training.cli import app
from training.corpus import corpus_files, read_records
from training.fit import FittedModel
from training.gate import champion_of, run_gate
from training.publish import publish

RECORDS = [record for record in read_records(corpus_files()) if record.lang == "en"][::60]


def test_a_model_neither_beats_nor_loses_against_itself(small_assessor: Assessor) -> None:
    report = run_gate(small_assessor, small_assessor, RECORDS, "corpus")
    assert report.losses == ()
    assert (report.against, report.items) == ("small", len(RECORDS))
    for regime in REGIMES:
        one = report.regimes[regime]
        assert (one.difference, one.low, one.high) == (0.0, 0.0, 0.0)
        assert one.ours == one.theirs


def test_a_loss_is_an_interval_wholly_below_zero() -> None:
    lost, held = RegimeGate(0.8, 0.9, -0.1, -0.2, -0.01), RegimeGate(0.8, 0.9, -0.1, -0.2, 0.01)
    report = GateReport("v2", "v2 a b", "data", 9, {"chips": lost, "cloud_data": held,
                                                    "outbound_investment": held}, against="v1")  # fmt: skip
    assert report.losses == ("chips: average precision -0.100 [-0.200, -0.010] against v1",)


def test_the_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    report = GateReport("v1", "v1 a b", "data", 9, dict.fromkeys(REGIMES, RegimeGate(0.9)))
    write_gate(tmp_path, report)
    assert read_gate(tmp_path) == report
    assert read_gate(tmp_path / "elsewhere") is None


def test_the_command_writes_the_report_beside_the_artifact(small_model_dir: Path, tmp_path: Path) -> None:
    for version in ("v1", "v2"):
        place(small_model_dir, tmp_path, version, 0.5)
    assert champion_of(tmp_path, "v1", "v9")[1] is not None
    data = str(corpus_files()[0])
    done = CliRunner().invoke(app, ["gate", "v1", "--data", data, "--model-dir", str(tmp_path)])
    assert done.exit_code == 0, done.output
    report = read_gate(tmp_path / "v1")
    assert report is not None
    assert (report.against, report.identity) == ("v2", model_identity(tmp_path, "v1"))


def test_publishing_keeps_the_report_and_held_out_histograms(
    small_fit: FittedModel, small_model_dir: Path, tmp_path: Path
) -> None:
    report = GateReport("v1", "of the staged one", "data", 9, dict.fromkeys(REGIMES, RegimeGate(0.9)))
    folder = publish(
        small_fit, load_knowledge(), corpus_files(), tmp_path, "v1", metrics={}, card="", gate=report
    )
    kept = read_gate(folder)
    assert kept is not None
    assert kept.identity == model_identity(tmp_path, "v1")
    assert (folder / GATE_FILE).exists()
    reference = reference_of(artifact_manifest(tmp_path, "v1"), "en")
    assert reference is not None
    for regime in REGIMES:
        assert sum(reference.bins[regime]) == reference.items == len(small_fit.records)
