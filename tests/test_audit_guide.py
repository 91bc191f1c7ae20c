"""docs/audit.md: the verifier that it prints finds what was done to an export, with Python alone."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from riskscore.audit.entry import ACTIONS, Entry
from riskscore.cli import app
from riskscore.store import open_store
from riskscore.store.ledger import append
from tests.audit.made import BEGAN, entry

GUIDE = (Path(__file__).parents[1] / "docs" / "audit.md").read_text(encoding="utf-8")
VERIFIER = next(code for code in re.findall(r"```python\n(.+?)```", GUIDE, re.DOTALL) if "sys.argv" in code)
COUNT = 6


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    monkeypatch.setenv("RISKSCORE_DATABASE_URL", url)
    store = open_store(url)
    hostile = Entry(
        BEGAN, "=HYPERLINK(1)", "alert.decided", subject="'+quoted", request_id="-1", detail={"a": '"\u2028'}
    )
    with store.write() as connection:
        append(connection, *map(entry, range(1, COUNT)), hostile)
    store.close()
    (tmp_path / "verify.py").write_text(VERIFIER, encoding="utf-8")
    return tmp_path


def export(folder: Path, kind: str, *arguments: str) -> Path:
    out = folder / f"ledger.{kind}"
    result = CliRunner().invoke(app, ["audit", "export", str(out), *arguments])
    assert result.exit_code == 0, result.output
    return out


def verified(folder: Path, *arguments: str) -> str:
    """What the verifier says, in a Python without any package."""
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode == 0) == (ended.stderr == "")
    return ended.stdout + ended.stderr


def test_every_action_is_in_the_guide() -> None:
    for action in ACTIONS:
        assert f"`{action}`" in GUIDE


def test_the_verifier_is_short() -> None:
    assert len(VERIFIER.splitlines()) <= 40


def lines_of(path: Path) -> list[str]:
    """Parted at line feeds alone: an entry may hold other characters that end lines."""
    with path.open(encoding="utf-8", newline="\n") as file:
        return list(file)


Change = Callable[[list[str]], list[str]]
CHANGES: dict[str, Change] = {
    "entry 3 was changed": lambda lines: [*lines[:2], lines[2].replace("analyst", "nobody", 1), *lines[3:]],
    "entry 4 does not follow entry 2": lambda lines: lines[:2] + lines[3:],
    "entry 3 does not follow entry 1": lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
    "entry 2 does not follow entry 2": lambda lines: [*lines[:2], lines[1], *lines[2:]],
    "not there: entries 6": lambda lines: lines[:4],
}


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_the_verifier_finds_what_was_done(database: Path, kind: str) -> None:
    out = export(database, kind)
    head = CliRunner().invoke(app, ["audit", "show", str(COUNT), "--json"]).output
    kept = f"{COUNT}:" + re.findall(r'"entry_hash":"(\w+)"', head)[0]
    assert verified(database, str(out), kept) == f"whole, up to: {kept.replace(':', ' ')}\n"
    whole = lines_of(out)
    headings, lines = (whole[:1], whole[1:]) if kind == "csv" else ([], whole)
    assert len(lines) == COUNT
    for told, change in CHANGES.items():
        out.write_bytes("".join(headings + change(lines)).encode())
        assert verified(database, str(out), kept).strip() == told
    out.write_bytes("".join(headings + lines).encode())
    assert "not the one whose hash was kept" in verified(database, str(out), f"{COUNT}:{'0' * 64}")


def test_no_cell_of_an_export_is_a_formula(database: Path) -> None:
    text = export(database, "csv").read_text(encoding="utf-8")
    assert ",'=HYPERLINK(1)," in text
    assert ",''+quoted," in text
    assert ",'-1," in text


def test_later_parts_of_a_ledger_verify_by_themselves(database: Path) -> None:
    lines = CliRunner().invoke(app, ["audit", "show", "--json", "--limit", "10"]).output
    place = re.findall(r'"entry_hash":"(\w+)"', lines)[-3]
    out = export(database, "jsonl", "--after", f"3 {place}")
    assert len(lines_of(out)) == COUNT - 3
    assert verified(database, str(out)).startswith(f"whole, up to: {COUNT} ")
