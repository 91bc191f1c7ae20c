"""An article and its assessment in, the text with everything that speaks marked in it out.

Plain text is shown as it was sent. Of HTML the reader sees the text that the model read, with the marks
carried over, or the source as it was sent.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from riskscore.dashboard.marking import Mark, Piece, pieces
from riskscore.dashboard.words import REGIME_NAMES, decimal, percent, plural, signed
from riskscore.text import clean
from riskscore.text.markup import looks_like_html
from riskscore.types import Article, Document, Field, Regime, Segment
from riskscore.wire.schemas import (
    AssessmentAnswer,
    ContributionAnswer,
    ExposureAnswer,
    ReasonCodeAnswer,
    RegimeAnswer,
)

_MOST_FEATURES = 12  # marked, by regime: more would drown the text
_LEAST_VALUE = 0.05  # log-odds; less is noise to a reader
_MOST_LEVERS = 6

View = Literal["text", "source"]


@dataclass(frozen=True, slots=True)
class Note:
    """What a mark says when it is pointed at or focused."""

    head: str
    text: str


@dataclass(frozen=True, slots=True)
class Lever:
    """Something that speaks for a regime, and the probability that would be left without it."""

    text: str
    value: float  # log-odds
    probability: float  # all else equal
    sentence: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """An article to look at."""

    title: list[Piece]
    body: list[Piece]
    notes: list[Note]
    view: View
    is_html: bool
    shown_regimes: tuple[Regime, ...]  # whose evidence is marked from the beginning


def read_assessed(article: Article, answer: AssessmentAnswer, view: View = "text") -> Reading:
    """An article with its marks."""
    notes: list[Note] = []
    flagged = tuple(regime for regime, scored in answer["regimes"].items() if scored["flagged"])
    by_field: dict[Field, list[Mark]] = {"title": [], "text": [], "html": []}
    body_field: Field = "html" if article.html is not None else "text"
    for field, mark in _marks(answer, flagged, body_field, notes):
        by_field[field].append(mark)
    body = article.html if article.html is not None else article.text or ""
    is_html = article.html is not None or looks_like_html(body)
    if is_html and view == "text":
        document = clean(article)
        carried = _carried(document, by_field)
        end = document.text.find("\n")
        end = len(document.text) if end < 0 else end
        title = pieces(document.text[:end], carried)  # of a page that was sent without one
        if article.title.strip():
            title = pieces(article.title, by_field["title"])
        rest = [Mark(one.start - end - 1, one.end - end - 1, one.style, one.note) for one in carried]
        return Reading(title, pieces(document.text[end + 1 :], rest), notes, "text", True, flagged)
    return Reading(
        pieces(article.title, by_field["title"]),
        pieces(body, by_field[body_field]),
        notes,
        "source" if is_html else "text",
        is_html,
        flagged,
    )


def _marks(
    answer: AssessmentAnswer, flagged: Iterable[Regime], body: Field, notes: list[Note]
) -> Iterator[tuple[Field, Mark]]:
    for regime, scored in answer["regimes"].items():
        if regime in flagged:
            for sentence in scored["evidence"]:
                if sentence["contribution"] > 0:
                    style = f"evidence ev-{regime}"
                    yield sentence["field"], Mark(sentence["start"], sentence["end"], style)
        for feature in strongest(scored)[:_MOST_FEATURES] if regime in flagged else ():
            speaks = "for" if feature["value"] > 0 else "against"
            told = f"{signed(feature['value'], 2)}: speaks {speaks} {REGIME_NAMES[regime]}"
            notes.append(Note(feature["description"], told))
            style = f"feature ft-{regime}" + ("" if feature["value"] > 0 else " against")
            yield from _spread(feature, body, style, len(notes) - 1)
        for code in scored["reason_codes"]:
            cited = code["citation"] or "citation not verified"
            notes.append(Note(code["name"], f"{cited}. Status: {code['status']}"))
            yield from _spread(code, body, "rule", len(notes) - 1)
    for company in answer["companies"]:
        told = "exposed" if company["exposed"] else "stands by"
        told += f" ({percent(company['exposure_probability'])}), {plural(company['mentions'], 'mention')}"
        notes.append(Note(company["name"], f"{told}, relevance {decimal(company['relevance'], 2)}"))
        yield from _spread(company, body, "company", len(notes) - 1)


def _spread(
    found: ContributionAnswer | ReasonCodeAnswer | ExposureAnswer, body: Field, style: str, note: int
) -> Iterator[tuple[Field, Mark]]:
    for start, end in found["title_spans"]:
        yield "title", Mark(start, end, style, note)
    for start, end in found["spans"]:
        yield body, Mark(start, end, style, note)


def _carried(document: Document, by_field: dict[Field, list[Mark]]) -> list[Mark]:
    """The marks of the fields as sent, on the document that was read from them."""
    carried: list[Mark] = []
    for field, marks in by_field.items():
        segments = sorted(
            (one for one in document.segments if one.field == field), key=lambda one: one.source_start
        )
        ends = [_source_end(one) for one in segments]
        for mark in marks:
            covered = [
                _covered(mark, one)
                for one in segments[bisect_right(ends, mark.start) :]
                if one.source_start < mark.end
            ]
            if covered:
                start, end = min(one[0] for one in covered), max(one[1] for one in covered)
                carried.append(Mark(start, end, mark.style, mark.note))
    return carried


def _source_end(segment: Segment) -> int:
    if segment.source_end is not None:
        return segment.source_end
    return segment.source_start + segment.end - segment.start


def _covered(mark: Mark, segment: Segment) -> tuple[int, int]:
    """What of a segment a mark on its source covers; all of it where one stands for the other as a whole."""
    if segment.source_end is not None:
        return segment.start, segment.end
    shift = segment.start - segment.source_start
    return max(mark.start + shift, segment.start), min(mark.end + shift, segment.end)


def strongest(scored: RegimeAnswer) -> list[ContributionAnswer]:
    """A regime's contributions that count, those that weigh most first."""
    ordered = sorted(scored["contributions"], key=lambda one: -abs(one["value"]))
    return [one for one in ordered if abs(one["value"]) >= _LEAST_VALUE]


def levers(scored: RegimeAnswer) -> list[Lever]:
    """What would lower a regime's score most if the article did not say it: sentences, then features.

    A probability is the logistic function of the decision value, so what is left without a contribution
    follows from the two.
    """
    sentences = [
        Lever(one["text"], one["contribution"], _without(scored, one["contribution"]), True)
        for one in scored["evidence"]
        if one["contribution"] > _LEAST_VALUE
    ]
    features = [
        Lever(one["description"], one["value"], _without(scored, one["value"]), False)
        for one in strongest(scored)
        if one["value"] > 0
    ]
    return sentences[:_MOST_LEVERS] + features[:_MOST_LEVERS]


def _without(scored: RegimeAnswer, value: float) -> float:
    return 1.0 / (1.0 + math.exp(min(value - scored["decision_value"], 700.0)))
