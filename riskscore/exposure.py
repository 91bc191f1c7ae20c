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

_WINDOW = 3  # words on either side of a mention
_REACH_CHARS = 80  # in which the words beside a mention are looked for
_A_COMPANY = "(company)"


def exposure_keys(
    reader: FeatureReader,
    reading: Reading,
    spans: Sequence[tuple[int, int]],
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
    flagged = tuple(flagged)
    yield from (f"article:{regime}" for regime in flagged)
    if not flagged:
        yield "article:no regime"
    title_end = reading.text.find("\n")
    if spans[0][0] < title_end:
        yield "place:in the title"
    if spans[0][0] == 0:
        yield "place:first of all"
    yield f"place:{min(len(spans), 4)} times" + (" or more" if len(spans) >= 4 else "")
    yield f"place:among {min(n_companies, 5)} companies" + (" or more" if n_companies >= 5 else "")
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
            yield from _window_keys(before[-_WINDOW:], after[:_WINDOW])
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
    before = token.findall(text, max(sentence.start, start - _REACH_CHARS), start)[-REACH:]
    after = token.findall(text, end, min(sentence.end, end + _REACH_CHARS))[:REACH]
    return [_folded(word) for word in before], [_folded(word) for word in after]


def _folded(word: str) -> str:
    return _A_COMPANY if word[0] == MASK else fold(word)


def _window_keys(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    yield from (f"before:{word}" for word in before)
    yield from (f"after:{word}" for word in after)
    if before:
        yield f"beside:{before[-1]} _"
    if after:
        yield f"beside:_ {after[0]}"


class ExposureScorer:
    """The compiled exposure model: 1 if a company's mention context has the feature, else 0.

    Attributes
    ----------
    threshold : float
        Probability from which a company counts as exposed, 0-1.
    """

    def __init__(self, model: Model, reader: FeatureReader) -> None:
        self.threshold = float(model.manifest["exposure"]["threshold"])
        self._reader = reader
        self._intercept = float(model.exposure.intercept[0])
        self._weights = dict(zip(model.exposure.features, model.exposure.coef[:, 0].tolist(), strict=True))

    def probability(
        self,
        reading: Reading,
        spans: Sequence[tuple[int, int]],
        flagged: Iterable[Regime],
        n_companies: int,
    ) -> float:
        """Calibrated probability that the measure touches the company at `spans`, 0-1."""
        keys = set(exposure_keys(self._reader, reading, spans, flagged, n_companies))
        # fsum: the same sum whatever the order of the set, so the same in every process.
        weights = self._weights
        log_odds = self._intercept + math.fsum(weights[key] for key in keys if key in weights)
        return float(sigmoid(np.asarray(log_odds)))
