"""`riskscore keys`, and `serve` where other machines could reach it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from riskscore.access.keys import key_id_of
from riskscore.cli import app
from riskscore.commands.keys import has_valid_keys
from riskscore.settings import load_settings

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("RISKSCORE_DATABASE_URL", f"sqlite:///{tmp_path / 'news.db'}")

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["keys", *words], env={"COLUMNS": "200", "NO_COLOR": "1"})

    return run


def test_a_key_from_making_to_revoking(run: Run) -> None:
    assert "riskscore keys create" in run("list").output
    limits = ("--rate-per-minute", "600", "--daily-quota", "10000", "--expires-in-days", "90")
    made = run("create", "Compliance desk", "--scope", "score", "--scope", "read", *limits)
    assert made.exit_code == 0, made.output
    (secret,) = re.findall(r"^rsk_\S{62}$", made.output, re.MULTILINE)
    key_id = key_id_of(secret)
    assert key_id is not None
    listed = run("list").output
    for word in (key_id, "Compliance desk", "score read", "active", "600", "10,000"):
        assert word in listed
    assert secret not in listed
    rotated = run("rotate", key_id, "--plain").output.strip()
    assert key_id_of(rotated) == key_id
    assert rotated != secret
    assert "former secret until" in run("list").output
    assert f"{key_id} is revoked" in run("revoke", rotated).output  # whoever has it all at hand
    assert "revoked" in run("list").output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("create", "x", "--scope", "root"), "is no scope; there are score, read, write, alerts, admin"),
        (("create", "", "--scope", "read"), "printable characters"),
        (("revoke", "rsk_none"), "there is no key"),
        (("rotate", "rsk_none"), "there is no key"),
    ],
)
def test_mistakes_are_told_in_one_line(run: Run, words: tuple[str, ...], message: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_a_name_cannot_command_the_terminal(run: Run) -> None:
    assert run("create", "a\x1b[2J", "--scope", "read").exit_code == 2


def test_only_a_valid_key_lets_the_server_listen_elsewhere(run: Run, tmp_path: Path) -> None:
    settings = load_settings()
    assert not has_valid_keys(settings)
    assert not (tmp_path / "news.db").exists()
    secret = run("create", "x", "--scope", "read", "--plain").output.strip()
    assert has_valid_keys(settings)
    run("revoke", secret)
    assert not has_valid_keys(settings)
