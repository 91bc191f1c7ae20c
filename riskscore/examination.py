"""Documents in, what model and knowledge say of each out; the seam between reference and machine code.

`Examiner` is the definition, in Python and NumPy; `riskscore.compiled.examiner` gives the same, faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from riskscore.exposure import ExposureScorer
from riskscore.features import Reading
from riskscore.instruments import InstrumentMatch, InstrumentMatcher
from riskscore.rationale import Explained, Explainer
from riskscore.scorer import Floats, Scorer
from riskscore.types import Document, Regime

Bounds = Sequence[tuple[int, int]]  # ranges of a text's sentences


class Asked(NamedTuple):
    """What is asked of a document besides its decision values and companies."""

    reasons: bool = False
    max_contributions: int | None = 20  # of each regime; None for all
    max_evidence: int = 5
    instruments: bool = False


class Examined(Protocol):
    """What is found in one document.

    Attributes
    ----------
    reading : Reading
    log_odds : ndarray, shape (n_heads,)
        Calibrated; intercept plus all contributions.
    reasons : tuple of Explained or None
        Of each regime's head, where they were asked for.
    words, known_words : int
        Of the text, masked names included, and those of them that the model has a weight for.
    """

    @property
    def reading(self) -> Reading: ...
    @property
    def log_odds(self) -> Floats: ...
    @property
    def reasons(self) -> tuple[Explained, ...] | None: ...
    @property
    def words(self) -> int: ...
    @property
    def known_words(self) -> int: ...

    def exposures(self, flagged: Sequence[Regime]) -> list[float]:
        """Probability that the measure touches each company of ``reading.by_company``, 0-1."""
        ...

    def instruments(self) -> list[InstrumentMatch]:
        """The instruments that the document speaks for."""
        ...


class TextExaminer(Protocol):
    """What `Examiner` and `riskscore.compiled.examiner.CompiledExaminer` have in common."""

    @property
    def heads(self) -> tuple[str, ...]: ...
    @property
    def intercept(self) -> Floats: ...

    def score(self, texts: Sequence[str], bounds: Sequence[Bounds] | None = None) -> Floats:
        """See `Examiner.score`."""
        ...

    def examine(self, documents: Sequence[Document], asked: Asked) -> Sequence[Examined]:
        """See `Examiner.examine`."""
        ...


class Examiner:
    """Examines documents by the stages' own definitions; safe to share between threads.

    Parameters
    ----------
    scorer : Scorer
    exposure : ExposureScorer
    matcher : InstrumentMatcher
    columns : sequence of int
        Heads of the regimes, which are explained.
    """

    def __init__(
        self,
        scorer: Scorer,
        exposure: ExposureScorer,
        matcher: InstrumentMatcher,
        columns: Sequence[int],
    ) -> None:
        self.scorer = scorer
        self.exposure = exposure
        self.matcher = matcher
        self.columns = tuple(columns)
        self.explainer = Explainer(scorer.feature_names, scorer.reader)
        self._is_word = np.array(
            [name.startswith("word:") and " " not in name for name in scorer.feature_names]
        )

    @property
    def heads(self) -> tuple[str, ...]:
        """Names of the decision values, in their order."""
        return self.scorer.heads

    @property
    def intercept(self) -> Floats:
        """Of each head."""
        return self.scorer.intercept

    def score(self, texts: Sequence[str], bounds: Sequence[Bounds] | None = None) -> Floats:
        """Decision values of many texts, shape (n_texts, n_heads).

        Parameters
        ----------
        texts : sequence of str
            Clean text.
        bounds : sequence, optional
            The sentences of each that count, where not all do.
        """
        return self.scorer.score(texts, bounds)

    def examine(self, documents: Sequence[Document], asked: Asked) -> list[Examined]:
        """Examine documents, each on its own."""
        return [self.examined(document, asked) for document in documents]

    def examined(self, document: Document, asked: Asked) -> Examined:
        """The same for one."""
        scorer = self.scorer
        reading = scorer.reader.read(document.text, bounds=document.sentences)
        vector = scorer.vectorise(reading, places=asked.reasons)
        reasons = None
        if asked.reasons:
            reasons = self.explainer.explain(
                document,
                reading.bounds,
                vector,
                scorer.contributions(vector, self.columns),
                max_contributions=asked.max_contributions,
                max_evidence=asked.max_evidence,
            )
        words = sum(len(sentence.words) for sentence in reading.sentences)
        known = int(vector.counts @ self._is_word[vector.features])
        return _Examined(self, document, reading, scorer.decide(vector), reasons, words, known)


class _Examined:
    """See `Examined`."""

    def __init__(
        self,
        examiner: Examiner,
        document: Document,
        reading: Reading,
        log_odds: Floats,
        reasons: tuple[Explained, ...] | None,
        words: int,
        known_words: int,
    ) -> None:
        self.reading = reading
        self.log_odds = log_odds
        self.reasons = reasons
        self.words = words
        self.known_words = known_words
        self._examiner = examiner
        self._document = document

    def exposures(self, flagged: Sequence[Regime]) -> list[float]:
        by_company = self.reading.by_company
        probability = self._examiner.exposure.probability
        return [probability(self.reading, spans, flagged, len(by_company)) for spans in by_company.values()]

    def instruments(self) -> list[InstrumentMatch]:
        return self._examiner.matcher.find(self._document)
