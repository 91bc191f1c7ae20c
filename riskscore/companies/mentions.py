"""Text → company mentions, with the alias as written and its offsets; names masked; relevance; search.

A name matches on whole words, in the case of the knowledge file or in capitals throughout, the longest
first; a legal suffix that follows ("Inc", "Holdings") is part of the mention. A ticker matches only where
the text writes it as one. A Chinese name matches anywhere in CJK text, in Simplified and in
Traditional characters. A name that the file marks as
ambiguous needs evidence about it (`company_context`), or an unambiguous mention of the same company.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from riskscore.companies.context import settle
from riskscore.companies.search import CompanyIndex
from riskscore.companies.tickers import market_in_context, market_of, spellings
from riskscore.text.han import CJK, simplify
from riskscore.types import Company, Mention

MASK = "ꙮ"  # U+A66E: a letter, so that a masked name still reads as one word, and found in no news

_LETTER = rf"[^\W{CJK}]"  # a word character; CJK is written without spaces, so it ends a Latin word
_TOKENS = re.compile(rf"{_LETTER}+")
_SECOND_WORD = re.compile(rf"[^\w{CJK}]{{1,4}}({_LETTER}+)")
CJK_CHARACTER = re.compile(rf"[{CJK}]")  # a text with one may name a company inside a word
LEGAL_SUFFIX = re.compile(
    r"""(?:,?[ \u00a0]
        (?:Inc|Incorporated|Corp|Corporation|Co|Company|Ltd|Limited|PLC|Plc|plc|LLC|LLP|L\.P|LP|AG|SE|S\.A|SA
          |N\.V|NV|B\.V|BV|GmbH|AB|ASA|Oyj|S\.p\.A|SpA|Bhd|Pte|Holdings?|Group
          |INC|INCORPORATED|CORP|CORPORATION|CO|COMPANY|LTD|LIMITED|HOLDINGS?|GROUP)(?!\w|-)\.?)+""",
    re.VERBOSE,
)

_TITLE_WEIGHT, _LEAD_WEIGHT, _SHARE_WEIGHT, _POSITION_WEIGHT = 0.4, 0.2, 0.3, 0.1
_LEAD_CHARACTERS = 200

Kind = Literal["name", "alias", "ticker", "chinese_name"]


class _Name(NamedTuple):
    """One written form of a company's name, filed under its first word."""

    rest: str  # what follows the first word: " Research"
    company_id: str
    kind: Kind
    ambiguous: bool
    market: str  # of a ticker, else ""


class NamePart(NamedTuple):
    """The part that a word plays in the names of companies."""

    one_word: bool  # a name by itself
    ticker: bool
    begins: bool  # a name of several words
    second: bool  # word of such a name


class _Names:
    """The names that begin with one word: those of one word, and the longer ones by their second."""

    __slots__ = ("by_second_word", "of_one_word")

    def __init__(self) -> None:
        self.of_one_word: list[_Name] = []
        self.by_second_word: dict[str, list[_Name]] = {}

    def add(self, name: _Name) -> None:
        second = _TOKENS.search(name.rest)
        names = self.by_second_word.setdefault(second[0], []) if second else self.of_one_word
        names.append(name)
        # A ticker's context is the stricter test, so it is tried before a name that looks the same.
        names.sort(key=lambda name: (-len(name.rest), name.kind != "ticker"))

    def at(self, text: str, start: int, end: int) -> tuple[_Name, int] | None:
        """The longest name whose first word is text[start:end], and where it ends."""
        if self.by_second_word:
            second = _SECOND_WORD.match(text, end)
            for name in self.by_second_word.get(second[1], ()) if second else ():
                stop = _end_of(name, text, start, end)
                if stop:
                    return name, stop
        for name in self.of_one_word:
            stop = _end_of(name, text, start, end)
            if stop:
                return name, stop
        return None


