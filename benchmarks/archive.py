"""Archives end to end: rows a second, memory as they grow, one process against two.

    python -m benchmarks.archive [--rows 10000 100000 1000000] [--processes 1 2]

Each run is a process of its own, and the table shows the most memory that it and its workers held. The
floor reads the same file and writes the same bytes without scoring anything.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson

from benchmarks.measure import articles, model_folder, show

_RUN = """
import resource, sys, time
from pathlib import Path
from riskscore.archive import score_archive
if __name__ == "__main__":
    source, out, models, version, processes = sys.argv[1:]
    began = time.perf_counter()
    score_archive(source, Path(out), model_dir=Path(models), model_version=version, processes=int(processes))
    seconds = time.perf_counter() - began
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        print(resource.getrusage(who).ru_maxrss)
    print(seconds)
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    table = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "run.py").write_text(_RUN)
        for rows in options.rows:
            source = _generated(folder / f"{rows}.jsonl", rows, options.data)
            for processes in options.processes:
                out = folder / f"{rows}-{processes}.jsonl"
                model = model_folder()
                ran = subprocess.run(
                    [
                        sys.executable,
                        folder / "run.py",
                        source,
                        out,
                        model.parent,
                        model.name,
                        str(processes),
                    ],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                own, worker, seconds = map(float, ran.stdout.split())
                floor = _floor(source, out, folder)
                table.append(
                    [
                        f"{rows:,}",
                        str(processes),
                        f"{seconds:,.1f}",
                        f"{rows / seconds:,.0f}",
                        f"{own / 1024:,.0f}",
                        f"{worker / 1024:,.0f}" if processes > 1 else "",
                        f"{seconds / floor:.1f}",
                    ]
                )
                out.unlink()
            source.unlink()
    heads = ["rows", "processes", "seconds", "rows a second", "MB", "MB a worker", "× read and write"]
    show("JSON Lines in, JSON Lines out", heads, table)


def _generated(path: Path, rows: int, data: Path | None) -> Path:
    """An archive of that many articles: those of the corpus, their sentences shuffled anew each time."""
    chance = random.Random(1)
    stories = articles(data, 2_000)
    with path.open("wb") as file:
        for number in range(rows):
            story = stories[number % len(stories)]
            sentences = (story.text or "").split(". ")
            chance.shuffle(sentences)
            row = {"id": number, "title": story.title, "text": ". ".join(sentences), "date": "2025-06-01"}
            file.write(orjson.dumps(row) + b"\n")
    return path


def _floor(source: Path, out: Path, folder: Path) -> float:
    """Seconds to parse every row of the input and write as many bytes as the output has."""
    began = time.perf_counter()
    with source.open("rb") as rows, (folder / "floor").open("wb") as copy:
        for row in rows:
            orjson.loads(row)
        with out.open("rb") as written:
            while block := written.read(1 << 20):
                copy.write(block)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
