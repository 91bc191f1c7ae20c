"""What serving needs is in the bill of materials, under licences we can ship with, with no known hole."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

# Strong copyleft would bind whoever ships riskscore; LGPL and MPL bind changes to the package alone.
_STRONG = re.compile(
    r"(?<!L)(?<!Lesser )(?:\bA?GPL\b|\bA?GPL-|General Public License|SSPL|BUSL)", re.IGNORECASE
)
_WEAK_TOO = re.compile(r"\bLGPL|Lesser General Public|\bMPL|Mozilla", re.IGNORECASE)


def needed_by(
    package: str, extras: tuple[str, ...] = ("fast", "archive", "dask", "mcp", "otel")
) -> set[NormalizedName]:
    """Canonical names of all that an installed package needs, over all steps."""
    found: set[NormalizedName] = set()
    waiting = [(package, frozenset(extras))]
    while waiting:
        name, wanted = waiting.pop()
        try:
            requirements = distribution(name).requires or []
        except PackageNotFoundError:  # of another platform, or of an extra that is not installed
            continue
        found.add(canonicalize_name(name))
        for line in requirements:
            one = Requirement(line)
            applies = one.marker is None or any(one.marker.evaluate({"extra": e}) for e in (*wanted, ""))
            if applies and canonicalize_name(one.name) not in found:
                waiting.append((one.name, frozenset(one.extras)))
    return found - {canonicalize_name(package)}


def test_the_bill_of_materials_is_whole_and_free_of_strong_copyleft(tmp_path: Path) -> None:
    out = tmp_path / "sbom.json"
    program = Path(sys.executable).parent / "cyclonedx-py"
    done = subprocess.run(
        [program, "environment", "--output-file", out, sys.executable],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    components = {
        canonicalize_name(one["name"]): json.dumps(one.get("licenses", []))
        for one in json.loads(out.read_text())["components"]
    }
    needed = needed_by("riskscore")
    assert {"numpy", "fastapi", "sqlalchemy"} <= needed
    assert needed <= set(components)
    for name in sorted(needed):
        licences = components[name]
        assert _WEAK_TOO.search(licences) or not _STRONG.search(licences), f"{name}: {licences}"


def test_no_package_has_a_known_vulnerability() -> None:
    program = Path(sys.executable).parent / "pip-audit"
    command: list[str | Path] = [program, "--progress-spinner=off", "--skip-editable", "--format=json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if not done.stdout.startswith("{"):
        pytest.skip(f"the advisory service cannot be reached: {done.stderr[-200:]}")
    answered = [one for one in json.loads(done.stdout)["dependencies"] if "vulns" in one]
    if not answered:
        pytest.skip("the advisory service knows none of these packages: it is a mirror")
    assert {one["name"]: one["vulns"] for one in answered if one["vulns"]} == {}
