"""A run that is killed goes on where it was: no row lost, none twice, and no output that looks whole."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from riskscore.archive import score_archive
from riskscore.assess import Assessor
from riskscore.errors import ArchiveError
from tests.archive.conftest import articles, read_jsonl, write_jsonl

_RUN = """
import sys
from pathlib import Path
from riskscore.archive import score_archive
if __name__ == "__main__":
    source, out, models, processes = sys.argv[1:]
    score_archive(source, Path(out), model_dir=Path(models), processes=int(processes), save_every_s=0.0)
"""


def _checkpoints(out: Path) -> int:
    journal = out.with_name(out.name + ".partial") / "journal.jsonl"
    return max(0, journal.read_bytes().count(b"\n") - 2) if journal.exists() else 0


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _kill_after(
    checkpoints: int, script: Path, source: Path, out: Path, models: Path, processes: int
) -> None:
    """Start a run in a process of its own and kill it, outright, when it has saved so many times more."""
    wanted = _checkpoints(out) + checkpoints
    command = [sys.executable, str(script), str(source), str(out), str(models), str(processes)]
    run = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])})
    try:
        deadline = time.monotonic() + 60
        while _checkpoints(out) < wanted:
            assert run.poll() is None, "the run ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.005)
        workers = _children(run.pid)
    finally:
        run.kill()
        run.wait()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline, "workers outlive a run that was killed"
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
@pytest.mark.parametrize(("name", "processes"), [("o.jsonl", 1), ("o.csv", 2), ("o.parquet", 1)])
def test_a_killed_run_goes_on_and_gives_the_same_bytes(
    tmp_path: Path, small_model_dir: Path, name: str, processes: int
) -> None:
    rows = articles(6_000)
    rows[4_700]["text"] = ["no text"]
    source = write_jsonl(tmp_path / "in.jsonl", rows)
    script = tmp_path / "run.py"
    script.write_text(_RUN)
    out = tmp_path / name
    for checkpoints in (1, 4, 3):
        _kill_after(checkpoints, script, source, out, small_model_dir, processes)
        assert not out.exists()
    assert not (tmp_path / f"{name}.errors.jsonl").exists()
    reads: list[int] = []
    result = score_archive(
        str(source),
        out,
        model_dir=small_model_dir,
        processes=1,
        progress=lambda count, part: reads.append(count),
    )
    assert result.resumed
    assert reads[0] > 8 * 500  # it went on rather than began anew
    (tmp_path / "whole").mkdir()
    whole = tmp_path / "whole" / name
    expected = score_archive(str(source), whole, model_dir=small_model_dir, processes=1)
    assert result.summary == expected.summary
    assert result.summary.rows == len(rows)
    if name.endswith(".parquet"):
        assert pq.read_table(out).equals(pq.read_table(whole))
    else:
        assert out.read_bytes() == whole.read_bytes()
    assert [fault["row"] for fault in read_jsonl(tmp_path / f"{name}.errors.jsonl")] == [4_701]
    assert not out.with_name(name + ".partial").exists()


class _InterruptedError(Exception):
    pass


def _interrupt(source: str, out: Path, assessor: Assessor, after: int) -> None:
    """Run in this process and stop in the middle, as Ctrl-C would."""

    def stop(rows: int, part: float) -> None:
        if rows >= after:
            raise _InterruptedError

    with pytest.raises(_InterruptedError):
        score_archive(source, out, processes=1, assessor=assessor, save_every_s=0.0, progress=stop)


def test_a_changed_input_is_refused_and_replaced_on_request(
    archive: Callable[[int], Path], tmp_path: Path, small_assessor: Assessor
) -> None:
    source, out = archive(1_200), tmp_path / "out.jsonl"
    _interrupt(str(source), out, small_assessor, 1_000)
    write_jsonl(source, articles(1_201))
    with pytest.raises(ArchiveError, match="unfinished run, but since then changed: input"):
        score_archive(str(source), out, processes=1, assessor=small_assessor)
    with pytest.raises(ArchiveError, match="since then changed: input, rationale"):
        score_archive(str(source), out, processes=1, assessor=small_assessor, rationale=True)
    result = score_archive(str(source), out, processes=1, assessor=small_assessor, replace=True)
    assert not result.resumed
    assert len(read_jsonl(out)) == 1_201


def test_a_finished_run_is_recognised(
    archive: Callable[[int], Path], tmp_path: Path, small_assessor: Assessor
) -> None:
    source, out = archive(10), tmp_path / "out.jsonl"
    first = score_archive(str(source), out, processes=1, assessor=small_assessor)
    written = out.stat().st_mtime_ns
    again = score_archive(str(source), out, processes=1, assessor=small_assessor)
    assert again.already_finished
    assert again.summary == first.summary
    assert out.stat().st_mtime_ns == written
    write_jsonl(source, articles(11))
    with pytest.raises(ArchiveError, match="finished, but since then changed: input"):
        score_archive(str(source), out, processes=1, assessor=small_assessor)
    assert len(read_jsonl(out)) == 10


def test_a_file_of_another_hand_is_never_overwritten(
    archive: Callable[[int], Path], tmp_path: Path, small_assessor: Assessor
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("precious\n")
    with pytest.raises(ArchiveError, match="stands already"):
        score_archive(str(archive(3)), out, processes=1, assessor=small_assessor)
    assert out.read_text() == "precious\n"


def test_rows_after_the_last_checkpoint_are_cut_off(
    archive: Callable[[int], Path], tmp_path: Path, small_assessor: Assessor
) -> None:
    source, out = archive(1_200), tmp_path / "out.jsonl"
    _interrupt(str(source), out, small_assessor, 1_000)
    with (tmp_path / "out.jsonl.partial" / "rows").open("ab") as rows:
        rows.write(b'{"half a row')
    with (tmp_path / "out.jsonl.partial" / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"source": 0, "ro')
    score_archive(str(source), out, processes=1, assessor=small_assessor)
    assert [row["id"] for row in read_jsonl(out)] == [f"a-{n}" for n in range(1_200)]


def test_a_run_on_standard_input_goes_on_if_it_is_the_same(
    tmp_path: Path, small_assessor: Assessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def feed(count: int, change: bool = False) -> None:
        rows = articles(count)
        if change:
            rows[3]["text"] += " And more."
        content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    out = tmp_path / "out.jsonl"
    feed(1_200)
    _interrupt("-", out, small_assessor, 1_000)
    feed(1_200, change=True)
    with pytest.raises(ArchiveError, match="standard input differs"):
        score_archive("-", out, processes=1, assessor=small_assessor)
    feed(1_200)
    assert score_archive("-", out, processes=1, assessor=small_assessor).resumed
    assert [row["id"] for row in read_jsonl(out)] == [f"a-{n}" for n in range(1_200)]


def test_two_runs_on_one_output_do_not_mix(
    archive: Callable[[int], Path], tmp_path: Path, small_assessor: Assessor
) -> None:
    source, out = archive(600), tmp_path / "out.jsonl"
    refused: list[str] = []

    def start_another(rows: int, part: float) -> None:
        with pytest.raises(ArchiveError) as error:
            score_archive(str(source), out, processes=1, assessor=small_assessor)
        refused.append(str(error.value))

    score_archive(str(source), out, processes=1, assessor=small_assessor, progress=start_another)
    assert refused
    assert all("another run is writing" in message for message in refused)
    assert len(read_jsonl(out)) == 600


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
def test_a_worker_that_is_killed_ends_the_run_in_words(tmp_path: Path, small_model_dir: Path) -> None:
    source, out = write_jsonl(tmp_path / "in.jsonl", articles(6_000)), tmp_path / "out.jsonl"

    def kill_workers(rows: int, part: float) -> None:
        for child in _children(os.getpid()):
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(child, signal.SIGKILL)

    with pytest.raises(ArchiveError, match="a worker process died"):
        score_archive(
            str(source),
            out,
            model_dir=small_model_dir,
            processes=2,
            save_every_s=0.0,
            progress=kill_workers,
        )
    assert not out.exists()
    assert score_archive(str(source), out, model_dir=small_model_dir, processes=1).resumed
    assert len(read_jsonl(out)) == 6_000
