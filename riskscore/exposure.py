"""A company's mentions in a reading in, named features of its exposure out.

The question is whether the measure touches *this* company or whether it stands by (a bank quoted
on a chip rule). The features say what stands around the mentions; none holds the company's name.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from riskscore.artifact.model import Model
from riskscore.companies.mentions import MASK
from riskscore.concepts import fold
from riskscore.features import FeatureReader, Reading, SentenceReading
from riskscore.quotation import REACH, quoted_as
from riskscore.scorer import sigmoid
from riskscore.types import Regime

WINDOW = 3  # words on either side of a mention
REACH_CHARS = 80  # in which the words beside a mention are looked for
COMPANY = "(company)"  # stands for another company's name as a word

Spans = Sequence[tuple[int, int]]


def exposure_keys(
    reader: FeatureReader,
    reading: Reading,
    spans: Spans,
    flagged: Iterable[Regime],
    n_companies: int,
) -> Iterator[str]:
    """Feature names (``kind:key``, repeats possible) of one company in one text.

    Parameters
    ----------
    spans : sequence of (int, int)
        The company's mentions in ``reading.text``, in order; at least one.
    flagged : iterable of Regime
        Regimes for which the article is flagged.
    n_companies : int
        Distinct companies named in the text.
    """
    yield from place_keys(reading.text, spans, flagged, n_companies)
    yield from context_keys(reader, reading, spans)


def place_keys(text: str, spans: Spans, flagged: Iterable[Regime], n_companies: int) -> Iterator[str]:
    """Those of the names that say what the article is, and where and how often it names the company."""
    flagged = tuple(flagged)
    yield from (f"article:{regime}" for regime in flagged)
    if not flagged:
        yield "article:no regime"
    if spans[0][0] < text.find("\n"):
        yield "place:in the title"
    if spans[0][0] == 0:
        yield "place:first of all"
    yield f"place:{min(len(spans), 4)} times" + (" or more" if len(spans) >= 4 else "")
    yield f"place:among {min(n_companies, 5)} companies" + (" or more" if n_companies >= 5 else "")


def context_keys(reader: FeatureReader, reading: Reading, spans: Spans) -> Iterator[str]:
    """Those of the names that lie in the sentences and words about the mentions."""
    sources = 0
    starts = [low for low, _ in reading.bounds]
    by_sentence: dict[int, list[tuple[int, int]]] = {}
    for span in spans:
        by_sentence.setdefault(max(0, bisect_right(starts, span[0]) - 1), []).append(span)
    for at, inside in by_sentence.items():
        sentence = reading.sentence(at)
        yield from _sentence_keys(reader, sentence)
        for start, end in inside:
            before, after = _beside(reader, reading, sentence, start, end)
            yield from _window_keys(before[-WINDOW:], after[:WINDOW])
            source = quoted_as(before, after)
            if source is not None:
                sources += 1
                yield f"quoted:{source}"
    if sources == len(spans):
        yield "quoted:nowhere named otherwise"


def _sentence_keys(reader: FeatureReader, sentence: SentenceReading) -> Iterator[str]:
    yield from (f"sentence:{reader.matcher.names[index]}" for index in sentence.concepts)
    yield from (f"with:{key}" for key in reader.role_keys(sentence.concepts))
    yield from (f"word:{fold(word)}" for word in sentence.words if word[0] != MASK)


def _beside(
    reader: FeatureReader, reading: Reading, sentence: SentenceReading, start: int, end: int
) -> tuple[list[str], list[str]]:
    """Folded words of the sentence before and after a name, other names as one sign."""
    text, token = reading.word_text, reader.language.token
    before = token.findall(text, max(sentence.start, start - REACH_CHARS), start)[-REACH:]
    after = token.findall(text, end, min(sentence.end, end + REACH_CHARS))[:REACH]
    return [_folded(word) for word in before], [_folded(word) for word in after]


def _folded(word: str) -> str:
    return COMPANY if word[0] == MASK else fold(word)


def _window_keys(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    yield from (near_names(word)[0] for word in before)
    yield from (near_names(word)[1] for word in after)
    if before:
        yield near_names(before[-1])[2]
    if after:
        yield near_names(after[0])[3]


def near_names(word: str) -> tuple[str, str, str, str]:
    """Features of a folded word near before a mention, near behind it, right before it, right behind it."""
    return f"before:{word}", f"after:{word}", f"beside:{word} _", f"beside:_ {word}"


class ExposureScorer:
    """The compiled exposure model: 1 if a company's mention context has the feature, else 0.

    Attributes
    ----------
    threshold : float
        Probability from which a company counts as exposed, 0-1.
    numbers : dict of str to int
        Of the model's features.
    """

    def __init__(self, model: Model, reader: FeatureReader) -> None:
        self.threshold = float(model.manifest["exposure"]["threshold"])
        self.numbers = {name: number for number, name in enumerate(model.exposure.features)}
        self._reader = reader
        self._intercept = float(model.exposure.intercept[0])
        self._weights = model.exposure.coef[:, 0].tolist()

    def probability(
        self, reading: Reading, spans: Spans, flagged: Iterable[Regime], n_companies: int
    ) -> float:
        """Calibrated probability that the measure touches the company at `spans`, 0-1."""
        context = self.context(reading, spans)
        return self.probabilities([self.log_odds(reading.text, spans, flagged, n_companies, context)])[0]

    def context(self, reading: Reading, spans: Spans) -> set[int]:
        """Numbers of the features that `context_keys` names."""
        numbers = self.numbers
        return {numbers[key] for key in context_keys(self._reader, reading, spans) if key in numbers}

    def log_odds(
        self,
        text: str,
        spans: Spans,
        flagged: Iterable[Regime],
        n_companies: int,
        context: Iterable[int],
    ) -> float:
        """Calibrated log-odds of the same.

        Parameters
        ----------
        context : iterable of int
            As of `context`; each once.
        """
        numbers, weights = self.numbers, self._weights
        placed = [
            weights[numbers[key]] for key in place_keys(text, spans, flagged, n_companies) if key in numbers
        ]
        # fsum: the same sum whatever the order of the features, so the same in every process.
        return self._intercept + math.fsum([*placed, *[weights[number] for number in context]])

    @staticmethod
    def probabilities(log_odds: Sequence[float]) -> list[float]:
        """Probabilities of log-odds."""
        found: list[float] = sigmoid(np.array(log_odds, dtype=np.float64)).tolist()
        return found
