"""``python -m tests``: everything that must hold before a change lands, in order of cost."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

CHECKS = (
    ("style", ["ruff", "check", "."]),
    ("format", ["ruff", "format", "--check", "."]),
    ("types", ["mypy"]),
    ("imports", ["lint-imports"]),
    ("corpus", ["python", "-m", "training", "lint"]),
    ("tests", ["python", "-m", "pytest"]),
)


def main() -> int:
    """Run every check, all of them even after one has failed; 1 if any did."""
    binaries = Path(sys.executable).parent
    failed = []
    for name, command in CHECKS:
        print(f"── {name}: {' '.join(command)}", flush=True)
        program = sys.executable if command[0] == "python" else shutil.which(command[0], path=str(binaries))
        if program is None:
            print(f"{command[0]} is not installed beside {sys.executable}: pip install -e '.[test]'")
            failed.append(name)
        elif subprocess.run([program, *command[1:]], cwd=ROOT, check=False).returncode:
            failed.append(name)
    print(f"── {'all checks passed' if not failed else 'failed: ' + ', '.join(failed)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
