"""A page's tame copy and visible text in, the ranges of the visible text that are its article out."""

from __future__ import annotations

import re
from bisect import bisect_right

_MAX_TAGS = 20_000  # trafilatura takes about 1 s for so many; a news page has 500 to 5,000
_SURE_CHARS = 30  # letters of a paragraph from which on it hardly occurs twice on a page by chance
_MAX_OUT_OF_ORDER = 50  # paragraphs searched from the top; bounds the work on a page made to defeat it

_WORD = re.compile(r"[^\W_]+")
_TAIL = re.compile(r"[^\w\n]*")


def find_main_content(copy: str, tags: int, visible: str) -> tuple[list[tuple[int, int]] | None, str | None]:
    """Find the article on a page with trafilatura, which is imported by the first call.

    Parameters
    ----------
    copy : str
        Tame HTML of the page, `markup.Page.copy`.
    tags : int
        Number of its tags.
    visible : str
        Visible text of the page; the same letters and digits as in `copy`, in the same order.

    Returns
    -------
    (list of (int, int) or None, str or None)
        Half-open ranges of `visible`, ordered and disjoint; or None and a warning, when the article
        could not be told from the rest or not all of it be traced to the visible text.
    """
    if tags > _MAX_TAGS:
        return None, (
            f"The HTML has {tags} tags, over the {_MAX_TAGS} among which the article is looked for; "
            "all its visible text was read."
        )
    extracted = _extract(copy)
    if not extracted:
        return None, "No main content was found in the HTML; all its visible text was read."
    ranges = _trace(extracted.split("\n"), visible)
    if ranges is None:
        return None, "The main content could not be traced back to the HTML; all its visible text was read."
    return ranges, None


def _extract(copy: str) -> str | None:
    import trafilatura  # lazily: it brings lxml and 0.5 s of import, and only HTML needs it

    try:
        # Recall before precision: a lost sentence is a missed risk, a line too many goes out as noise.
        extracted: str | None = trafilatura.extract(copy, include_comments=False, favor_recall=True)
    except Exception:  # a third party's parser on hostile input: the caller falls back, with a warning
        return None
    return extracted


def _trace(paragraphs: list[str], visible: str) -> list[tuple[int, int]] | None:
    """Ranges of `visible` in which the paragraphs stand; None when one is not to be found.

    Compared are letters and digits alone, because the library rewrites white space, bullets and
    table rules. Long paragraphs are looked for first; a short one ("Background") only between them.
    """
    keys = [key for key in ("".join(_WORD.findall(paragraph)) for paragraph in paragraphs) if key]
    places = _Places(visible)
    found: list[tuple[int, int] | None] = [None] * len(keys)
    cursor = out_of_order = 0
    for index, key in enumerate(keys):
        if len(key) < _SURE_CHARS:
            continue
        start = places.key.find(key, cursor)
        if start < 0:
            out_of_order += 1
            start = places.key.find(key) if out_of_order <= _MAX_OUT_OF_ORDER else -1
            if start < 0:
                return None
        else:
            cursor = start + len(key)
        found[index] = (start, start + len(key))
    limits = [len(places.key)] * len(keys)  # where the next long paragraph begins
    limit = len(places.key)
    for index in range(len(keys) - 1, -1, -1):
        limits[index] = limit
        span = found[index]
        if span is not None:
            limit = span[0]
    cursor = 0
    for index, key in enumerate(keys):
        span = found[index]
        if span is None:
            span = places.find_words(key, cursor, max(cursor, limits[index]))
            if span is None:
                continue  # a heading that the library took from elsewhere; no sentence is lost by it
            found[index] = span
        cursor = span[1]
    return _merge([places.widen(*span) for span in found if span is not None])


class _Places:
    """Letters and digits of a text run together (`key`), and where each word of it stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts: list[int] = []  # of each word, in `text`
        self.key_starts: list[int] = []  # of each word, in `key`
        words: list[str] = []
        length = 0
        for match in _WORD.finditer(text):
            self.starts.append(match.start())
            self.key_starts.append(length)
            words.append(match.group())
            length += len(words[-1])
        self.key = "".join(words)
        self._word_edges = {*self.key_starts, length}

    def find_words(self, key: str, start: int, end: int) -> tuple[int, int] | None:
        """First place of `key` in [start, end) of the run-together text that is made of whole words."""
        position = self.key.find(key, start, end)
        while position >= 0:
            if position in self._word_edges and position + len(key) in self._word_edges:
                return position, position + len(key)
            position = self.key.find(key, position + 1, end)
        return None

    def widen(self, start: int, end: int) -> tuple[int, int]:
        """Range of `text` for range [start, end) of `key`, with the punctuation that belongs to it."""
        text = self.text
        low, high = self._position(start), self._position(end - 1) + 1
        while low and not (text[low - 1].isspace() or text[low - 1].isalnum()):
            low -= 1
        tail = _TAIL.match(text, high)
        rest = tail.group() if tail else ""
        line_is_over = text[high + len(rest) : high + len(rest) + 1] in ("", "\n")
        return low, high + len(rest if line_is_over else rest[: _first_space(rest)])

    def _position(self, key_position: int) -> int:
        word = bisect_right(self.key_starts, key_position) - 1
        return self.starts[word] + key_position - self.key_starts[word]


def _first_space(text: str) -> int:
    return next((index for index, character in enumerate(text) if character.isspace()), len(text))


def _merge(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
