"""Archives of articles in, scored archives and a report on them out; see `run.score_archive`."""

from __future__ import annotations

from riskscore.archive.columns import Columns
from riskscore.archive.run import Result, score_archive

__all__ = ["Columns", "Result", "score_archive"]
