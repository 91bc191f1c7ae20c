"""Scores alone, in batches: clean text to the probabilities of all heads, on one core.

    python -m benchmarks.batch [--data FILE] [--articles 1000] [--full]

Peers, in the same rounds: the fitted scikit-learn estimator itself, and fastText with the same kinds of
features. `--full` repeats the sentences of each article until it is a full story of some 3,000 characters.
"""

from __future__ import annotations

import gc

from benchmarks.measure import arguments, articles, documents, fasttext_model, race, show, sklearn_model
from riskscore.assess import Assessor
from riskscore.settings import load_settings

_FULL_CHARS = 3_000


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    texts = documents(articles(options.data, options.articles))
    if options.full:
        texts = _lengthened(texts)
    settings = load_settings()
    plain = Assessor.load(settings.model_dir, settings.model_version)
    compiled = Assessor.load(settings.model_dir, settings.model_version, compiled=True)
    sklearn, fasttext = sklearn_model(), fasttext_model()
    gc.collect()
    gc.freeze()  # the models are not searched for garbage in anybody's round
    contestants = {
        "scikit-learn, decision_function": lambda: sklearn.decision_function(texts),
        "riskscore, NumPy": lambda: plain.log_odds(texts),
        "riskscore, compiled": lambda: compiled.log_odds(texts),
    }
    if fasttext is not None:
        contestants["fastText"] = lambda: [fasttext(text) for text in texts]
    timings = race(contestants, options.rounds)
    slowest = timings["scikit-learn, decision_function"].median
    peer = timings.get("fastText")
    show(
        f"{len(texts):,} texts of {sum(map(len, texts)) / len(texts):,.0f} characters, one core",
        ["", "µs a text", "texts a second", "× scikit-learn", "× fastText"],
        [
            [
                name,
                f"{timing.median / len(texts) * 1e6:,.1f}",
                f"{len(texts) / timing.median:,.0f}",
                f"{slowest / timing.median:.1f}",
                f"{peer.median / timing.median:.2f}" if peer else "",
            ]
            for name, timing in timings.items()
        ],
    )


def _lengthened(texts: list[str]) -> list[str]:
    """Each text with the bodies of those after it, to the length of a full story."""
    long = []
    for at in range(len(texts)):
        text, after = texts[at], at
        while len(text) < _FULL_CHARS:
            after += 1
            text += "\n" + texts[after % len(texts)].partition("\n")[2]
        long.append(text)
    return long


if __name__ == "__main__":
    main()
