"""Artifacts for the tests: the small one beside itself under other names, with other thresholds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from riskscore.artifact.gate import GateReport, RegimeGate, write_gate
from riskscore.artifact.model import model_identity
from riskscore.types import REGIMES


def place(source: Path, folder: Path, version: str, threshold: float) -> Path:
    """Copy the artifact "small" of `source` into `folder` as a version that flags from `threshold` on."""
    target = folder / version
    shutil.copytree(source / "small", target)
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    manifest["version"] = version
    manifest["thresholds"] = dict.fromkeys(REGIMES, threshold)
    (target / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return target


def judge(folder: Path, version: str, against: str | None, *, lost: bool = False) -> None:
    """Put a gate's report beside a version."""
    gate = RegimeGate(0.9, 0.95, -0.05, -0.08, -0.02) if lost else RegimeGate(0.95, 0.9, 0.05, 0.02, 0.08)
    if against is None:
        gate = RegimeGate(0.9)
    report = GateReport(
        version=version,
        identity=model_identity(folder, version),
        data="held-out.jsonl",
        items=100,
        regimes=dict.fromkeys(REGIMES, gate),
        against=against,
    )
    write_gate(folder / version, report)
