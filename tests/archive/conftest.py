"""Articles of an archive, and the files that hold them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Row = dict[str, Any]

_STORIES = (
    (
        "Quellmark halts leases of H20 servers",
        "Quellmark said the U.S. Commerce Department told it that exports of H20 chips to China need a "
        "licence. Nvidia fell.",
    ),
    (
        "Treasury rule on outbound investment",
        "The U.S. Treasury said a final rule bars American investors from funding Chinese artificial "
        "intelligence firms.",
    ),
    (
        "Data rules for cloud providers",
        "China tightened rules on the export of data by cloud providers on Monday.",
    ),
    (
        "A quiet day",
        "The town council opened a new library and the mayor thanked the builders for their work.",
    ),
)


def articles(count: int) -> list[Row]:
    """Articles, each different."""
    return [
        {
            "id": f"a-{number}",
            "title": _STORIES[number % len(_STORIES)][0],
            "text": f"{_STORIES[number % len(_STORIES)][1]} This is report number {number}, of many like it.",
            "published_at": f"2025-{1 + number % 12:02}-15T08:00:00Z",
            "source": "Wire",
            "url": f"https://news.example.com/{number}",
        }
        for number in range(count)
    ]


def write_jsonl(path: Path, rows: list[Row]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read_jsonl(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def archive(tmp_path: Path) -> Callable[[int], Path]:
    """Writes an archive of so many articles as JSON Lines."""
    return lambda count: write_jsonl(tmp_path / "in.jsonl", articles(count))
