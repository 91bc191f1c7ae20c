"""A document in, the instruments that its own words speak for out, as reason codes with their places.

An instrument is cited on one of three grounds, never on its subject alone: one of its names (`terms`)
occurs; a pattern fits, that is, a sentence holds a term of each of the pattern's groups; or a sentence
holds two different ones of its weak terms. A name counts for nothing inside a longer name ("Entity List"
in "Unreliable Entity List") or behind a denial ("unrelated to the Entity List"), where its words do not
count towards a pattern either.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from riskscore.phrases import Occurrence, PhraseFinder
from riskscore.types import Document, Evidence, Instrument, ReasonCode, Regime, SourceSpan

MAX_SPANS = 50  # of one reason code; a name repeated a thousand times needs no thousand spans
SCHEDULED = "scheduled_"  # begins the name of a date that lay ahead when the row was reviewed
_GRACE_DAYS = 1  # a measure's date in Washington is a day behind a paper's in Tokyo
_NAME_BONUS = 1.0  # a name says more than any one term of a pattern
_WEAK_SHARE = 0.5  # a weak term says less
_DENIAL_CHARS = 60
_DENIAL = re.compile(
    r"""(?: \b(?:un|not\ |nor\ )(?:related|connected|linked)\ to
      | \b(?:nothing|little)\ to\ do\ with
      | \bno\ (?:connection|link|relation|bearing)\ (?:to|with|on)
      | (?:\bnot|n['’]t)\ (?:(?:now|yet|itself)\ )?
        (?:on|under|in|part\ of|covered\ by|subject\ to|about|named\ after)
      | \bconfus(?:e|ed|ing)\ with | \bdifferent\ from | \bother\ than | \brather\ than
    )\ (?:[\w.’']+\ ){0,2}["“'‘]?\Z""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class InstrumentMatch:
    """An instrument and the places in a document that speak for it."""

    instrument: Instrument
    named: bool  # by one of its `terms`
    strength: float  # distinct terms found, each the lighter the more instruments share it
    places: tuple[tuple[int, int], ...]  # document ranges of those terms, in order


class _Pattern(NamedTuple):
    """Groups are bits of an integer: a text has some fifty terms, and each may stand for several."""

    instrument: int
    here: int
    anywhere: int
    absent: int


@dataclass(slots=True)
class _Grounds:
    """What has been found for one instrument."""

    named: bool = False
    terms: set[int] = field(default_factory=set)
    places: set[tuple[int, int]] = field(default_factory=set)

    def add(self, occurrences: Iterable[Occurrence]) -> None:
        for occurrence in occurrences:
            self.terms.add(occurrence.term)
            if len(self.places) < MAX_SPANS:
                self.places.add((occurrence.start, occurrence.end))


class InstrumentMatcher:
    """Finds the instruments that it was built with; safe to share between threads.

    Parameters
    ----------
    instruments : iterable of Instrument
        Their order decides between equals.

    Attributes
    ----------
    finder : PhraseFinder
        Of all their terms.
    """

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._instruments = tuple(instruments)
        self._names: dict[int, list[int]] = {}  # term -> instruments that it names
        self._weak: dict[int, list[int]] = {}
        led_by: dict[int, list[_Pattern]] = {}  # first group -> patterns to try where it occurs
        terms: dict[str, int] = {}
        groups: dict[tuple[str, ...], int] = {}
        of_term: dict[int, list[int]] = {}  # term -> groups that it stands for
        users: dict[int, set[int]] = {}  # term -> instruments that use it in any way

        def numbered(term: str, instrument: int) -> int:
            number = terms.setdefault(term, len(terms))
            users.setdefault(number, set()).add(instrument)
            return number

        def group(alternatives: tuple[str, ...], instrument: int) -> int:
            new = alternatives not in groups
            index = groups.setdefault(alternatives, len(groups))
            for alternative in alternatives:
                number = numbered(alternative, instrument)
                if new:
                    of_term.setdefault(number, []).append(index)
            return index

        for at, instrument in enumerate(self._instruments):
            for term in instrument.terms:
                self._names.setdefault(numbered(term, at), []).append(at)
            for term in instrument.weak_terms:
                self._weak.setdefault(numbered(term, at), []).append(at)
            for pattern in instrument.patterns:
                here, anywhere, absent = (
                    _bits(group(alternatives, at) for alternatives in part)
                    for part in (pattern.here, pattern.anywhere, pattern.absent)
                )
                leader = groups[pattern.here[0]]
                led_by.setdefault(leader, []).append(_Pattern(at, here, anywhere, absent))
        self._weight = [1.0 / len(users[number]) for number in range(len(terms))]
        self._groups = [_bits(of_term.get(number, ())) for number in range(len(terms))]
        self._leads = [
            [(1 << index, led_by[index]) for index in of_term.get(number, ()) if index in led_by]
            for number in range(len(terms))
        ]
        led = {number for number, leads in enumerate(self._leads) if leads}
        self.finder = PhraseFinder(tuple(terms), led | self._names.keys() | self._weak.keys())

    def find(
        self, document: Document, occurrences: Sequence[Sequence[Occurrence]] | None = None
    ) -> list[InstrumentMatch]:
        """Instruments of all regimes that the document speaks for, in the order of the files.

        Once per document; `reason_codes` then picks. Linear in the length of the text; any text will do.

        Parameters
        ----------
        occurrences : sequence, optional
            What `finder` finds in each sentence, where the caller knows it.
        """
        text, sentences = document.text, document.sentences
        unread: list[int] = []  # no term that an instrument could begin with
        read: list[Occurrence] = []
        grounds: dict[int, _Grounds] = {}
        fitting: list[tuple[_Pattern, Sequence[Occurrence]]] = []
        for at, each in enumerate(sentences):
            found: Sequence[Occurrence]
            if occurrences is None:
                found = self.finder.find(text, each.start, each.end, led=True)
            else:
                found = self.finder.led(occurrences[at])
            if not found:
                unread.append(at)
                continue
            denied = self._match_names(text, each.start, found, grounds)
            stated = _outside(found, denied) if denied else found
            self._match_weak_terms(stated, grounds)
            fitting += [(pattern, stated) for pattern in self._fitting(stated, found)]
            read += stated
        if any(pattern.anywhere for pattern, _ in fitting):
            for at in unread:
                read += self.finder.find(text, *sentences[at]) if occurrences is None else occurrences[at]
            anywhere = self._groups_of(read)
            fitting = [(pattern, here) for pattern, here in fitting if not pattern.anywhere & ~anywhere]
        for pattern, stated in fitting:
            ground = grounds.setdefault(pattern.instrument, _Grounds())
            ground.add(self._first_of_each(pattern.here, stated))
        return [self._finished(at, grounds[at]) for at in sorted(grounds)]

    def _groups_of(self, occurrences: Iterable[Occurrence]) -> int:
        found, groups = 0, self._groups
        for _, _, term in occurrences:
            found |= groups[term]
        return found

    def _fitting(self, stated: Sequence[Occurrence], found: Sequence[Occurrence]) -> Iterator[_Pattern]:
        """Patterns that a sentence fits, as far as it goes alone.

        What it states must fit; nothing that is found in it, be it denied, may be what is to be absent.
        """
        here = self._groups_of(stated)
        present = here if stated is found else self._groups_of(found)
        tried = 0
        for _, _, term in stated:
            for group, patterns in self._leads[term]:
                if tried & group:
                    continue
                tried |= group
                for pattern in patterns:
                    if not (pattern.here & ~here or pattern.absent & present):
                        yield pattern

    def _first_of_each(self, groups: int, stated: Sequence[Occurrence]) -> Iterator[Occurrence]:
        """The first occurrence of a term of each group, in the order of the groups."""
        while groups:
            group = groups & -groups
            groups ^= group
            yield next(each for each in stated if self._groups[each.term] & group)

    def _match_names(
        self, text: str, sentence_start: int, found: Sequence[Occurrence], grounds: dict[int, _Grounds]
    ) -> list[Occurrence]:
        """Take in the names of a sentence that it does not deny; those that it denies are returned."""
        denied: list[Occurrence] = []
        names = [occurrence for occurrence in found if occurrence[2] in self._names]
        names.sort(key=lambda name: (name.start, -name.end))
        longest = (0, 0)
        for name in names:
            span = (name.start, name.end)
            if name.end > longest[1]:
                longest = span
            elif span != longest:  # inside a longer name
                continue
            if _DENIAL.search(text, max(sentence_start, name.start - _DENIAL_CHARS), name.start):
                denied.append(name)
            else:
                for at in self._names[name.term]:
                    ground = grounds.setdefault(at, _Grounds())
                    ground.named = True
                    ground.add((name,))
        return denied

    def _match_weak_terms(self, found: Sequence[Occurrence], grounds: dict[int, _Grounds]) -> None:
        weak: dict[int, dict[int, Occurrence]] = {}
        for occurrence in [each for each in found if each[2] in self._weak]:
            for at in self._weak[occurrence.term]:
                weak.setdefault(at, {}).setdefault(occurrence.term, occurrence)
        for at, different in weak.items():
            starts, ends = ([each[side] for each in different.values()] for side in (0, 1))
            if max(starts) >= min(ends):  # two at least, and not one within the other
                grounds.setdefault(at, _Grounds()).add(different.values())

    def _finished(self, at: int, ground: _Grounds) -> InstrumentMatch:
        strength = _NAME_BONUS * ground.named + sum(
            self._weight[term] * (_WEAK_SHARE if at in self._weak.get(term, ()) else 1.0)
            for term in sorted(ground.terms)
        )
        places: list[tuple[int, int]] = []
        for start, end in sorted(ground.places, key=lambda place: (place[0], -place[1])):
            if not places or end > places[-1][1]:  # not inside the one before
                places.append((start, end))
        return InstrumentMatch(self._instruments[at], ground.named, strength, tuple(places))


def reason_codes(
    matches: Sequence[InstrumentMatch],
    document: Document,
    regime: Regime,
    published_at: datetime | None,
    evidence: Sequence[Evidence],
    limit: int,
) -> tuple[ReasonCode, ...]:
    """The matches worth showing for one regime, best first.

    Those with words in an evidence sentence come first, then those with more distinct and less shared
    terms. An instrument that did not exist when the article came out (its first recorded date is more
    than a day later) is left out, and one whose place another match had taken by then is too, unless the
    article names it; without `published_at` it only comes after its successor.

    Parameters
    ----------
    matches : sequence of InstrumentMatch
        From `InstrumentMatcher.find` on this document.
    published_at : datetime or None
    evidence : sequence of Evidence
        The regime's, as shown to the reader.
    limit : int
        Most reason codes to return.
    """
    known = [match for match in matches if match.instrument.regime == regime]
    if published_at is not None:
        day = published_at.date()
        known = [match for match in known if (_first_day(match.instrument) - day).days <= _GRACE_DAYS]
    replaced = {old for match in known for old in match.instrument.supersedes}
    if published_at is not None:
        known = [m for m in known if m.named or m.instrument.instrument_id not in replaced]
    shown = []
    for match in known:
        located = (document.locate(start, end) for start, end in match.places)
        spans = tuple(dict.fromkeys(span for span in located if span is not None))
        beside_evidence = any(_within(span, evidence) for span in spans)
        rank = (match.instrument.instrument_id in replaced, not beside_evidence, -match.strength)
        shown.append((rank, match, spans))
    shown.sort(key=lambda item: item[0])
    return tuple(_reason_code(match, document, spans) for _, match, spans in shown[: max(0, limit)])


def _reason_code(match: InstrumentMatch, document: Document, spans: tuple[SourceSpan, ...]) -> ReasonCode:
    instrument = match.instrument
    written = (" ".join(document.text[start:end].split()) for start, end in match.places)
    terms = {term.casefold(): term for term in reversed(list(written))}
    return ReasonCode(
        instrument_id=instrument.instrument_id,
        name=instrument.name,
        citation=instrument.citation if instrument.citation_verified else None,
        status=instrument.status,
        as_of=_latest_event(instrument),
        verified=instrument.verified,
        terms=tuple(reversed(terms.values())),
        spans=spans,
    )


def _bits(numbers: Iterable[int]) -> int:
    found = 0
    for number in numbers:
        found |= 1 << number
    return found


def _outside(found: Sequence[Occurrence], denied: Sequence[Occurrence]) -> list[Occurrence]:
    """Those that are not part of a denied name; names come by start, none within another."""
    starts = [name.start for name in denied]
    kept = []
    for occurrence in found:
        at = bisect_right(starts, occurrence.start) - 1
        if at < 0 or occurrence.end > denied[at].end:
            kept.append(occurrence)
    return kept


def _within(span: SourceSpan, evidence: Sequence[Evidence]) -> bool:
    return any(
        sentence.span.field == span.field
        and sentence.span.start <= span.start
        and span.end <= sentence.span.end
        for sentence in evidence
    )


def _events(instrument: Instrument) -> list[str]:
    return [day for name, day in instrument.dates.items() if not name.startswith(SCHEDULED)]


def _first_day(instrument: Instrument) -> date:
    """The earliest day that the recorded dates allow; the first of all days when there are none."""
    days = (
        f"{day}-01-01" if len(day) == 4 else f"{day}-01" if len(day) == 7 else day
        for day in _events(instrument)
    )
    return min(map(date.fromisoformat, days), default=date.min)


def _latest_event(instrument: Instrument) -> str | None:
    return max(_events(instrument), default=None)
