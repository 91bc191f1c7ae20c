"""docs/operations.md and docs/models.md name what there is: every metric, every command, every setting."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.cli import app
from riskscore.settings import Settings, load_settings
from tests.api.conftest import make_assessor

DOCS = Path(__file__).parents[1] / "docs"
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
MODELS = (DOCS / "models.md").read_text(encoding="utf-8")


def test_the_table_of_metrics_is_what_is_told(tmp_path: Path) -> None:
    assessor: Assessor = make_assessor()
    settings = load_settings(database_url=f"sqlite:///{tmp_path / 'news.db'}")
    with TestClient(create_app(settings, assessor), base_url="http://localhost") as client:
        families = list(text_string_to_metric_families(client.get("/metrics").text))
    told = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    named = set(re.findall(r"^\| `(riskscore_\w+)`", OPERATIONS, re.MULTILINE))
    assert named == {name for name in told if name.startswith("riskscore_")}


@pytest.mark.parametrize("page", [OPERATIONS, MODELS], ids=["operations", "models"])
def test_every_setting_that_is_named_exists(page: str) -> None:
    named = {name.lower() for name in re.findall(r"RISKSCORE_([A-Z_]+)", page)}
    assert named <= set(Settings.model_fields)


def test_every_command_that_is_named_exists() -> None:
    named = set(re.findall(r"riskscore model ([a-z]+)", MODELS))
    assert named == {"list", "status", "promote", "rollback", "shadow", "drift"}
    for name in named:
        assert CliRunner().invoke(app, ["model", name, "--help"]).exit_code == 0
