"""A pandas frame of articles goes in, and its scores come out under the same index."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

import riskscore
from riskscore.archive import Columns
from riskscore.assess import Assessor
from riskscore.errors import InputError
from riskscore.types import Article

TEXT = "The U.S. Commerce Department told Nvidia that exports of H20 chips to China need a licence."


def test_rows_come_back_scored_under_their_index(small_assessor: Assessor) -> None:
    frame = pd.DataFrame(
        {
            "headline": ["Chips", None, "Date"],
            "body": [TEXT, float("nan"), TEXT],
            "pub_date": [pd.Timestamp("2025-03-01"), pd.NaT, "no date"],
        },
        index=[30, 10, 20],
    )
    scored = riskscore.score_frame(frame, assessor=small_assessor)
    assert list(scored.index) == [30, 10, 20]
    expected = small_assessor.assess(Article(title="Chips", text=TEXT))
    assert scored.loc[30, "score"] == expected.score
    assert scored.loc[30, "companies"] == ["nvidia"]
    assert pd.isna(scored.loc[30, "error"])
    assert "no title, text or html" in scored.loc[10, "error"]
    assert "'no date' is no ISO" in scored.loc[20, "error"]


def test_other_names_and_reasons(small_assessor: Assessor) -> None:
    frame = pd.DataFrame({"a": ["Chips"], "b": [TEXT]})
    with pytest.raises(InputError, match="found no column"):
        riskscore.score_frame(frame, assessor=small_assessor)
    scored = riskscore.score_frame(
        frame, columns=Columns(title="a", text="b"), rationale=True, assessor=small_assessor
    )
    assert scored.loc[0, "rationale"]["chips"]["contributions"]


def test_importing_riskscore_does_not_import_pandas() -> None:
    code = "import sys, riskscore; assert 'pandas' not in sys.modules and 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
