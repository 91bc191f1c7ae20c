"""Text between the tags of HTML in; the characters that a browser shows, mapped to the source, out."""

from __future__ import annotations

import html
import re

from riskscore.text.visible import INVISIBLE_CLASS, Visible, replace_unprintable
from riskscore.types import Field, Segment

# What cannot be copied as it stands: character references, runs of white space, invisible characters.
_REFERENCE = r"&(?:\#[0-9]{1,12};?|\#[xX][0-9a-fA-F]{1,12};?|[a-zA-Z][a-zA-Z0-9]{1,31};?)"
_SPECIAL_PREFORMATTED = re.compile(rf"{_REFERENCE}|{INVISIBLE_CLASS}++")
_SPECIAL = re.compile(rf"{_REFERENCE}|{INVISIBLE_CLASS}++|[^\S ]\s*+|[ ]\s++")


class RenderedText:
    """Visible text under construction, with its segments.

    White space collapses to one space, and to none after white space, unless preformatted.
    """

    def __init__(self, field: Field) -> None:
        self.field: Field = field
        self.parts: list[str] = []
        self.segments: list[Segment] = []
        self.length = 0
        self.ends_in_space = True  # also true at the very start: no leading white space
        self.ends_in_line = True

    def break_line(self) -> None:
        if not self.ends_in_line:
            self._append("\n")

    def separate(self) -> None:
        if not self.ends_in_space:
            self._append(" ")

    def add(self, raw: str, start: int, *, preformatted: bool) -> None:
        """Add source text `raw` that stands at `start`."""
        position = 0
        special = _SPECIAL_PREFORMATTED if preformatted else _SPECIAL
        for match in special.finditer(raw):
            self._copy(raw[position : match.start()], start + position, preformatted)
            position = match.end()
            found = match.group()
            if found[0] == "&":
                decoded = html.unescape(found)
                if decoded == found:
                    self._copy(found, start + match.start(), preformatted)
                else:
                    self._decode(decoded, start + match.start(), start + position)
            elif found[0].isspace():
                self._copy(" ", start + match.start(), preformatted)
        self._copy(raw[position:], start + position, preformatted)

    def finish(self) -> Visible:
        return Visible("".join(self.parts), tuple(self.segments))

    def _copy(self, raw: str, start: int, preformatted: bool) -> None:
        text = replace_unprintable(raw)
        if not preformatted and self.ends_in_space and text[:1] == " ":
            text, start = text[1:], start + 1
        if text:
            last = self.segments[-1] if self.segments else None
            if (
                last is not None
                and last.source_end is None
                and last.end == self.length
                and last.source_start + last.end - last.start == start
            ):
                self.segments[-1] = Segment(last.start, last.end + len(text), self.field, last.source_start)
            else:
                self.segments.append(Segment(self.length, self.length + len(text), self.field, start))
            self._append(text)

    def _decode(self, decoded: str, start: int, end: int) -> None:
        text = re.sub(INVISIBLE_CLASS, "", replace_unprintable(decoded).replace("\n", " "))
        if text == " " and self.ends_in_space:
            return
        if text:
            self.segments.append(Segment(self.length, self.length + len(text), self.field, start, end))
            self._append(text)

    def _append(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)
        self.ends_in_space = text[-1] in " \n"
        self.ends_in_line = text[-1] == "\n"
