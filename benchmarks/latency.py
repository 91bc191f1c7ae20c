"""Whole assessments, one article at a time: companies, evidence, contributions and reason codes.

    python -m benchmarks.latency [--data FILE] [--articles 500]

Against the fitted scikit-learn estimator on the same articles' clean text, which gives probabilities only.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable

from benchmarks.measure import arguments, articles, documents, race, show, sklearn_model
from riskscore.assess import Assessor
from riskscore.settings import load_settings
from riskscore.types import Article


def main() -> None:
    parser = arguments(__doc__)
    options = parser.parse_args()
    items = articles(options.data, min(options.articles, 500))
    texts = documents(items)
    settings = load_settings()
    plain = Assessor.load(settings.model_dir, settings.model_version)
    compiled = Assessor.load(settings.model_dir, settings.model_version, compiled=True)
    sklearn = sklearn_model()
    gc.collect()
    gc.freeze()
    each: dict[str, Callable[[Article, str], object]] = {
        "scikit-learn, predict_proba of one text": lambda _, text: sklearn.predict_proba([text]),
        "riskscore, NumPy": lambda article, _: plain.assess(article),
        "riskscore, compiled": lambda article, _: compiled.assess(article),
    }
    rows = []
    baseline = 0.0
    for name, assess in each.items():
        taken = sorted(_times(assess, items, texts, options.rounds))
        middle = statistics.median(taken)
        baseline = baseline or middle
        rows.append(
            [
                name,
                f"{middle * 1e6:,.0f}",
                f"{taken[int(len(taken) * 0.99)] * 1e6:,.0f}",
                f"{baseline / middle:.1f}",
            ]
        )
    show(f"One article at a time, {len(items)} articles", ["", "p50 µs", "p99 µs", "× scikit-learn"], rows)
    timings = race(
        {
            "scikit-learn, predict_proba of all": lambda: sklearn.predict_proba(texts),
            "riskscore compiled, whole assessments": lambda: compiled.assess_many(items, rationale=True),
            "riskscore compiled, scores and companies": lambda: compiled.assess_many(items),
        },
        options.rounds,
    )
    first = next(iter(timings.values())).median
    show(
        "The same in one batch",
        ["", "µs an article", "× scikit-learn"],
        [
            [name, f"{timing.median / len(items) * 1e6:,.0f}", f"{first / timing.median:.1f}"]
            for name, timing in timings.items()
        ],
    )


def _times(
    assess: Callable[[Article, str], object], items: list[Article], texts: list[str], rounds: int
) -> list[float]:
    """Seconds of each article: the middle of some rounds."""
    taken: list[list[float]] = [[] for _ in items]
    for number in range(rounds + 1):
        for at, (article, text) in enumerate(zip(items, texts, strict=True)):
            began = time.perf_counter()
            assess(article, text)
            if number:  # the first round fills the memories
                taken[at].append(time.perf_counter() - began)
    return [statistics.median(times) for times in taken]


if __name__ == "__main__":
    main()
