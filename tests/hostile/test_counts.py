"""docs/security.md counts the hostile requests as they are."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tests.hostile.cases import hostile_cases

_PAGE = Path(__file__).parents[2] / "docs" / "security.md"


def test_the_page_counts_what_is_sent() -> None:
    page = _PAGE.read_text(encoding="utf-8")
    counted = Counter(case.kind for case in hostile_cases())
    table = page.partition("| class | cases |")[2].partition("\n\n")[0]
    told = {
        name: int(number) for name, number in re.findall(r"^\| ([^|]+) \| (\d+) \|$", table, re.MULTILINE)
    }
    assert told.pop("together") == counted.total()
    assert told == counted
    assert f"{counted.total()} hostile requests" in page


def test_every_test_that_the_page_names_is_there() -> None:
    page = _PAGE.read_text(encoding="utf-8")
    for name in re.findall(r"`(tests/[\w/.]+)`", page):
        assert (_PAGE.parents[1] / name).exists(), name
