"""The files of docs/deploy: what their formats ask for, settings that exist, commands that exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from typer.main import get_command

from riskscore.cli import app
from riskscore.settings import ENV_PREFIX, Settings

DEPLOY = Path(__file__).parent.parent / "docs" / "deploy"
BINARIES = Path(sys.executable).parent
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
UNITS = sorted(DEPLOY.glob("systemd/*.service"))


def passes(*command: object) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_keeps_the_rules() -> None:
    passes(BINARIES / "hadolint", DEPLOY / "Dockerfile")
    *_, last_user = re.findall(r"^USER (\S+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert last_user == "10001"


def test_the_compose_file_keeps_its_schema() -> None:
    passes(BINARIES / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")


def test_the_manifests_keep_the_schemas_of_kubernetes() -> None:
    passes(BINARIES / "kubernetes-validate", "--strict", DEPLOY / "kubernetes.yaml")


def test_every_pod_runs_confined() -> None:
    for document in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()):
        for pod in _pods(document):
            assert pod["securityContext"]["runAsNonRoot"]
            for container in pod["containers"]:
                assert container["securityContext"]["readOnlyRootFilesystem"]
                assert not container["securityContext"]["allowPrivilegeEscalation"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_are_read_by_systemd(unit: Path, tmp_path: Path) -> None:
    # The program is not installed here: any that is stands in for it.
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace("/opt/riskscore/bin/riskscore", shutil.which("true") or ""))
    passes("systemd-analyze", "verify", copy)
    passes("systemd-analyze", "security", "--offline=yes", "--threshold=20", copy)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_named_exists(path: Path) -> None:
    known = {ENV_PREFIX + name.upper() for name in Settings.model_fields}
    assert set(re.findall(rf"\b{ENV_PREFIX}[A-Z0-9_]+\b", path.read_text())) <= known


def test_every_command_run_exists() -> None:
    for words in _commands():
        command = get_command(app)
        for word in words:
            commands = getattr(command, "commands", {})
            assert word in commands, f"riskscore {' '.join(words)}"
            command = commands[word]


def _commands() -> list[list[str]]:
    found = [shlex.split(unit.read_text().split("bin/riskscore ", 1)[1].splitlines()[0]) for unit in UNITS]
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    found += [service["command"] for service in compose["services"].values() if "command" in service]
    for document in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()):
        found += [container["args"] for pod in _pods(document) for container in pod["containers"]]
    assert len(found) > len(UNITS) + 3
    return found


def _pods(part: object) -> list[dict[str, Any]]:
    """Every pod's specification below a part of a manifest."""
    if isinstance(part, list):
        return [pod for one in part for pod in _pods(one)]
    if not isinstance(part, dict):
        return []
    if "containers" in part:
        return [part]
    return [pod for one in part.values() for pod in _pods(one)]