class CompanyMatcher:
    """Finds, masks and looks up the companies it was built with.

    Parameters
    ----------
    companies : iterable of Company
        Their names are taken to be free of clashes; the knowledge loader checks that.
    """

    def __init__(self, companies: Iterable[Company]) -> None:
        companies = tuple(companies)
        self._index = CompanyIndex(companies)
        self._names: dict[str, _Names] = {}
        self._lower_case: list[str] = []
        self._chinese: dict[str, list[tuple[str, str]]] = {}
        for company in companies:
            self._file(company)
        for chinese in self._chinese.values():
            chinese.sort(key=lambda pair: -len(pair[0]))
        self._second_words = {word for names in self._names.values() for word in names.by_second_word}
        initials = {first[0] for first in self._names}
        capitals = {c for c in initials if not c.islower()}
        # Few names start in lower case (iFlytek, xAI); words that do are many. The pattern that stops
        # at them too is used only on a text in which such a name stands: half the time of one pass.
        self._words = _words_starting_with(capitals)
        self._all_words = _words_starting_with(initials)
        self._chinese_initials = _any_of(set(self._chinese))

    def _file(self, company: Company) -> None:
        ambiguous = set(company.ambiguous)
        for written in (company.name, *company.aliases):
            kind: Kind = "name" if written == company.name else "alias"
            curly = written.replace("'", "’")
            for form in dict.fromkeys((written, written.upper(), curly, curly.upper())):
                self._file_form(form, company.company_id, kind, written in ambiguous)
        for ticker in company.tickers:
            exchange, _, symbol = ticker.partition(":")
            for form in spellings(exchange, symbol):
                self._file_form(form, company.company_id, "ticker", False, market_of(exchange))
        if company.chinese_name:
            name = simplify(company.chinese_name)
            self._chinese.setdefault(name[0], []).append((name, company.company_id))

    def _file_form(self, form: str, company_id: str, kind: Kind, ambiguous: bool, market: str = "") -> None:
        first = _TOKENS.match(form)
        if first is None:
            raise ValueError(f"{company_id}: {form!r} does not start with a letter or digit")
        name = _Name(form[first.end() :], company_id, kind, ambiguous, market)
        self._names.setdefault(first[0], _Names()).add(name)
        if form[0].islower():
            self._lower_case.append(form)

    def part_in_names(self, word: str) -> NamePart:
        """The part that a word (as written) plays; a text of words that play none names nobody."""
        names = self._names.get(word)
        return NamePart(
            one_word=names is not None and any(not name.market for name in names.of_one_word),
            ticker=names is not None and any(name.market for name in names.of_one_word),
            begins=names is not None and bool(names.by_second_word),
            second=word in self._second_words,
        )

    def find(self, text: str, starts: Iterable[tuple[int, int]] | None = None) -> list[Mention]:
        """Company mentions in `text`, in order and not overlapping; `text[m.start:m.end] == m.alias`.

        Linear in the length of the text; never raises, whatever the characters.

        Parameters
        ----------
        starts : iterable of (int, int), optional
            The words of the text, in order, with which a name may begin, as `part_in_names` tells, where
            the caller knows them; of a text without CJK characters, where every word is Latin.
        """
        found: list[Mention] = []
        doubtful: list[Mention] = []
        stop = 0
        for start, end in self._starts(text) if starts is None else starts:
            if start < stop:
                continue
            names = self._names.get(text[start:end])
            if names is None:
                continue
            match = names.at(text, start, end)
            if match is None:
                continue
            name, stop = match
            suffixed = None if name.kind == "ticker" else LEGAL_SUFFIX.match(text, stop)
            if suffixed:
                stop = suffixed.end()
            mention = Mention(name.company_id, text[start:stop], start, stop, name.kind)
            if name.ambiguous and not suffixed:
                doubtful.append(mention)
            else:
                found.append(mention)
        chinese = [] if starts is not None or text.isascii() else self._find_chinese(text)
        if chinese:
            found = sorted(found + chinese, key=_place)
        if doubtful:
            found = settle(text, found, doubtful)
        return _disjoint(found) if chinese else found

    def _starts(self, text: str) -> Iterator[tuple[int, int]]:
        """Words of a text that begin with an initial of a name."""
        words = self._words
        for written in self._lower_case:
            if written in text:
                words = self._all_words
                break
        return (word.span() for word in words.finditer(text))

    def _find_chinese(self, text: str) -> list[Mention]:
        if not CJK_CHARACTER.search(text):
            return []
        found: list[Mention] = []
        simplified = simplify(text)
        for initial in self._chinese_initials.finditer(simplified):
            start = initial.start()
            for name, company_id in self._chinese[initial[0]]:
                if simplified.startswith(name, start):
                    end = start + len(name)
                    found.append(Mention(company_id, text[start:end], start, end, "chinese_name"))
                    break
        return found

    def mask(self, text: str, mentions: Sequence[Mention] | None = None) -> str:
        """`text` with every character of every mention replaced by `MASK`; same length, same offsets.

        `mentions`, when given, are those of `find(text)`, so that they are not looked for twice.
        """
        pieces: list[str] = []
        stop = 0
        for mention in self.find(text) if mentions is None else mentions:
            pieces += (text[stop : mention.start], MASK * (mention.end - mention.start))
            stop = mention.end
        pieces.append(text[stop:])
        return "".join(pieces)

    def search(self, query: str, limit: int = 10) -> list[Company]:
        """Companies that `query` may mean, best first; see `CompanyIndex.search`."""
        return self._index.search(query, limit)

    def ranked(self, query: str, limit: int = 10) -> list[tuple[Company, float]]:
        """The same, each with its likeness; see `CompanyIndex.ranked`."""
        return self._index.ranked(query, limit)


