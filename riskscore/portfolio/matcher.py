"""Names of imported companies in, a matcher out: text → the companies it names, however many there are.

The second matcher, beside `riskscore.companies.mentions`: that one knows the reviewed names that the
model's features are computed without; this one knows what a user imported, a hundred thousand names of
whatever quality, and no feature depends on it. Each word that may begin a name costs one look into a table,
so that the time for a text hardly depends on the number of names. The tables hold numbers and strings
alone: garbage collection skips them.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from riskscore.companies.context import is_led, is_surname, is_touched, settle, stands_out
from riskscore.companies.mentions import CJK_CHARACTER
from riskscore.companies.tickers import EXCHANGES, market_in_context, market_of, spellings
from riskscore.portfolio.names import (
    CONNECTORS,
    RULES,
    TOKEN,
    Trust,
    chinese_forms,
    fold,
    fold_owner,
    forms,
    is_chinese,
)
from riskscore.text.han import CJK, simplify
from riskscore.types import Mention

NameKind = Literal["name", "alias", "ticker", "lei", "chinese_name"]
_KINDS: tuple[Literal["name", "alias", "ticker", "chinese_name"], ...] = (
    "name",
    "alias",
    "ticker",
    "chinese_name",
)
# Where two companies are called the same, the one that the user cares more about is meant.
ORIGINS = {"csv": 0, "sec": 1, "opensanctions": 2, "csl": 3}
_US = "US"

_LETTER = rf"[^\W{CJK}]"
# The first word of a name begins with a capital or a figure. The look-behind stands after the first letter:
# the engine then skips to those as a set.
_START = re.compile(rf"[^\W_a-z{CJK}](?<!{_LETTER}[\s\S])")
# Or it is written in a way of its own, as few texts have any: "eBay", "iRobot", "monday.com".
_ODD_WORD = re.compile(r"[a-z][A-Z]|[a-z]\.(?:ai|com|io|net|org)(?![\w])")
_START_OF_ANY = re.compile(rf"(?<!{_LETTER})(?:[^\W_a-z{CJK}]|[a-z](?=[a-z]?[A-Z]|[a-z\d]*\.[a-z]))")
_CAMEL = re.compile(r"[a-z][A-Z]")
_GAP = re.compile(rf"[^\w{CJK}\n]{{0,4}}")
_ALWAYS_BETWEEN = frozenset(" \t\u00a0-!'’")  # whatever the list writes there: "Coca-Cola", "Yum! Brands"
# What no ordinary word has after it. "Group" and "Company" may follow any word of a headline.
_LEGAL_AFTER = re.compile(
    r",?[ \u00a0](?:Inc|INC|Incorporated|Corp|CORP|Corporation|Ltd|LTD|Limited|PLC|Plc|plc|LLC|LLP|L\.P|AG"
    r"|S\.A|N\.V|B\.V|GmbH|Oyj|ASA|S\.p\.A|SpA|Bhd|Co\.?,? Ltd)(?!\w|-)\.?"
)
_OF_ELSEWHERE = re.compile(r" of (?:the )?[A-Z]")  # the First Bank of …
_CAPITAL = re.compile(r" [A-Z][a-z]")
_CHINESE_AFTER = re.compile(r"公司|集团|股份|控股|科技|技术|[(（]")
_DERIVED = 16  # added to a claim's rank: what a name is shortened to gives way to any name


class NameRow(NamedTuple):
    """A name of a company as the store has it."""

    company_id: str
    origin: str
    kind: str  # a NameKind
    written: str


class _Candidate(NamedTuple):
    """Where a form stands in a text; `owner` as in the matcher's array of that name."""

    owner: int
    start: int
    end: int
    kind: Literal["name", "alias", "ticker", "chinese_name"]
    trust: Trust


