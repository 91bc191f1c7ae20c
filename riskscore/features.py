"""Clean text in, named features out: the one definition that training and serving share.

Six families, each a list of keys per text. A feature's name is ``family:key``:

========  ==============================================================  =====================
family    key                                                             value
========  ==============================================================  =====================
word      one or two neighbouring words of a sentence                     TF-IDF, length-normed
subword   three to five characters inside a word ("<" begins, ">" ends)   TF-IDF, length-normed
phrase    two or three neighbours, lexicon terms read as their concept    TF-IDF, length-normed
concept   one to three lexicon concepts within one sentence               1 if any sentence has it
role      two to four concept roles within one sentence                   1 if any sentence has it
order     concepts that follow each other within one sentence             1 if any sentence has it
========  ==============================================================  =====================

In Chinese a character is a word, and there is no subword family (`riskscore.languages`). Company names
are masked before any of it, so that no weight can attach to a name; a name that is itself a lexicon term
(TikTok, an app) stays visible to the concepts alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, islice

from riskscore.companies.mentions import MASK, CompanyMatcher
from riskscore.concepts import ConceptMatch, ConceptMatcher, fold
from riskscore.languages import ENGLISH, Language
from riskscore.sentences import split_sentences
from riskscore.types import Company, Concept, Mention

WEIGHTED_FAMILIES = ("word", "subword", "phrase")  # TF-IDF; the others are flags
FAMILIES = (*WEIGHTED_FAMILIES, "concept", "role", "order")
SUBWORD_LENGTHS = (3, 4, 5)
MAX_CONCEPTS_TOGETHER = 3
MAX_ROLES_TOGETHER = 4
PRODUCT_CONCEPT = "china_app"  # its terms are names of apps and services, by which their bans are told
ORDER_REACH = 3  # how many concept terms ahead an ordered pair looks
MAX_CONCEPTS_A_SENTENCE = 20  # real sentences hold fewer; bounds the combinations of a hostile one
MAX_WORD_CHARS = 40  # beyond it a "word" is a URL, a hash or an attack; its runs say nothing
ROLES_LEFT_OUT = frozenset({"cue", "modifier"})
MASKED_UNIT = "_"
_JOIN = " & "
_THEN = " > "
_BRACKETED = re.compile(r"\[(\w+)\]")


@dataclass(frozen=True, slots=True)
class SentenceReading:
    """One sentence as the features see it."""

    start: int  # in the text
    end: int
    words: list[str]  # as written; masked names are runs of MASK
    concept_words: list[str]  # the same, names that are lexicon terms left visible
    concept_matches: list[ConceptMatch]  # over `concept_words`
    concepts: tuple[int, ...]  # distinct, ascending


class Reading:
    """One text as the features see it; what costs time is worked out when it is asked for.

    Attributes
    ----------
    text : str
    mentions : tuple of Mention
    bounds : tuple of (int, int)
        Range of each sentence in the text.
    """

    def __init__(
        self,
        reader: FeatureReader,
        text: str,
        mentions: Sequence[Mention],
        bounds: Sequence[tuple[int, int]],
    ) -> None:
        self.text = text
        self.mentions = tuple(mentions)
        self.bounds = tuple(bounds)
        self._reader = reader
        self._sentences: dict[int, SentenceReading] = {}

    @cached_property
    def word_text(self) -> str:
        """The text with company names masked, in the form that tokens are matched on; same length."""
        return self._reader.masked(self.text, self.mentions)

    @cached_property
    def concept_text(self) -> str:
        """The same, names that are lexicon terms left visible."""
        hidden = self._reader.hidden(self.mentions)
        if len(hidden) == len(self.mentions):
            return self.word_text
        return self._reader.masked(self.text, hidden)

    @cached_property
    def by_company(self) -> dict[str, list[tuple[int, int]]]:
        """Ranges of the mentions of each company, in the order of their first."""
        found: dict[str, list[tuple[int, int]]] = {}
        for mention in self.mentions:
            found.setdefault(mention.company_id, []).append((mention.start, mention.end))
        return found

    @property
    def sentences(self) -> list[SentenceReading]:
        """All sentences, in order."""
        return [self.sentence(at) for at in range(len(self.bounds))]

    def sentence(self, at: int) -> SentenceReading:
        """The sentence of that index."""
        known = self._sentences.get(at)
        if known is None:
            known = self._reader.read_sentence(self, *self.bounds[at])
            self._sentences[at] = known
        return known


class FeatureReader:
    """Reads texts into the form from which all families take their keys.

    Parameters
    ----------
    concepts : iterable of Concept
        The lexicon.
    companies : iterable of Company, or CompanyMatcher
        Whose names are masked.
    language : Language
        Of the texts and of the lexicon.
    """

    def __init__(
        self,
        concepts: Iterable[Concept],
        companies: Iterable[Company] | CompanyMatcher,
        language: Language = ENGLISH,
    ) -> None:
        # By name, so that feature names do not depend on the order of the lexicon file.
        concepts = tuple(sorted(concepts, key=lambda concept: concept.name))
        self.language = language
        self.matcher = ConceptMatcher(
            replace(concept, terms=tuple(map(language.term, concept.terms))) for concept in concepts
        )
        self.companies = companies if isinstance(companies, CompanyMatcher) else CompanyMatcher(companies)
        self.descriptions = {concept.name: concept.description for concept in concepts}
        self._visible = {
            language.plain(term).rstrip("*")
            for concept in concepts
            if concept.name == PRODUCT_CONCEPT
            for term in concept.terms
        }

    def read(
        self,
        text: str,
        *,
        mentions: Sequence[Mention] | None = None,
        bounds: Sequence[tuple[int, int]] | None = None,
    ) -> Reading:
        """Find the names and sentences of one text (any string; linear time), where they are not given."""
        return Reading(
            self,
            text,
            self.companies.find(text) if mentions is None else mentions,
            split_sentences(text) if bounds is None else bounds,
        )

    def masked(self, text: str, mentions: Sequence[Mention]) -> str:
        """The text with the mentions masked, in the form that tokens are matched on; same length."""
        return self.language.plain(self.companies.mask(text, mentions) if mentions else text)

    def hidden(self, mentions: Sequence[Mention]) -> list[Mention]:
        """The mentions that the concepts do not see: all but names of apps and services in the lexicon."""
        return [mention for mention in mentions if self.is_hidden(mention)]

    def is_hidden(self, mention: Mention) -> bool:
        """Whether the concepts do not see this mention."""
        name = fold(self.language.plain(mention.alias))
        # A legal suffix ("TikTok Inc.") does not make another thing of it.
        return name not in self._visible and name.partition(" ")[0].rstrip(",") not in self._visible

    def read_sentence(self, reading: Reading, start: int, end: int) -> SentenceReading:
        """Words and concepts of one sentence."""
        token = self.language.token
        concept_words = token.findall(reading.concept_text, start, end)
        matches = self.matcher.match(concept_words)
        found = dict.fromkeys(index for match in matches for index in match.concepts)
        concepts = tuple(sorted(islice(found, MAX_CONCEPTS_A_SENTENCE)))
        words = token.findall(reading.word_text, start, end)
        return SentenceReading(start, end, words, concept_words, matches, concepts)

    def concept_keys(self, concepts: Sequence[int]) -> Iterator[str]:
        """Keys of the concept family for one sentence's concept indices."""
        names = self.matcher.names
        for size in range(1, MAX_CONCEPTS_TOGETHER + 1):
            for together in combinations(concepts, size):
                yield _JOIN.join([names[index] for index in together])

    def role_keys(self, concepts: Sequence[int]) -> Iterator[str]:
        """Keys of the role family for one sentence's concept indices."""
        roles = sorted({self.matcher.roles[index] for index in concepts} - ROLES_LEFT_OUT)
        for size in range(2, MAX_ROLES_TOGETHER + 1):
            for together in combinations(roles, size):
                yield _JOIN.join(together)

    def order_keys(self, matches: Sequence[ConceptMatch]) -> Iterator[str]:
        """Keys of the order family: pairs within reach of each other, and runs of three."""
        names = [self.matcher.names[match.concepts[0]] for match in matches]
        for at, name in enumerate(names):
            for later in names[at + 1 : at + 1 + ORDER_REACH]:
                yield f"{name}{_THEN}{later}"
            if at + 2 < len(names):
                yield _THEN.join(names[at : at + 3])

    def phrase_keys(self, sentence: SentenceReading) -> Iterator[str]:
        """Keys of the phrase family: runs of two or three units, one of them at least a concept."""
        return (key for key, _, _ in self.phrases(sentence))

    def phrases(self, sentence: SentenceReading) -> Iterator[tuple[str, int, int]]:
        """The same with the first word and the end word of each, counted in ``concept_words``."""
        units = self.units(sentence)
        is_concept = [unit[:1] == "[" for unit, _, _ in units]  # a unit may be empty: accents fold to nothing
        for size in (2, 3):
            for start in range(len(units) - size + 1):
                if any(is_concept[start : start + size]):
                    run = units[start : start + size]
                    yield " ".join([unit for unit, _, _ in run]), run[0][1], run[-1][2]

    def units(self, sentence: SentenceReading) -> list[tuple[str, int, int]]:
        """A sentence as ("[concept]", "_" for a masked name, or folded word; first word; end word)."""
        units = []
        position = 0
        for match in sentence.concept_matches:
            units += _plain_units(sentence.concept_words, position, match.first)
            position = match.first + match.length
            units.append((concept_unit(self.matcher.names[match.concepts[0]]), match.first, position))
        return units + _plain_units(sentence.concept_words, position, len(sentence.concept_words))

    def keys(self, family: str, reading: Reading) -> Iterator[str]:
        """All keys of one family in a text, repeats included, in reading order."""
        if family == "word":
            for sentence in reading.sentences:
                yield from word_keys(sentence.words)
        elif family == "subword":
            for sentence in reading.sentences:
                for word in sentence.words:
                    yield from subword_keys(word)
        elif family == "phrase":
            for sentence in reading.sentences:
                yield from self.phrase_keys(sentence)
        elif family == "order":
            for sentence in reading.sentences:
                yield from self.order_keys(sentence.concept_matches)
        elif family in ("concept", "role"):
            of_sentence = self.concept_keys if family == "concept" else self.role_keys
            for sentence in reading.sentences:
                yield from of_sentence(sentence.concepts)
        else:
            raise ValueError(f"unknown feature family {family!r}; known are {', '.join(FAMILIES)}")

    def concepts_behind(self, feature: str) -> frozenset[int]:
        """Indices of the concepts whose terms make up a concept, role or order feature; else none."""
        family, _, key = feature.partition(":")
        if family not in ("concept", "role", "order"):
            return frozenset()
        labels = self.matcher.roles if family == "role" else self.matcher.names
        parts = set(key_parts(family, key))
        return frozenset([index for index, label in enumerate(labels) if label in parts])

    def _in_brackets(self, match: re.Match[str]) -> str:
        return f"[{self.descriptions[match[1]]}]"

    def describe(self, feature: str) -> str:
        """What a reviewer reads for a feature name."""
        family, _, key = feature.partition(":")
        if not self.language.spaced and family in ("word", "phrase"):
            key = key.replace(" ", "")
            if family == "word":
                return f"the characters “{key}”" if len(key) > 1 else f"the character “{key}”"
        if family == "phrase":
            return f"the phrase “{_BRACKETED.sub(self._in_brackets, key)}”"
        if family == "order":
            parts = key_parts(family, key)
            return ", then ".join(self.descriptions[part] for part in parts) + " in one sentence"
        if family == "word":
            return f"the words “{key}”" if " " in key else f"the word “{key}”"
        if family == "subword":
            core = key.strip("<>")
            where = {
                (True, True): "the word",
                (True, False): "words beginning",
                (False, True): "words ending",
            }
            return f"{where.get((key[0] == '<', key[-1] == '>'), 'words containing')} “{core}”"
        parts = key_parts(family, key)
        if family == "concept":
            parts = [self.descriptions[part] for part in parts]
        return " × ".join(parts) + (" in one sentence" if len(parts) > 1 else "")


