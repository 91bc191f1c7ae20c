"""One field of an article in, its visible characters and the way back to the field out."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from riskscore.types import Field, Segment

# Control characters, lone surrogates, non-characters and the spaces of Unicode: each becomes one
# plain space, so lengths hold and the text can be written as UTF-8.
_AS_SPACE = (
    "\\x00-\\x09\\x0e-\\x1b\\x1f\\x7f-\\x84\\x86-\\xa0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000"
    "\\ud800-\\udfff\\ufdd0-\\ufdef\\ufffe\\uffff"
    + "".join(f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(1, 17))
)
_AS_NEWLINE = "\\x0b\\x0c\\x1c-\\x1e\\x85\\u2028\\u2029"
# Characters that a reader cannot see: soft hyphen, zero-width, direction marks, annotation marks,
# tags. They are left out, so that "Hua<U+200B>wei" reads as it looks.
_INVISIBLE = (
    "\\xad\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb"
    "\\U000e0000-\\U000e007f"
)
_SPACES = re.compile(f"[{_AS_SPACE}]")
_NEWLINES = re.compile(f"[{_AS_NEWLINE}]")
INVISIBLE_CLASS = f"[{_INVISIBLE}]"
_INVISIBLES = re.compile(f"{INVISIBLE_CLASS}+")


@dataclass(frozen=True, slots=True)
class Visible:
    """Visible characters of one field; `segments` map them (not the Document's) to the field."""

    text: str
    segments: tuple[Segment, ...]

    def cut(self, start: int, end: int, shift: int) -> list[Segment]:
        """Segments of range [start, end), moved so that `start` becomes `shift`."""
        segments = self.segments
        if len(segments) == 1 and segments[0].source_end is None:  # plain text without anything left out
            _, end_here, field, source_start, _ = segments[0]
            if segments[0].start == 0 and start < end <= end_here:
                return [Segment(shift, shift + end - start, field, source_start + start)]
        cut: list[Segment] = []
        index = max(bisect_right(self.segments, start, key=lambda segment: segment.start) - 1, 0)
        for position in range(index, len(self.segments)):
            segment = self.segments[position]
            if segment.start >= end:
                break
            low, high = max(segment.start, start), min(segment.end, end)
            if low >= high:
                continue
            source_start = segment.source_start
            if segment.source_end is None:
                source_start += low - segment.start
            moved = shift - start
            cut.append(Segment(low + moved, high + moved, segment.field, source_start, segment.source_end))
        return cut


def _is_plain(text: str) -> bool:
    """Whether all that is not printable in a text are line ends as they are wanted: most texts, at one look.

    Spaces other than the plain one are not printable, nor is what cannot be seen.
    """
    return text.isprintable() or text.replace("\n", "").isprintable()


def replace_unprintable(text: str) -> str:
    """Replace one for one: control and space characters by a space, every kind of line end by "\\n".

    Of "\\r\\n" the first becomes a space. Invisible characters stay; the length never changes.
    """
    if _is_plain(text):
        return text
    if "\r" in text:
        text = text.replace("\r\n", " \n").replace("\r", "\n")
    return _NEWLINES.sub("\n", _SPACES.sub(" ", text))


def read_plain(source: str, field: Field) -> Visible:
    """Visible characters of plain text: invisible characters left out, the rest one for one."""
    plain = _is_plain(source)
    text = source if plain else replace_unprintable(source)
    if plain or not _INVISIBLES.search(text):
        return Visible(text, (Segment(0, len(text), field, 0),) if text else ())
    parts: list[str] = []
    segments: list[Segment] = []
    length = position = 0
    for start, end in [match.span() for match in _INVISIBLES.finditer(text)] + [(len(text), len(text))]:
        if position < start:
            parts.append(text[position:start])
            segments.append(Segment(length, length + start - position, field, position))
            length += start - position
        position = end
    return Visible("".join(parts), tuple(segments))