class Portfolio:
    """Finds the companies it was built with; immutable, safe to share between threads.

    Parameters
    ----------
    rows : iterable of NameRow
    version : int
        Of the store's companies that these are.

    Attributes
    ----------
    sha256 : str
        Of the names and of the rules by which they are found: same text, model and hash, same mentions.
    """

    def __init__(self, rows: Iterable[NameRow] = (), version: int = 0) -> None:
        ordered = sorted(set(rows))
        self.version = version
        self.sha256 = _digest(ordered)
        self._ids: list[str] = []
        self._names: list[str] = []
        self._place: dict[str, int] = {}
        # By form: its place in the arrays after it.
        self._forms: dict[str, int] = {}
        self._chinese: dict[str, int] = {}
        self._owner = array("l")  # of a form; -1 - n for the n-th of those that several companies share
        self._trust = bytearray()
        self._kind = bytearray()
        self._rank = bytearray()
        self._written: list[str] = []
        self._shared: list[tuple[int, ...]] = []
        # By first word, or first two Chinese characters: bit n - 1 is set where a form of n words begins so.
        self._lengths: dict[str, int] = {}
        self._chinese_lengths: dict[str, int] = {}
        self._tickers: dict[str, int] = {}  # "US:NVDA" → company; -1 where it is several companies'
        self._symbols: set[str] = set()
        for row in ordered:
            self._add(row)

    def __len__(self) -> int:
        """Companies."""
        return len(self._ids)

    @property
    def names(self) -> int:
        """Forms of names that are looked for, tickers left out."""
        return len(self._forms) + len(self._chinese)

    @property
    def shared(self) -> int:
        """Of them, those that several companies have; they count where one is named otherwise too."""
        return sum(owner < 0 for owner in self._owner)

    def name_of(self, company_id: str) -> str:
        """As imported; the id where it has no name of its own."""
        place = self._place.get(company_id)
        return company_id if place is None else self._names[place]

    def _add(self, row: NameRow) -> None:
        company = self._place.get(row.company_id)
        if company is None:
            company = self._place[row.company_id] = len(self._ids)
            self._ids.append(row.company_id)
            self._names.append(row.company_id)
        if row.kind == "name":
            self._names[company] = row.written
        if row.kind == "lei":
            return
        if row.kind == "ticker":
            self._add_ticker(company, row.written)
            return
        rank = 2 * ORIGINS.get(row.origin, len(ORIGINS)) + (row.kind != "name")
        if is_chinese(row.written):
            for name in chinese_forms(simplify(row.written)):
                self._claim(self._chinese, name, company, Trust.SURE, "chinese_name", rank, name)
                bits = self._chinese_lengths.get(name[:2], 0)
                self._chinese_lengths[name[:2]] = bits | 1 << (len(name) - 1)
            return
        kind: Literal["name", "alias"] = "name" if row.kind == "name" else "alias"
        for form in forms(row.written):
            key = " ".join(form.words)
            claim = rank if form.is_full else rank + _DERIVED
            self._claim(self._forms, key, company, form.trust, kind, claim, row.written)
            self._lengths[form.words[0]] = self._lengths.get(form.words[0], 0) | 1 << (len(form.words) - 1)

    def _claim(
        self,
        table: dict[str, int],
        key: str,
        company: int,
        trust: Trust,
        kind: Literal["name", "alias", "chinese_name"],
        rank: int,
        written: str,
    ) -> None:
        at = table.get(key)
        if at is None:
            table[key] = len(self._owner)
            self._owner.append(company)
            self._trust.append(trust)
            self._kind.append(_KINDS.index(kind))
            self._rank.append(rank)
            self._written.append(written)
            return
        owner = self._owner[at]
        if owner == company:
            if rank < self._rank[at]:
                self._rank[at], self._kind[at], self._written[at] = rank, _KINDS.index(kind), written
            self._trust[at] = max(self._trust[at], trust)
        elif rank < self._rank[at]:
            self._owner[at], self._trust[at], self._kind[at] = company, trust, _KINDS.index(kind)
            self._rank[at], self._written[at] = rank, written
        elif rank == self._rank[at]:
            held = self._shared[-1 - owner] if owner < 0 else (owner,)
            if company not in held:
                self._owner[at] = -1 - len(self._shared)
                self._shared.append((*held, company))

    def _add_ticker(self, company: int, written: str) -> None:
        exchange, _, symbol = written.upper().rpartition(":")
        market = market_of(exchange) if exchange in EXCHANGES else _US  # as the SEC's list has them
        for form in spellings(exchange, symbol) if exchange in EXCHANGES else (symbol,):
            place = f"{market}:{form}"
            self._tickers[place] = company if self._tickers.get(place, company) == company else -1
            self._symbols.add(form)

    def find(self, text: str, known: Sequence[Mention] = ()) -> list[Mention]:
        """Mentions in `text`, in order and not overlapping; `text[m.start:m.end] == m.alias`.

        Linear in the length of the text; never raises, whatever the characters.

        Parameters
        ----------
        known : sequence of Mention
            Of the companies of the knowledge files, in order. A name of ours inside one of these is no
            mention of ours ("Apple" of "Apple Inc"); a longer one around it is ("Apple Hospitality REIT").
            A company that is named there already is left to it.
        """
        if not self._ids:
            return []
        of_trust: dict[Trust, list[Mention]] = {trust: [] for trust in Trust}
        shared: list[_Candidate] = []
        for found in self._candidates(text, known):
            if found.owner < 0:
                shared.append(found)
            else:
                of_trust[found.trust].append(self._mention(text, found, found.owner))
        # A single word that is somebody's surname once is so in the whole text.
        surnames = {
            mention.alias
            for trust in (Trust.SURE, Trust.WEAK)
            for mention in of_trust[trust]
            if mention.kind != "ticker"
            and " " not in mention.alias
            and is_surname(text, mention.start, mention.end)
        }
        sure = [mention for mention in of_trust[Trust.SURE] if mention.alias not in surnames]
        weak: list[Mention] = []
        doubted = [mention for mention in of_trust[Trust.SURE] if mention.alias in surnames]
        for mention in of_trust[Trust.WEAK]:
            doubtful = mention.alias in surnames or is_led(text, mention.start)
            (doubted if doubtful else weak).append(mention)
        standing = [mention for mention in of_trust[Trust.PLAIN] if _stands(text, mention)]
        certain = sorted([*known, *sure, *standing], key=_place)
        settled = settle(text, certain, weak) if weak else certain
        named = {mention.company_id for mention in settled}
        doubted += [mention for mention in of_trust[Trust.PLAIN] if mention not in standing]
        settled += [mention for mention in doubted if mention.company_id in named]
        settled += [
            mention
            for mention in of_trust[Trust.BARE]
            if mention.company_id in named and stands_out(text, mention.start, mention.end)
        ]
        for found in shared:
            owners = self._shared[-1 - found.owner]
            meant = [owner for owner in owners if self._ids[owner] in named]
            if len(meant) == 1:
                settled.append(self._mention(text, found, meant[0]))
        elsewhere = {mention.company_id for mention in known}
        ours = (mention for mention in settled if mention.company_id not in elsewhere)
        return sorted(ours, key=_place)

    def _mention(self, text: str, found: _Candidate, owner: int) -> Mention:
        return Mention(self._ids[owner], text[found.start : found.end], found.start, found.end, found.kind)

    def _candidates(self, text: str, known: Sequence[Mention]) -> Iterator[_Candidate]:
        """What may be a name, in order and not overlapping; what `known` covers is left out."""
        found = self._latin(text)
        if self._chinese and not text.isascii() and CJK_CHARACTER.search(text):
            found = iter(sorted([*found, *self._find_chinese(text)], key=lambda one: one.start))
        at = stop = 0
        for one in found:
            while at < len(known) and known[at].end <= one.start:
                at += 1
            if one.start < stop:
                continue
            if at < len(known) and known[at].start < one.end:
                around = one.start <= known[at].start and known[at].end <= one.end
                if not around or one.end - one.start == known[at].end - known[at].start:
                    continue
            stop = one.end
            yield one

    def _latin(self, text: str) -> Iterator[_Candidate]:
        lengths, stop = self._lengths, 0
        starts = _START_OF_ANY if _ODD_WORD.search(text) else _START
        for initial in starts.finditer(text):
            start = initial.start()
            if start < stop:
                continue
            token = TOKEN.match(text, start)
            if token is None:
                continue
            word = token[0]
            if word in self._symbols:
                market = market_in_context(text, start, token.end())
                company = self._tickers.get(f"{market}:{word}", -1) if market else -1
                if company >= 0:
                    stop = token.end()
                    yield _Candidate(company, start, stop, "ticker", Trust.SURE)
                    continue
            folded, owner = fold(word), fold_owner(word)
            bits = lengths.get(folded, 0)
            if owner is not None:
                bits |= lengths.get(owner, 0) & 1  # "Gap's": a possessive ends a name
            if bits:
                found = self._longest(text, token, folded, owner, bits)
                if found is not None:
                    stop = found.end
                    yield found

    def _longest(
        self, text: str, token: re.Match[str], folded: str, owner: str | None, bits: int
    ) -> _Candidate | None:
        """The longest name that begins with a word."""
        words, ends = [folded], [(token.start(), token.end())]
        last = [owner]
        for _ in range(bits.bit_length() - 1):
            gap = _GAP.match(text, ends[-1][1])
            following = TOKEN.match(text, gap.end()) if gap else None
            if following is None:
                break
            words.append(fold(following[0]))
            last.append(fold_owner(following[0]))
            ends.append(following.span())
        for count in range(len(words), 0, -1):
            if not bits >> (count - 1) & 1:
                continue
            for ending, shorter in ((words[count - 1], 0), (last[count - 1], 2)):
                at = None if ending is None else self._forms.get(" ".join([*words[: count - 1], ending]))
                if at is None or not _is_written(text, ends[:count], self._written[at]):
                    continue
                end = ends[count - 1][1] - shorter
                trust = Trust(self._trust[at])
                suffix = _LEGAL_AFTER.match(text, end)
                # "Best Limited Series" is no firm.
                if suffix is not None and (trust is not Trust.BARE or not _CAPITAL.match(text, suffix.end())):
                    end, trust = suffix.end(), Trust.SURE
                elif (
                    count == 1 and _CAMEL.search(token[0]) and text[token.start() : end] in self._written[at]
                ):
                    trust = Trust.SURE  # "eBay" is no word, whatever a dictionary says
                kind = _KINDS[self._kind[at]]
                return _Candidate(self._owner[at], ends[0][0], end, kind, trust)
        return None

    def _find_chinese(self, text: str) -> Iterator[_Candidate]:
        simplified = simplify(text)
        counts: Counter[str] = Counter()
        found: list[tuple[str, int]] = []
        stop = 0
        for character in CJK_CHARACTER.finditer(simplified):
            start = character.start()
            bits = self._chinese_lengths.get(simplified[start : start + 2], 0) if start >= stop else 0
            for length in range(bits.bit_length(), 1, -1):
                name = simplified[start : start + length]
                if bits >> (length - 1) & 1 and name in self._chinese:
                    found.append((name, start))
                    counts[name] += 1
                    stop = start + length
                    break
        for name, start in found:
            end = start + len(name)
            # Two characters may be a word: 小米 is millet.
            if len(name) > 2 or counts[name] > 1 or _CHINESE_AFTER.match(simplified, end):
                owner = self._owner[self._chinese[name]]
                yield _Candidate(owner, start, end, "chinese_name", Trust.SURE)