def key_parts(family: str, key: str) -> list[str]:
    """What a key of a family was joined from: words, units, names of concepts or roles."""
    if family in ("word", "phrase"):
        return key.split(" ")
    return key.split(_THEN if family == "order" else _JOIN)


def concept_unit(name: str) -> str:
    """The unit of a phrase that stands for a term of a concept."""
    return f"[{name}]"


def _plain_units(words: Sequence[str], start: int, end: int) -> list[tuple[str, int, int]]:
    return [
        (MASKED_UNIT if words[at][0] == MASK else fold(words[at]), at, at + 1) for at in range(start, end)
    ]


def word_keys(words: Sequence[str]) -> Iterator[str]:
    """Words and pairs of neighbouring words of one sentence, folded; masked names break pairs."""
    previous = ""
    for word in words:
        if word[0] == MASK:
            previous = ""
            continue
        folded = fold(word)
        yield folded
        if previous:
            yield f"{previous} {folded}"
        previous = folded


def subword_keys(word: str) -> Iterator[str]:
    """Runs of three to five characters of a folded word with "<" and ">" at its ends."""
    if word[0] == MASK:
        return
    bounded = f"<{fold(word)[:MAX_WORD_CHARS]}>"
    for length in SUBWORD_LENGTHS:
        for start in range(len(bounded) - length + 1):
            yield bounded[start : start + length]
