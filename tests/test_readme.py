"""The README's commands run as written, on this interpreter instead of a new environment."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
BIN = Path(sys.executable).parent


def shell_blocks() -> list[str]:
    return [text for language, text in BLOCKS if language == "bash"]


def run(script: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "NO_COLOR": "1"} | more
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=120,
        check=False,
    )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_first_block_scores_the_example_over_http(tmp_path: Path) -> None:
    block = shell_blocks()[0]
    assert "pip install" in block
    # Installing is what the first lines do; here the package is installed already.
    lines = [line for line in block.splitlines() if "-m venv" not in line and "pip install" not in line]
    port = str(free_port())
    script = "\n".join(lines).replace(".venv/bin/", "").replace("8000", port)
    done = run(
        script + "\nkill $! 2>/dev/null || true",
        RISKSCORE_PORT=port,
        RISKSCORE_DATABASE_URL=f"sqlite:///{tmp_path / 'readme.db'}",
    )
    assert done.returncode == 0, done.stderr
    answer = orjson.loads(done.stdout[done.stdout.index("{") :])
    assert answer["regimes"]["chips"]["flagged"] is True


def test_second_block_is_the_test_command_of_ci() -> None:
    command = shell_blocks()[1].strip().splitlines()[-1].removeprefix(".venv/bin/")
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("block", [text for language, text in BLOCKS if language == "python"])
def test_python_blocks_run(block: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
