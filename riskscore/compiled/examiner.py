"""Documents in, what `riskscore.examination.Examiner` says of each out, many at a time and much faster."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

from riskscore.compiled.examining import NOTHING, Tables, Wanted, examine
from riskscore.compiled.exposure import Companies
from riskscore.compiled.findings import Findings
from riskscore.compiled.layout import character_classes, laid_out, segments_of
from riskscore.compiled.names import find_name_starts
from riskscore.compiled.reasons import ALL
from riskscore.compiled.tables import (
    FeaturePaths,
    context_tables,
    frequency_order,
    lexicon_tables,
    phrase_tables,
)
from riskscore.compiled.tokens import Texts, Tokens, mask
from riskscore.compiled.words import WordBook
from riskscore.compiled.workspace import Workspace
from riskscore.examination import Asked, Bounds, Examined, Examiner
from riskscore.features import MAX_CONCEPTS_A_SENTENCE, Reading
from riskscore.languages import ENGLISH
from riskscore.scorer import Floats
from riskscore.sentences import split_sentences
from riskscore.types import Document, Mention, Segment, Sentence

_BATCH_CHARS = 50_000  # of the texts that go to the loops at once; their arrays then stay in the cache
# Names a company, so that all loops are run.
_FIRST = Document("Nvidia", (Segment(0, 6, "text", 0),), (Sentence(0, 6),))
_SCORE_ALONE = Wanted(NOTHING, 0, contexts=False, phrases=False)

Item = TypeVar("Item")


class CompiledExaminer:
    """Examines with machine code; a document that it cannot take goes to the reference. Safe between threads.

    Parameters
    ----------
    reference : Examiner
        Of English; the loops know tokens that are words, matched as they are written.

    Raises
    ------
    ValueError
        The language is another.
    """

    def __init__(self, reference: Examiner) -> None:
        scorer = reference.scorer
        language = scorer.reader.language
        if language is not ENGLISH:
            raise ValueError(f"the loops do not score the language {language.code!r}")
        self.reference = reference
        self.heads = scorer.heads
        self.intercept = scorer.intercept
        self._reader = scorer.reader
        matcher, exposure, finder = scorer.reader.matcher, reference.exposure, reference.matcher.finder
        order = frequency_order(scorer.idf)
        paths = FeaturePaths(scorer.feature_names, order, matcher)
        self._classes = character_classes()
        self._book = WordBook(paths, scorer.reader, finder, exposure, self._classes)
        self._tables = Tables(
            lexicon=lexicon_tables(matcher),
            trie=paths.trie(),
            weights=paths.weights(scorer.coef, scorer.intercept, scorer.idf, scorer.normed, order),
            meanings=paths.meanings(order, reference.columns),
            contexts=context_tables(exposure.numbers, matcher.names, paths.roles),
            phrases=phrase_tables(finder),
            most_concepts=MAX_CONCEPTS_A_SENTENCE,
        )
        self._workspace = Workspace(len(order), len(exposure.numbers))
        self._lock = threading.Lock()
        # Machine code is made, or read from the disk, before anybody waits for a score.
        self.examine([_FIRST], Asked(reasons=True, instruments=True))

    def score(self, texts: Sequence[str], bounds: Sequence[Bounds] | None = None) -> Floats:
        """See `Examiner.score`."""
        found = np.empty((len(texts), len(self.heads)))
        for batch in _batches(texts):
            strings = texts[batch]
            sentences = list(map(split_sentences, strings)) if bounds is None else bounds[batch]
            with self._lock:
                found[batch] = self._examine(strings, sentences, (), _SCORE_ALONE).log_odds
            for at in np.flatnonzero(np.isnan(found[batch, 0])).tolist():
                found[batch.start + at] = self.reference.score([strings[at]], [sentences[at]])[0]
        return found

    def examine(self, documents: Sequence[Document], asked: Asked) -> list[Examined]:
        """See `Examiner.examine`."""
        wanted = Wanted(
            contributions=NOTHING
            if not asked.reasons
            else ALL
            if asked.max_contributions is None
            else asked.max_contributions,
            evidence=asked.max_evidence,
            contexts=True,
            phrases=asked.instruments,
        )
        examined: list[Examined] = []
        for batch in _batches([document.text for document in documents]):
            here = documents[batch]
            with self._lock:
                found = self._examine(
                    [document.text for document in here],
                    [document.sentences for document in here],
                    here,
                    wanted,
                )
            examined += [
                self.reference.examined(document, asked) if one is None else one
                for document, one in zip(here, found.of_documents(self.reference, here), strict=True)
            ]
        return examined

    def _examine(
        self,
        strings: Sequence[str],
        bounds: Sequence[Bounds],
        documents: Sequence[Document],
        wanted: Wanted,
    ) -> Findings:
        self._book.forget_if_full()
        workspace = self._workspace
        texts = laid_out(strings, bounds)
        n_sentences = len(texts.starts)
        n_points = int((texts.ends - texts.starts).sum()) + n_sentences
        # Room for the words as they are written, with names masked, and as the concepts see them.
        tokens = Tokens(
            *np.empty((3, 3 * (n_points // 2 + 1)), np.int32), *np.empty((3, n_sentences, 2), np.int32)
        )
        every = np.ones(n_sentences, np.uint8)
        count = self._book.split(texts, texts.points, every, n_points, tokens, tokens.written, 0)
        tokens.masked[:] = tokens.written
        tokens.concept[:] = tokens.written
        readings = self._read(strings, bounds, texts, tokens, count)
        mentions = [(at, reading.mentions) for at, reading in enumerate(readings) if reading.mentions]
        if mentions:
            self._mask(mentions, texts, tokens, count)
        companies = _companies(readings)
        found = workspace.found(len(strings), n_sentences, len(companies.mention) - 1, len(self.heads))
        segments, first_segment = segments_of(documents)
        done = 0
        while True:
            done = examine(
                done,
                wanted,
                texts,
                tokens,
                self._book.words,
                segments,
                first_segment,
                companies,
                self._tables,
                workspace.space,
                found,
            )
            if done == len(strings):
                break
            found = workspace.enlarge(found)
        findings = Findings(found, readings, texts, companies, wanted)
        workspace.give_back()
        return findings

    def _read(
        self, strings: Sequence[str], bounds: Sequence[Bounds], texts: Texts, tokens: Tokens, n_words: int
    ) -> list[Reading]:
        """Find the companies; the words tell where a name may begin, which is nowhere in most texts."""
        found = np.empty((n_words, 2), np.int64)
        ends = np.empty(len(strings), np.int64)
        count = find_name_starts(texts, self._classes, tokens, self._book.words, found, ends)
        starts = found[:count].tolist()
        read, find = self._reader.read, self._reader.companies.find
        readings: list[Reading] = []
        low = 0
        for text, sentences, end in zip(strings, bounds, ends.tolist(), strict=True):
            mentions: Sequence[Mention] = ()
            high = ~end if end < 0 else end
            if end < 0:
                mentions = find(text)
            elif low < high:
                mentions = find(text, starts[low:high])
            readings.append(read(text, bounds=sentences, mentions=mentions))
            low = high
        return readings

    def _mask(
        self, mentions: Sequence[tuple[int, Sequence[Mention]]], texts: Texts, tokens: Tokens, count: int
    ) -> None:
        """Split the sentences that name a company again, with the names masked."""
        bounds = texts.bounds.tolist()
        places = [(bounds[at] + one.start, bounds[at] + one.end) for at, those in mentions for one in those]
        starts, ends = np.array(places, np.int64).T.copy()
        hidden = [self._reader.is_hidden(one) for _, those in mentions for one in those]
        points = texts.points.copy()
        wanted = np.empty(len(texts.starts), np.uint8)
        every = np.ones(len(starts), np.uint8)
        n_points = mask(texts, starts, ends, every, 1, points, wanted)
        count = self._book.split(texts, points, wanted, n_points, tokens, tokens.masked, count)
        tokens.concept[:] = tokens.masked
        if not all(hidden):
            shown = np.logical_not(hidden).astype(np.uint8)
            n_points = mask(texts, starts, ends, shown, 0, points, wanted)
            self._book.split(texts, points, wanted, n_points, tokens, tokens.concept, count)


def _companies(readings: Sequence[Reading]) -> Companies:
    """The companies of all texts, in the order of `Reading.by_company`."""
    first, mention = [0], [0]
    spans: list[tuple[int, int]] = []
    for reading in readings:
        if reading.mentions:
            for of_company in reading.by_company.values():
                spans += of_company
                mention.append(len(spans))
        first.append(len(mention) - 1)
    starts, ends = np.array(spans, np.int64).reshape(-1, 2).T.copy()
    return Companies(np.array(first, np.int64), np.array(mention, np.int64), starts, ends)


def _batches(texts: Sequence[str]) -> Iterator[slice]:
    """Ranges of texts that are examined at once."""
    first = chars = 0
    for at, text in enumerate(texts, 1):
        chars += len(text)
        if chars >= _BATCH_CHARS or at == len(texts):
            yield slice(first, at)
            first, chars = at, 0
