"""An article as sent in; its clean text, with sentences, language and the way back to what was sent, out."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from riskscore.errors import InputError, TooLargeError
from riskscore.sentences import split_sentences
from riskscore.text.language import judge
from riskscore.text.main_content import find_main_content
from riskscore.text.markup import Page, looks_like_html, read_html
from riskscore.text.noise import keep_article_lines
from riskscore.text.visible import Visible, read_plain
from riskscore.text.wrapping import unwrap, unwrap_ranges
from riskscore.types import Article, Document, Field, Segment, Sentence

__all__ = ["clean"]

MAX_CHARS = 1_000_000
_MOST_HEADINGS = 100  # h1 elements looked at for the headline
_TITLE_PARTS = re.compile(r"\s[-–—|·•:]+\s")
_WORD = re.compile(r"\w+")


def clean(article: Article, *, max_chars: int = MAX_CHARS, languages: Collection[str] = ("en",)) -> Document:
    """Turn an article as sent into the text that the model reads.

    HTML, in `html` or where `title` or `text` plainly is HTML (it holds a common tag or a character
    reference such as "&amp;"), is reduced to what a reader sees; of a whole page, only the main content
    is kept. Page furniture goes out line by line. Everything that stays is mapped to the field as sent:

    ==========================================  ====================================================
    sent                                        in the document
    ==========================================  ====================================================
    control character, NUL, lone surrogate,     one plain space each
    no-break or other special space
    CR LF; CR; other line ends                  the end of a line (of the title: one plain space)
    zero-width, soft hyphen, direction mark     left out, the word stays whole
    line end inside a sentence, in text         one plain space
    wrapped at a fixed width
    character reference in HTML                 its character, located as a whole
    anything else                               itself
    ==========================================  ====================================================

    Parameters
    ----------
    article : Article
        At most one of `text` and `html`; the title alone is an article too.
    max_chars : int
        Most characters that each of title, text and html may have.
    languages : collection of str
        Those that are scored, as `language.judge` takes them.

    Returns
    -------
    Document
        With `abstain_reason` set where it must not be scored: no text, fewer than four words, in a
        language that is not scored, not language.
        `warnings` tell what was read otherwise than one would expect.

    Raises
    ------
    TooLargeError
        A field is over `max_chars`; `field` names it.
    InputError
        Both `text` and `html` are sent.
    """
    if article.text is not None and article.html is not None:
        raise InputError("Send either text or html, not both.", field="html")
    for name, value in (("title", article.title), ("text", article.text), ("html", article.html)):
        if value is not None and len(value) > max_chars:
            raise TooLargeError(
                f"The {name} has {len(value)} characters; at most {max_chars} are accepted.", field=name
            )
    warnings: list[str] = []
    title = _read_title(article.title)
    heading: _Heading | None = None
    ranges: list[tuple[int, int]] | None = None
    if article.html is not None:
        body, ranges, heading = _read_page(article.html, "html", warnings)
    elif article.text is not None and looks_like_html(article.text):
        body, ranges, heading = _read_page(article.text, "text", warnings)
    else:
        body = unwrap(read_plain(article.text or "", "text"))
    kept = keep_article_lines(body.text, ranges)
    if heading is not None and not title.text.strip():
        title = heading.text
        kept = [span for span in kept if not heading.start <= span[0] < heading.end]
    text, segments = _assemble(title, body, kept)
    verdict = judge(text, article.language, languages)
    if verdict.warning:
        warnings.append(verdict.warning)
    return Document(
        text=text,
        segments=segments,
        sentences=tuple(map(Sentence._make, split_sentences(text))),
        language=verdict.language,
        language_probability=verdict.probability,
        abstain_reason=verdict.abstain_reason,
        warnings=tuple(warnings),
    )


def _read_title(title: str) -> Visible:
    visible = read_html(title, "title").visible if looks_like_html(title) else read_plain(title, "title")
    return Visible(visible.text.replace("\n", " "), visible.segments)


class _Heading(NamedTuple):
    """Title that a page gives itself, and the range of the page's visible text that repeats it."""

    text: Visible
    start: int
    end: int


def _read_page(
    source: str, field: Field, warnings: list[str]
) -> tuple[Visible, list[tuple[int, int]] | None, _Heading | None]:
    """Visible text of HTML, the ranges of its main content (None: all of it) and its heading."""
    page = read_html(source, field)
    warnings.extend(page.warnings)
    sent = page.visible
    visible = unwrap(sent)
    ranges: list[tuple[int, int]] | None = None
    if page.whole and sent.text.strip():
        ranges, warning = find_main_content(page.copy, page.tags, sent.text)
        if ranges is not None:
            ranges = unwrap_ranges(ranges, sent.text, visible.text)
        if warning:
            warnings.append(warning)
    return visible, ranges, _heading(page, ranges)


def _heading(page: Page, ranges: list[tuple[int, int]] | None) -> _Heading | None:
    """The h1 that heads the article, else the title element; None when the page has neither.

    The first h1 is often the site's logo. The headline says what the title element says, or stands in
    the main content; of a page without a title element any h1 is taken.
    """
    title = _words_of_title(page.title.text)
    best: tuple[tuple[bool, bool, int], int, int] | None = None
    for start, end in page.headings[:_MOST_HEADINGS]:
        words = _words(page.visible.text[start:end])
        shared = len(words & title)
        repeats = 2 * shared >= len(words) > 0
        inside = any(low < end and start < high for low, high in ranges or ())
        if words and (repeats or inside or not title):
            rank = (repeats, inside, shared)
            if best is None or rank > best[0]:
                best = (rank, start, end)
    if best is not None:
        _, start, end = best
        text = page.visible.text[start:end].replace("\n", " ")
        return _Heading(Visible(text, tuple(page.visible.cut(start, end, 0))), start, end)
    if page.title.text.strip():
        return _Heading(Visible(page.title.text.replace("\n", " "), page.title.segments), 0, 0)
    return None


def _words_of_title(title: str) -> set[str]:
    """Words of the longest part of a title element; the other parts name the site and the section."""
    return max(map(_words, _TITLE_PARTS.split(title)), key=len)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _assemble(title: Visible, body: Visible, kept: list[tuple[int, int]]) -> tuple[str, tuple[Segment, ...]]:
    """Title line and kept ranges of the body, joined by line ends, with the segments of both."""
    stripped = title.text.strip()
    start = title.text.find(stripped)
    parts = [stripped]
    segments = title.cut(start, start + len(stripped), 0) if stripped else []
    length = len(stripped)
    for low, high in kept:
        length += 1
        parts.append(body.text[low:high])
        segments.extend(body.cut(low, high, length))
        length += high - low
    text = "\n".join(parts)
    return (text if kept else text + "\n"), tuple(segments)