def relevance(mentions: Sequence[Mention], document_length: int, title_end: int) -> dict[str, float]:
    """How far each company is what the document is about, 0 (in passing) to 1 (its one subject).

    ``0.4·title + 0.2·lead + 0.3·sqrt(share) + 0.1·(1 - first / document_length)``, where `title` is 1
    when the title names the company, `lead` is 1 when the title or the 200 characters after it (about
    one sentence) do, `share` is the company's part of all mentions, and `first` the offset of its first
    mention. The root keeps the second of two firms from looking like a bystander. A document without a
    title is judged on the other three terms, scaled to end at 1.

    Parameters
    ----------
    mentions : sequence of Mention
        All mentions of the document, as `CompanyMatcher.find` gives them.
    document_length : int
        Characters in the document, title included.
    title_end : int
        Offset at which the title ends; 0 when there is none.

    Returns
    -------
    dict of company_id to float
        In the order of first mention.
    """
    counts: dict[str, int] = {}
    first: dict[str, int] = {}
    for mention in mentions:
        counts[mention.company_id] = counts.get(mention.company_id, 0) + 1
        first[mention.company_id] = min(mention.start, first.get(mention.company_id, mention.start))
    title_weight = _TITLE_WEIGHT if title_end > 0 else 0.0
    whole = title_weight + _LEAD_WEIGHT + _SHARE_WEIGHT + _POSITION_WEIGHT
    return {
        company_id: (
            title_weight * (start < title_end)
            + _LEAD_WEIGHT * (start < title_end + _LEAD_CHARACTERS)
            + _SHARE_WEIGHT * math.sqrt(counts[company_id] / len(mentions))
            + _POSITION_WEIGHT * (1 - min(1.0, start / max(1, document_length)))
        )
        / whole
        for company_id, start in first.items()
    }


def _place(mention: Mention) -> tuple[int, int]:
    return mention.start, -mention.end


def _disjoint(mentions: Iterable[Mention]) -> list[Mention]:
    """The mentions in order, the longer of two that begin together and the earlier of two that overlap."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=_place):
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return kept


def _words_starting_with(initials: set[str]) -> re.Pattern[str]:
    # The look-behind stands after the first letter: the engine then skips to the initials as a set,
    # which takes half the time of a pattern that begins with an assertion.
    return re.compile(rf"{_any_of(initials).pattern}(?<!{_LETTER}[\s\S]){_LETTER}*")


def _any_of(characters: set[str]) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(''.join(sorted(characters)))}]" if characters else r"(?!)")


def _end_of(name: _Name, text: str, start: int, end: int) -> int:
    """Where `name`, whose first word is text[start:end], ends; 0 when it does not stand there."""
    if name.rest:
        if text.startswith(name.rest, end):
            end += len(name.rest)
        else:
            end = _end_over_breaks(name.rest, text, end)
            if not end:
                return 0
        if _TOKENS.match(text, end) and _TOKENS.match(text, end - 1):
            return 0
    if name.market and market_in_context(text, start, end) != name.market:
        return 0
    return end


def _end_over_breaks(rest: str, text: str, end: int) -> int:
    """End of `rest` at `end` where a space of it may be a line break or a run of blanks; 0 when absent."""
    if " " not in rest:
        return 0
    for index, piece in enumerate(rest.split(" ")):
        if index:
            blank_from = end
            while text[end : end + 1].isspace() and end - blank_from < 4:
                end += 1
            if end == blank_from:
                return 0
        if not text.startswith(piece, end):
            return 0
        end += len(piece)
    return end
