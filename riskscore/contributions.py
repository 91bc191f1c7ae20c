"""Contributions of one head as columns, which become records when somebody asks for one.

An answer has some sixty contributions with a hundred places between them. Whoever writes them as JSON takes
the columns; a record of each would cost more than the score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, overload

from riskscore.types import Contribution, Field, SourceSpan

Pair = tuple[int, int]


class Meaning(NamedTuple):
    """What a reviewer reads of a feature, and the concepts that any term of which is part of it."""

    name: str
    description: str
    concepts: frozenset[int]


class Places:
    """Where the features of one text stand in what was sent: half-open ranges, those of a feature together.

    Parameters
    ----------
    pairs : list of (int, int)
        First those in the title, of each feature.
    title_end, end : list of int
        Places behind a feature's last pair in the title, and behind its last one.
    body : {"text", "html", "title"}
        Field of the others.
    """

    __slots__ = ("_body", "_end", "_pairs", "_title_end")

    def __init__(self, pairs: list[Pair], title_end: list[int], end: list[int], body: Field) -> None:
        self._pairs = pairs
        self._title_end = title_end
        self._end = end
        self._body = body

    def in_title(self, at: int) -> list[Pair]:
        """Ranges of the feature of that number in the title."""
        return self._pairs[self._end[at - 1] if at else 0 : self._title_end[at]]

    def in_body(self, at: int) -> list[Pair]:
        """Those in the body."""
        return self._pairs[self._title_end[at] : self._end[at]]

    def spans(self, at: int) -> tuple[SourceSpan, ...]:
        """All of them."""
        return (
            *[SourceSpan("title", start, end) for start, end in self.in_title(at)],
            *[SourceSpan(self._body, start, end) for start, end in self.in_body(at)],
        )


class Contributions(Sequence[Contribution]):
    """The contributions of one head, largest first; equal to the tuple of its records.

    Parameters
    ----------
    meaning : callable
        Gives that of a feature.
    features : sequence of int
    values : sequence of float
        Log-odds.
    at : sequence of int
        Number of each feature in `places`.
    """

    __slots__ = ("_at", "_features", "_made", "_meaning", "_places", "_values")

    def __init__(
        self,
        meaning: Callable[[int], Meaning],
        features: Sequence[int],
        values: Sequence[float],
        at: Sequence[int],
        places: Places,
    ) -> None:
        self._meaning = meaning
        self._features = features
        self._values = values
        self._at = at
        self._places = places
        self._made: tuple[Contribution, ...] | None = None

    def columns(self) -> Iterator[tuple[str, str, float, list[Pair], list[Pair]]]:
        """Name, description, value, ranges in the body, ranges in the title of each."""
        in_body, in_title = self._places.in_body, self._places.in_title
        for feature, value, at in zip(self._features, self._values, self._at, strict=True):
            name, description, _ = self._meaning(feature)
            yield name, description, value, in_body(at), in_title(at)

    def records(self) -> tuple[Contribution, ...]:
        """All of them, made once."""
        if self._made is None:
            meanings, spans = map(self._meaning, self._features), self._places.spans
            self._made = tuple(
                [
                    Contribution(name, description, value, spans(at))
                    for (name, description, _), value, at in zip(
                        meanings, self._values, self._at, strict=True
                    )
                ]
            )
        return self._made

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, index: int) -> Contribution: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Contribution]: ...
    def __getitem__(self, index: int | slice) -> Contribution | Sequence[Contribution]:
        return self.records()[index]

    def __iter__(self) -> Iterator[Contribution]:
        return iter(self.records())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Contributions):
            return self.records() == other.records()
        return self.records() == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.records())

    def __repr__(self) -> str:
        return repr(self.records())

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (self.records(),)
