"""docs/access.md: its commands, options, settings, scopes and figures are real."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from riskscore.access.keys import KEY_PATTERN, new_key_id, new_secret
from riskscore.access.scopes import ALLOWED, SCOPES
from riskscore.cli import app
from riskscore.settings import Settings

GUIDE = (Path(__file__).parents[1] / "docs" / "access.md").read_text(encoding="utf-8")


def test_every_command_and_option_of_the_guide_is_one() -> None:
    commands = set(re.findall(r"riskscore (keys [a-z]+|serve)", GUIDE))
    assert commands >= {"keys create", "keys list", "keys rotate", "keys revoke", "serve"}
    helped = ""
    for command in sorted(commands):
        result = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "200"})
        assert result.exit_code == 0, command
        helped += result.output
    for option in re.findall(r"--[a-z][a-z-]+", GUIDE):
        assert option in helped, option


@pytest.mark.parametrize("scope", SCOPES)
def test_every_scope_is_in_the_guide(scope: str) -> None:
    meaning = next(meaning for name, meaning in ALLOWED.items() if name == scope)
    assert f"| `{scope}` | {meaning} |" in GUIDE


def test_every_setting_that_the_guide_names_is_one() -> None:
    named = re.findall(r"RISKSCORE_([A-Z_]+)", GUIDE)
    assert {name.lower() for name in named} <= set(Settings.model_fields)
    assert f"seconds ({Settings.model_fields['key_refresh_s'].default:g} by default)" in GUIDE


def test_scanners_find_keys_with_the_guides_pattern() -> None:
    (pattern,) = re.findall(r"`(rsk_\[.*?)`", GUIDE)
    key = new_secret(new_key_id())
    assert re.fullmatch(pattern, key)
    assert pattern == KEY_PATTERN.pattern.replace("(?P<key_id>", "").replace(")", "")
