"""Pieces that the benchmarks share: articles, peers, a clock that is fair to all of them, and a table."""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from rich.console import Console
from rich.table import Table

from riskscore.artifact.model import available_versions, default_model_dir
from riskscore.settings import load_settings
from riskscore.text import clean
from riskscore.types import Article
from training.corpus import corpus_files

ROUNDS = 7


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Options that every benchmark of scoring has."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, help="JSON Lines with title and text; the training corpus by default"
    )
    parser.add_argument("--articles", type=int, default=1_000, help="how many of them")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return parser


def articles(data: Path | None, count: int) -> list[Article]:
    """English articles of a file (the training corpus by default), repeated if there are too few."""
    files = [data] if data else corpus_files()
    rows = [orjson.loads(line) for file in files for line in file.read_bytes().splitlines()]
    found = [Article(title=row["title"], text=row["text"]) for row in rows if row.get("lang", "en") == "en"]
    return (found * (count // len(found) + 1))[:count]


def documents(items: Sequence[Article]) -> list[str]:
    """Their clean text."""
    return [clean(article).text for article in items]


def model_folder() -> Path:
    """Folder of the artifact that the settings choose."""
    settings = load_settings()
    folder = settings.model_dir or default_model_dir()
    return folder / (settings.model_version or available_versions(folder)[-1])


def sklearn_model() -> Any:
    """The fitted scikit-learn estimator of the artifact."""
    import joblib

    return joblib.load(model_folder() / "model.joblib")["classifier"]


def fasttext_model() -> Callable[[str], object] | None:
    """A fastText classifier of the same corpus, as a function of one text; None where not installed.

    Word pairs and character runs of 3 to 5, 50 dimensions: the features of the model it is compared
    with, as far as fastText has them.
    """
    try:
        import fasttext
    except ImportError:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        with path.open("w", encoding="utf-8") as file:
            for name in corpus_files():
                for line in name.read_bytes().splitlines():
                    row = orjson.loads(line)
                    if row["lang"] == "en":
                        labels = [key for key, level in row["labels"].items() if level] or ["none"]
                        text = _one_line(f"{row['title']} {row['text']}")
                        file.write(" ".join(f"__label__{label}" for label in labels) + f" {text}\n")
        model = fasttext.train_supervised(
            str(path), wordNgrams=2, dim=50, minn=3, maxn=5, loss="ova", thread=1, verbose=0
        )
    predict = model.f.predict  # the wrapper's own `predict` fails with NumPy 2
    return lambda text: predict(_one_line(text) + "\n", -1, 0.0, "strict")


def _one_line(text: str) -> str:
    return text.replace("\n", " ").lower()


class Timing(NamedTuple):
    """Seconds that one thing took: middle and best of some rounds."""

    median: float
    best: float


def race(contestants: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, Timing]:
    """Time each in turn, round by round, so that a busy spell of the machine meets all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for contestant in contestants.values():
        contestant()  # memories fill, code is compiled
    for _ in range(rounds):
        for name, contestant in contestants.items():
            began = time.perf_counter()
            contestant()
            seconds[name].append(time.perf_counter() - began)
    return {name: Timing(statistics.median(taken), min(taken)) for name, taken in seconds.items()}


def show(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, and how busy the machine is."""
    table = Table(title=title, title_justify="left")
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console = Console(width=120)
    console.print(table)
    if hasattr(os, "getloadavg"):
        console.print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
