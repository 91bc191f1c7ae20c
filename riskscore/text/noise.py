"""Visible text in, the ranges of its lines that an article consists of out; page furniture stays behind."""

from __future__ import annotations

import re
from dataclasses import dataclass

from riskscore.text.furniture import (
    FURNITURE,
    OTHER_ARTICLES,
    RESIDUE_TAIL,
    RESIDUE_TAIL_WORDS,
    SOURCES,
    is_residue,
)

_MAX_LABEL_WORDS = 3
_MAX_LABEL_CHARS = 40  # longer than any three words: a line of encoded bytes, not of navigation
_MIN_LABELS = 4  # labels that make a text with prose a page
_MIN_LABELS_WITHOUT_PROSE = 8
_PROSE_WORDS = 12
_TAIL_CHARS = 500  # residue is looked for in the end of a line only

_BULLETS = " \t•·▪◦‣●○■□–—*|>›»-"
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]»」』）]*\Z")
_INNER_END = re.compile(r"[.!?。！？][\"'”’)\]]*\s+[\"'“‘(]*[A-Z0-9]|[。！？].")
_INITIALS_ONLY = re.compile(r"(?:\w\.)+\Z")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(slots=True)
class _Line:
    start: int
    end: int
    words: str  # the line without its bullet
    count: int  # of words, counted to _PROSE_WORDS
    ends: bool  # with sentence punctuation
    label: bool  # so short that on a page it names a place to go


def keep_article_lines(text: str, ranges: list[tuple[int, int]] | None = None) -> list[tuple[int, int]]:
    """Leave out lines, and ends of lines, that a web page adds to its article.

    Unmistakable residue ("Advertisement", "Continue reading...", "The post … appeared first on …") goes
    from any text. Labels, credits, dates and lists of other headlines go only where the text looks like
    a page: at least four lines of at most three words without sentence punctuation beside some prose.
    Lists introduced by a colon, and every line that is a sentence or longer than a label, are kept.

    Parameters
    ----------
    text : str
        Visible text; "\\n" alone ends a line.
    ranges : list of (int, int), optional
        Where the article was found; the whole text by default.

    Returns
    -------
    list of (int, int)
        Half-open ranges, ordered, each without line ends and surrounding white space, never empty.
    """
    lines = [
        span
        for start, end in (ranges if ranges is not None else [(0, len(text))])
        for span in _split(text, start, end)
    ]
    if len(lines) > 1:
        lines = _drop_furniture([_describe(text, *span) for span in lines])
    elif lines and is_residue(text[slice(*lines[0])].strip(_BULLETS)):
        return []
    if not _has_tail_words(text):
        return lines
    return [(start, end) for start, end in (_cut_tail(text, *span) for span in lines) if start < end]


def _split(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    while start < end:
        line_end = text.find("\n", start, end)
        if line_end < 0:
            line_end = end
        line = text[start:line_end]
        stripped = line.lstrip()
        low = start + len(line) - len(stripped)
        high = low + len(stripped.rstrip())
        if low < high:
            spans.append((low, high))
        start = line_end + 1
    return spans


def _describe(text: str, start: int, end: int) -> _Line:
    words = text[start:end].strip(_BULLETS)
    count = len(words.split(None, _PROSE_WORDS))
    if count <= _MAX_LABEL_WORDS and _WIDE.search(words[:40]):
        count = len(words) // 2  # Chinese and Japanese write no spaces: about two characters a word
    short = count <= _MAX_LABEL_WORDS and len(words) <= _MAX_LABEL_CHARS
    ends = _SENTENCE_END.search(words[-8:]) is not None and not _INITIALS_ONLY.match(words[:12])
    return _Line(start, end, words, count, ends, label=short and not ends)


def _drop_furniture(lines: list[_Line]) -> list[tuple[int, int]]:
    page = _is_page(lines)
    kept: list[tuple[int, int]] = []
    dropped_labels: set[str] = set()
    in_list = in_sources = in_other_articles = False
    for line in lines:
        residue = len(line.words) <= 700 and is_residue(line.words)
        if not page:
            if not residue and line.words:
                kept.append((line.start, line.end))
            continue
        prose = _is_prose(line)
        if prose or (line.ends and line.words[-1] == "."):
            in_other_articles = False
        if SOURCES.fullmatch(line.words):
            in_sources, in_list = True, False
            continue
        if in_sources and not line.ends and not prose:
            in_sources = False
            continue
        in_sources = False
        if residue or not line.words:
            continue
        if OTHER_ARTICLES.fullmatch(line.words[:100]) and not prose:
            in_other_articles, in_list = True, False
            continue
        if in_other_articles:
            continue
        if line.label and not in_list:
            dropped_labels.add(line.words)
            continue
        tagline = line.words.partition(":")[0] in dropped_labels and line.count < _PROSE_WORDS
        if tagline or (not line.ends and len(line.words) <= 200 and FURNITURE.fullmatch(line.words)):
            continue
        in_list = line.words.endswith((":", "：")) or (in_list and line.label)
        kept.append((line.start, line.end))
    return kept


def _is_page(lines: list[_Line]) -> bool:
    """Whether short labels stand about as they do on a page, those of a list after a colon not counted."""
    labels = 0
    in_list = prose = False
    for line in lines:
        if line.label and not in_list:
            labels += 1
        prose = prose or _is_prose(line)
        in_list = (line.words.endswith((":", "：")) and not SOURCES.fullmatch(line.words)) or (
            in_list and line.label
        )
    return labels >= (_MIN_LABELS if prose else _MIN_LABELS_WITHOUT_PROSE)


def _is_prose(line: _Line) -> bool:
    return line.count >= _PROSE_WORDS and (line.ends or _INNER_END.search(line.words) is not None)


def _cut_tail(text: str, start: int, end: int) -> tuple[int, int]:
    """Range [start, end) without the residue at its end ("… Read more...")."""
    low = max(start, end - _TAIL_CHARS)
    tail = text[low:end]
    if _has_tail_words(tail):
        match = RESIDUE_TAIL.search(tail)
        if match:
            end = start + len(text[start : low + match.start()].rstrip())
    return start, end


def _has_tail_words(text: str) -> bool:
    first, second, third, fourth = RESIDUE_TAIL_WORDS
    return first in text or second in text or third in text or fourth in text
