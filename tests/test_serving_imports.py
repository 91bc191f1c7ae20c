"""The serving side never drags in the training side: checked in a fresh process."""

from __future__ import annotations

import subprocess
import sys

# What only retraining, frames of data, a cluster or assistants need.
FORBIDDEN = ("sklearn", "scipy", "pandas", "joblib", "matplotlib", "dask", "training", "mcp")
SERVING = (
    "riskscore.assess",
    "riskscore.api.app",
    "riskscore.archive.run",
    "riskscore.cli",
    "riskscore.service",
    "riskscore.feeds.polling",
    "riskscore.worker",
)
SCRIPT = f"""
import importlib, sys
for name in {SERVING!r}:
    importlib.import_module(name)
from riskscore.assess import Assessor
from riskscore.types import Article
Assessor.load().assess(Article(title="Washington weighs new curbs on chip exports to China"))
print(sorted(name for name in {FORBIDDEN!r} if name in sys.modules))
"""


def test_serving_and_scoring_import_no_training_library() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
