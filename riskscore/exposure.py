"""A company's mentions in a reading in, named features of its exposure out.

The question is whether the measure touches *this* company or whether it stands by (a bank quoted
on a chip rule). The features say what stands around the mentions; none holds the company's name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from riskscore.companies import MASK
from riskscore.concepts import WORD, fold
from riskscore.features import FeatureReader, Reading, SentenceReading
from riskscore.model import Model
from riskscore.types import Regime

_WINDOW = 3  # words on either side of a mention
_A_COMPANY = "(company)"

_DESCRIPTIONS = {
    "article": "the article is flagged for {}",
    "place": "the company is named {}",
    "before": "“{}” just before the name",
    "after": "“{}” just after the name",
    "beside": "“{}” where _ is the name",
    "sentence": "its sentence speaks of {}",
    "with": "its sentence combines {}",
}


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
    for at, (low, high) in enumerate(reading.bounds):
        inside = [span for span in spans if low <= span[0] < high]
        if inside:
            sentence = reading.sentence(at)
            yield from _sentence_keys(reader, sentence)
            for start, end in inside:
                yield from _window_keys(reading, sentence, start, end)


def describe(feature: str) -> str:
    """What a reviewer reads for an exposure feature."""
    kind, _, key = feature.partition(":")
    return _DESCRIPTIONS[kind].format(key)


def _sentence_keys(reader: FeatureReader, sentence: SentenceReading) -> Iterator[str]:
    yield from (f"sentence:{reader.matcher.names[index]}" for index in sentence.concepts)
    yield from (f"with:{key}" for key in reader.role_keys(sentence.concepts))


def _window_keys(reading: Reading, sentence: SentenceReading, start: int, end: int) -> Iterator[str]:
    text = reading.word_text
    before = WORD.findall(text, max(sentence.start, start - 80), start)[-_WINDOW:]
    after = WORD.findall(text, end, min(sentence.end, end + 80))[:_WINDOW]
    yield from (f"before:{_A_COMPANY if word[0] == MASK else fold(word)}" for word in before)
    yield from (f"after:{_A_COMPANY if word[0] == MASK else fold(word)}" for word in after)
    if before:
        yield f"beside:{fold(before[-1])} _"
    if after:
        yield f"beside:_ {fold(after[0])}"


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
        return 1.0 / (1.0 + math.exp(-max(-500.0, min(500.0, log_odds))))
