"""A Dask cluster of real processes scores Parquet parts, and loses nothing when a worker is killed."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from distributed import Client, LocalCluster

from riskscore.archive import score_archive
from riskscore.archive.cluster import score_on_cluster
from riskscore.errors import ArchiveError
from tests.archive.conftest import articles

_ROWS = 4_000
_PART = 200


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        yield cluster


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = articles(_ROWS)
    rows[1_234]["text"] = rows[1_234]["title"] = None
    folder = tmp_path / "in"
    folder.mkdir()
    for name, part in (("a", rows[: _ROWS // 2]), ("b", rows[_ROWS // 2 :])):
        pq.write_table(pa.Table.from_pylist(part), folder / f"{name}.parquet", row_group_size=100)
    return folder


def test_a_killed_worker_loses_no_row(
    cluster: Any, source: Path, tmp_path: Path, small_model_dir: Path
) -> None:
    out = tmp_path / "out"
    killed: list[int] = []

    def kill_one() -> None:
        deadline = time.monotonic() + 60
        while not list(out.glob("part-*.parquet")) and time.monotonic() < deadline:
            time.sleep(0.02)
        with Client(cluster.scheduler_address, set_as_default=False) as client:
            pid = min(client.run(os.getpid).values())
        os.kill(pid, signal.SIGKILL)
        killed.append(len(list(out.glob("part-*.parquet"))))

    killer = Thread(target=kill_one)
    killer.start()
    result = score_on_cluster(
        cluster.scheduler_address, str(source), out, model_dir=small_model_dir, part_rows=_PART
    )
    killer.join()
    assert killed[0] < _ROWS // _PART, "the worker was killed when all was done"
    assert (result.summary.rows, result.summary.bad) == (_ROWS, 1)
    parts = sorted(out.glob("part-*.parquet"))
    assert len(parts) == _ROWS // _PART
    scored = pa.concat_tables([pq.read_table(part) for part in parts])
    assert scored["id"].to_pylist() == [f"a-{n}" for n in range(_ROWS) if n != 1_234]
    (fault,) = [json.loads(line) for line in (out / "errors.jsonl").read_text().splitlines()]
    assert (Path(fault["file"]).name, fault["row"]) == ("a.parquet", 1_235)
    whole = tmp_path / "whole.parquet"
    score_archive(str(source), whole, processes=1, model_dir=small_model_dir)
    assert scored.equals(pq.read_table(whole))
    assert (out / "_SUCCESS").exists()
    assert not [path for path in out.iterdir() if path.name.startswith(".part") and path.suffix != ".json"]


def test_a_finished_run_is_recognised_and_another_is_refused(
    cluster: Any, source: Path, tmp_path: Path, small_model_dir: Path
) -> None:
    out = tmp_path / "out"
    options: dict[str, Any] = {"model_dir": small_model_dir, "part_rows": 2_000}
    first = score_on_cluster(cluster.scheduler_address, str(source), out, **options)
    again = score_on_cluster(cluster.scheduler_address, str(source), out, **options)
    assert again.already_finished
    assert again.summary == first.summary
    pq.write_table(pa.Table.from_pylist(articles(3)), source / "c.parquet")
    with pytest.raises(ArchiveError, match="another run: since then changed: input"):
        score_on_cluster(cluster.scheduler_address, str(source), out, **options)


def test_a_folder_of_another_hand_is_never_deleted(
    cluster: Any, source: Path, tmp_path: Path, small_model_dir: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "precious.txt").write_text("x")
    for replace in (False, True):
        with pytest.raises(ArchiveError):
            score_on_cluster(
                cluster.scheduler_address, str(source), out, model_dir=small_model_dir, replace=replace
            )
    assert (out / "precious.txt").exists()