def _digest(rows: Iterable[NameRow]) -> str:
    content = hashlib.sha256(f"rules {RULES}\n".encode())
    for row in rows:
        content.update(("\t".join(row) + "\n").encode("utf-8", "surrogatepass"))
    return content.hexdigest()


def _stands(text: str, mention: Mention) -> bool:
    """Whether ordinary words with capitals are a name here: not in a headline, nor a part of another name."""
    start, end = mention.start, mention.end
    if _OF_ELSEWHERE.match(text, end):
        return False
    return is_touched(text, start, end) or stands_out(text, start, end)


def _is_written(text: str, words: Sequence[tuple[int, int]], name: str) -> bool:
    """Whether words of a text are written as a name is: with capitals, and nothing foreign between them."""
    for (_, end), (start, stop) in pairwise(words):
        between, word = text[end:start], text[start:stop]
        foreign = set(between) - _ALWAYS_BETWEEN
        if foreign and not (foreign <= set(name) and between.strip() == between):
            spaced = between.rstrip()
            if not (foreign <= set(name) and spaced in (".", "&") and f"{spaced} " in name):
                return False
        if word[0].islower() and word.islower() and word.lower() not in CONNECTORS and word not in name:
            return False
    return True


def _place(mention: Mention) -> tuple[int, int]:
    return mention.start, -mention.end
