"""Texts in, the same `Scored` as `riskscore.scorer.Scorer` gives out, many at a time and much faster."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskscore.companies.mentions import CJK_CHARACTER
from riskscore.compiled.kernel import (
    FLAG,
    MAX_CONCEPTS_HERE,
    MAX_FRONTIER,
    MAX_SENTENCE_TOKENS,
    Scratch,
    Tokens,
    find_name_starts,
    score_texts,
)
from riskscore.compiled.tables import FeaturePaths, frequency_order, lexicon_tables, weight_tables
from riskscore.compiled.words import WordBook
from riskscore.concepts import WORD
from riskscore.features import MAX_CONCEPTS_A_SENTENCE, Reading
from riskscore.languages import ENGLISH
from riskscore.scorer import FeatureVector, Floats, Ints, Scored, Scorer, Term
from riskscore.sentences import split_sentences
from riskscore.types import Mention

_BATCH_CHARS = 50_000  # of the texts that go to the kernel at once; their arrays then stay in the cache
_CODE_POINTS = 0x110000

Bounds = Sequence[tuple[int, int]]


class CompiledScorer:
    """Scores with the kernel; one text that it cannot take goes to the reference. Safe between threads.

    Parameters
    ----------
    reference : Scorer
        Of English; the kernel knows tokens that are words, matched as they are written.

    Raises
    ------
    ValueError
        The language is another.
    """

    def __init__(self, reference: Scorer) -> None:
        language = reference.reader.language
        if language is not ENGLISH:
            raise ValueError(f"the kernel does not score the language {language.code!r}")
        self.reference = reference
        self.reader = reference.reader
        self.heads = reference.heads
        self.feature_names = reference.feature_names
        self.intercept = reference.intercept
        matcher = self.reader.matcher
        self._order = frequency_order(reference.idf)
        paths = FeaturePaths(self.feature_names, self._order, matcher)
        self._classes = _character_classes()
        self._book = WordBook(paths, matcher, self.reader.companies, self._classes)
        self._trie = paths.trie()
        self._lexicon = lexicon_tables(matcher)
        self._weights = weight_tables(
            reference.coef, reference.intercept, reference.idf, reference.normed, self._order
        )
        self._scratch = _scratch(len(self.feature_names), 1 << 16)
        self._lock = threading.Lock()

    def score(
        self,
        texts: Sequence[str],
        bounds: Sequence[Bounds] | None = None,
        *,
        vectors: bool = False,
    ) -> list[Scored]:
        """See `Scorer.score`."""
        scored: list[Scored] = []
        first = chars = 0
        for at, text in enumerate(texts):
            chars += len(text)
            if chars >= _BATCH_CHARS or at == len(texts) - 1:
                batch = texts[first : at + 1]
                sentences = (
                    [split_sentences(text) for text in batch] if bounds is None else bounds[first : at + 1]
                )
                with self._lock:
                    scored += self._score_batch(batch, sentences, vectors)
                first, chars = at + 1, 0
        return scored

    def contributions(self, vector: FeatureVector, columns: Sequence[int] | None = None) -> Floats:
        """See `Scorer.contributions`."""
        return self.reference.contributions(vector, columns)

    def _score_batch(self, texts: Sequence[str], bounds: Sequence[Bounds], vectors: bool) -> list[Scored]:
        self._book.forget_if_full()
        n_texts = len(texts)
        tokens, layout = self._split(texts, bounds)
        readings = self._read(texts, bounds, tokens, layout)
        seen = layout.first_sentence
        word_sentence, concept_sentence = seen[:-1], seen[:-1]
        masked = [at for at, reading in enumerate(readings) if reading.mentions]
        if masked:
            # The words of a text with names are those of its masked copies.
            copies = [readings[at].word_text for at in masked] + [readings[at].concept_text for at in masked]
            of_copies, copied = self._split(copies, [bounds[at] for at in masked] * 2)
            n_sentences = len(layout.starts)
            tokens = _strung_together(tokens, of_copies)
            word_sentence, concept_sentence = word_sentence.copy(), concept_sentence.copy()
            word_sentence[masked] = copied.first_sentence[: len(masked)] + n_sentences
            concept_sentence[masked] = copied.first_sentence[len(masked) : -1] + n_sentences
        counts = np.fromiter(map(len, bounds), np.int64, n_texts)
        ends = np.zeros((n_texts + 1, 3), np.int64)
        log_odds = np.empty((n_texts, len(self.heads)))
        done = 0
        while done < n_texts:
            done = score_texts(
                done,
                vectors,
                tokens,
                word_sentence,
                concept_sentence,
                counts,
                self._book.words,
                self._lexicon,
                self._trie,
                MAX_CONCEPTS_A_SENTENCE,
                self._weights,
                self._scratch,
                ends,
                log_odds,
            )
            if done < n_texts:
                self._scratch = _enlarged(self._scratch)
        found = self._vectors(ends) if vectors else [None] * n_texts
        n_words = (tokens.first[word_sentence + counts] - tokens.first[word_sentence]).tolist()
        scored = [Scored(*parts) for parts in zip(readings, log_odds, found, n_words, strict=True)]
        for at in np.flatnonzero(np.isnan(log_odds[:, 0])).tolist():
            scored[at] = self._by_reference(readings[at], n_words[at], vectors)
        return scored

    def _read(
        self, texts: Sequence[str], bounds: Sequence[Bounds], tokens: Tokens, layout: _Layout
    ) -> list[Reading]:
        """Find the companies; the kernel says where a name may begin, which is nowhere in most texts."""
        found = np.empty((len(tokens.word), 2), np.int64)
        ends = np.empty(len(texts), np.int64)
        count = find_name_starts(
            layout.points,
            layout.offsets,
            self._classes,
            layout.starts,
            layout.ends,
            tokens,
            layout.first_sentence,
            self._book.words,
            found,
            ends,
        )
        starts = found[:count].tolist()
        read, find = self.reader.read, self.reader.companies.find
        readings: list[Reading] = []
        low = 0
        for text, sentences, end in zip(texts, bounds, ends.tolist(), strict=True):
            mentions: Sequence[Mention] = ()
            high = ~end if end < 0 else end
            if end < 0:
                mentions = find(text)
            elif low < high:
                mentions = find(text, starts[low:high])
            readings.append(read(text, bounds=sentences, mentions=mentions))
            low = high
        return readings

    def _by_reference(self, reading: Reading, words: int, vectors: bool) -> Scored:
        vector = self.reference.vectorise(reading, places=vectors)
        return Scored(reading, self.reference.decide(vector), vector if vectors else None, words)

    def _vectors(self, ends: Ints) -> list[FeatureVector]:
        """The features of the texts of a batch; `ends` as in `score_texts`."""
        scratch = self._scratch
        occurrences, features, terms = ends[-1].tolist()
        present = self._order[scratch.present[:features]]
        values, counts = scratch.value[:features].copy(), scratch.times[:features].astype(np.int64)
        feature, sentence_of, starts, stops = (
            column[:occurrences].astype(np.int64)
            for column in (scratch.feature, scratch.sentence, scratch.start, scratch.end)
        )
        held = scratch.term_concepts[: terms + 1].tolist()
        concept = scratch.term_concept[: held[-1]].tolist()
        known = [
            Term(sentence, start, end, tuple(concept[low:high]))
            for sentence, start, end, low, high in zip(
                scratch.term_sentence[:terms].tolist(),
                scratch.term_start[:terms].tolist(),
                scratch.term_end[:terms].tolist(),
                held,
                held[1:],
                strict=False,
            )
        ]
        return [
            FeatureVector(
                present[f0:f1],
                values[f0:f1],
                counts[f0:f1],
                feature[o0:o1] - f0,
                sentence_of[o0:o1],
                starts[o0:o1],
                stops[o0:o1],
                tuple(known[t0:t1]),
            )
            for (o0, f0, t0), (o1, f1, t1) in pairwise(ends.tolist())
        ]

    def _split(self, strings: Sequence[str], bounds: Sequence[Bounds]) -> tuple[Tokens, _Layout]:
        layout = _Layout(strings, bounds)
        tokens = self._book.split(layout.points, layout.starts, layout.ends, layout.sentence_offset)
        return tokens, layout


def _strung_together(tokens: Tokens, more: Tokens) -> Tokens:
    return Tokens(
        np.concatenate([tokens.word, more.word]),
        np.concatenate([tokens.start, more.start]),
        np.concatenate([tokens.end, more.end]),
        np.concatenate([tokens.first[:-1], more.first + len(tokens.word)]),
    )


class _Layout:
    """Strings strung together as code points, and their sentences.

    Attributes
    ----------
    offsets : ndarray, shape (n_strings + 1,)
        Where each string begins among the code points.
    starts, ends, sentence_offset : ndarray, shape (n_sentences,)
        The latter is where the string of each sentence begins.
    first_sentence : ndarray, shape (n_strings + 1,)
    """

    def __init__(self, strings: Sequence[str], bounds: Sequence[Bounds]) -> None:
        whole = "".join(strings).encode("utf-32-le", "surrogatepass")
        self.points: NDArray[np.uint32] = np.frombuffer(whole, np.uint32)
        self.offsets = np.zeros(len(strings) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, strings), np.int64, len(strings)), out=self.offsets[1:])
        counts = np.fromiter(map(len, bounds), np.int64, len(strings))
        self.first_sentence = np.zeros(len(strings) + 1, np.int64)
        np.cumsum(counts, out=self.first_sentence[1:])
        flat = chain.from_iterable(chain.from_iterable(bounds))
        ranges = np.fromiter(flat, np.int64, 2 * int(self.first_sentence[-1])).reshape(-1, 2)
        self.sentence_offset = np.repeat(self.offsets[:-1], counts)
        ranges += self.sentence_offset[:, None]
        self.starts, self.ends = ranges[:, 0].copy(), ranges[:, 1].copy()


def _character_classes() -> NDArray[np.uint8]:
    """Of each code point: 0 outside words, 1 in words, 2 in words of a script without spaces (CJK)."""
    every = np.arange(_CODE_POINTS, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    classes = np.zeros(_CODE_POINTS, np.uint8)
    for run in WORD.finditer(every):
        classes[run.start() : run.end()] = 1
    for found in CJK_CHARACTER.finditer(every):
        classes[found.start()] *= 2  # the ranges of these scripts have places without a character
    return classes


def _scratch(n_features: int, room: int) -> Scratch:
    tokens = MAX_SENTENCE_TOKENS + 1
    return Scratch(
        feature=np.empty(room, np.uint32),
        sentence=np.empty(room, np.int32),
        start=np.empty(room, np.int32),
        end=np.empty(room, np.int32),
        seen=np.zeros(n_features, np.uint32),
        present=np.empty(room, np.uint32),
        times=np.empty(room, np.int32),
        value=np.empty(room),
        squares=np.empty(FLAG + 1),
        frontier=np.empty(MAX_FRONTIER, np.int32),
        following=np.empty(MAX_FRONTIER, np.int32),
        concepts=np.empty(MAX_CONCEPTS_A_SENTENCE, np.int32),
        roles=np.empty(MAX_CONCEPTS_A_SENTENCE, np.int32),
        term_sentence=np.empty(room, np.int32),
        term_start=np.empty(room, np.int32),
        term_end=np.empty(room, np.int32),
        term_concepts=np.zeros(room + 1, np.int64),
        term_concept=np.empty(room, np.int32),
        match_first=np.empty(tokens, np.int64),
        match_end=np.empty(tokens, np.int64),
        match_concepts=np.empty(tokens, np.int64),
        match_concept=np.empty(MAX_CONCEPTS_HERE, np.int32),
        unit_symbol=np.empty(tokens, np.int32),
        unit_node=np.empty(tokens, np.int32),
        unit_concept=np.empty(tokens, np.uint8),
        unit_start=np.empty(tokens, np.int64),
        unit_end=np.empty(tokens, np.int64),
    )


def _enlarged(scratch: Scratch) -> Scratch:
    """Twice the room for occurrences, with what is there kept."""
    room = 2 * len(scratch.feature)
    larger = _scratch(len(scratch.seen), room)
    for name in Scratch._fields:
        old: NDArray[Any] = getattr(scratch, name)
        getattr(larger, name)[: len(old)] = old
    return larger
