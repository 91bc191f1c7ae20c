"""How the time of one assessment grows with the length of its article: in proportion, up to 1 MB.

python -m benchmarks.growth
"""

from __future__ import annotations

import time

from benchmarks.measure import arguments, articles, show
from riskscore.assess import Assessor
from riskscore.settings import load_settings
from riskscore.types import Article

_LENGTHS = (1_000, 10_000, 100_000, 300_000, 1_000_000)


def main() -> None:
    options = arguments(__doc__).parse_args()
    whole = "\n".join(article.text or "" for article in articles(options.data, 5_000))
    settings = load_settings()
    rows = []
    assessors = {
        "NumPy": Assessor.load(settings.model_dir, settings.model_version),
        "compiled": Assessor.load(settings.model_dir, settings.model_version, compiled=True),
    }
    for assessor in assessors.values():
        assessor.assess(Article(text=whole[:5_000]))
    for length in _LENGTHS:
        row = [f"{length:,}"]
        for assessor in assessors.values():
            best = min(_seconds(assessor, whole[:length]) for _ in range(3))
            row += [f"{best * 1e3:,.1f}", f"{best / length * 1e9:,.0f}"]
        rows.append(row)
    heads = ["characters"] + [f"{name}, {unit}" for name in assessors for unit in ("ms", "ns a character")]
    show("One assessment, by the length of its article", heads, rows)


def _seconds(assessor: Assessor, text: str) -> float:
    began = time.perf_counter()
    assessor.assess(Article(text=text))
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
