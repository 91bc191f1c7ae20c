"""HTML in; its visible text, mapped to the HTML character by character, and a tame copy of it out.

The page is read once by this linear scanner rather than by a tree builder, because no parser at hand
tells at which character of the source a piece of text stands. It follows the HTML standard where that
matters for what a reader sees, and never recurses or raises.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass

from riskscore.text.rendered import RenderedText
from riskscore.text.visible import Visible
from riskscore.types import Field

_MAX_DEPTH = 200  # deeper tags are left out of the copy: libxml2 gives up at 256
_MAX_ATTRIBUTE_CHARS = 2_000  # attributes are read up to here; class names and "hidden" come early


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_VOID = _names("area base br col embed hr img input link meta source wbr")
_BREAKING = _names(
    """address article aside blockquote body br caption center dd details div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 head header hr html legend li main menu nav ol p pre section summary table
    tbody tfoot thead tr ul"""
)
_CELLS = _names("td th")
_SELF_ENDING = _names("dd dt li option td th tr")  # a new one ends the one before
_IN_HEAD = _names("base link meta noscript script style template title")
_RAW = _names("iframe noembed noframes script style textarea title xmp")
_HIDDEN = _names("audio button canvas datalist head math noscript object select svg template video")
_FOREIGN = _names("math svg")  # "/>" ends them at once, as it does nothing else that can hold something
_PAGE_PARTS = _names("article aside body footer head header html main nav")

_TAG = re.compile(
    r"""<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*+)
    (?P<attributes>(?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+|["'])*+)>""",
    re.VERBOSE,
)
_TAG_UNQUOTED = re.compile(r"<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*+)(?P<attributes>[^>]*+)>")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s>"']++))?+""")
_HIDING = re.compile(r"hidden|none|sr-only|screen-reader", re.IGNORECASE)
_HIDING_STYLE = re.compile(r"display:none|visibility:hidden")
_HIDING_CLASSES = frozenset(["screen-reader-text", "sr-only", "visually-hidden"])
_RAW_END = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _RAW}

_LOOKS_LIKE_HTML = re.compile(
    r"""</?(?:a|b|article|blockquote|body|br|div|em|figure|h[1-6]|head|html|i|iframe|img|li|ol|p|script|section
    |span|strong|style|table|td|tr|ul)
    (?:\s++(?:[^\s"'<>=/]++=|(?:async|defer|hidden|nowrap|reversed)\b)[^<>]*+)?+\s*+/?>
    |<a\s+href=|<!doctype\s+html
    |&(?:amp|apos|gt|hellip|[lr][ds]quo|lt|[mn]dash|nbsp|quot|\#[0-9]{1,7}|\#x[0-9a-f]{1,6});""",
    re.IGNORECASE | re.VERBOSE,
)
_LAYS_OUT_LINES = re.compile(r"<(?:br|p|div|li|tr|h[1-6]|body|html|section|article)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """What a reader of the HTML sees.

    `headings` are the ranges in `visible.text` of the h1 elements; `title` is the title element's contents.
    `copy` is the same visible text in plain tags with short attributes and bounded depth, for a library
    that looks for the main content; `tags` is their number. `whole` tells a page from a mere fragment.
    """

    visible: Visible
    title: Visible
    headings: tuple[tuple[int, int], ...]
    copy: str
    tags: int
    whole: bool
    warnings: tuple[str, ...]


def looks_like_html(text: str) -> bool:
    """Whether text sent as plain is plainly HTML: it holds a common tag, comment or character reference."""
    if "<" not in text and "&" not in text:
        return False
    comment = text.find("<!--")  # a lone one is text, as "<b 5% and x >" is
    return (comment >= 0 and text.find("-->", comment) >= 0) or _LOOKS_LIKE_HTML.search(text) is not None


def read_html(source: str, field: Field) -> Page:
    """Read HTML, whole or a fragment.

    White space collapses as in a browser, except in `pre` and in a fragment without any tag that lays
    out lines, where the sender's line ends are the only ones there are. Scripts, styles, comments,
    controls, the head and everything hidden by attribute or inline style are left out.

    Parameters
    ----------
    source : str
        HTML of any quality.
    field : {"title", "text", "html"}
        Field of the article in which it was sent; the segments name it.

    Returns
    -------
    Page
    """
    scanner = _Scanner(source, field)
    scanner.run()
    return scanner.page()


class _Scanner:
    """One pass over the source; the stack of open elements tells what is hidden."""

    def __init__(self, source: str, field: Field) -> None:
        self.source = source
        self.text = RenderedText(field)
        self.title = RenderedText(field)
        self.copy: list[str] = []
        self.tags = 0
        self.stack: list[str] = []
        self.open: Counter[str] = Counter()
        self.hidden_above = 0  # stack height at which the hidden subtree began; 0 when none is
        self.heading_start: int | None = None
        self.headings: list[tuple[int, int]] = []
        self.whole = False
        self.tag_pattern = _TAG
        self.keeps_lines = field != "html" and not _LAYS_OUT_LINES.search(source)
        self.warnings: list[str] = []

    def page(self) -> Page:
        return Page(
            visible=self.text.finish(),
            title=self.title.finish(),
            headings=tuple(self.headings),
            copy="".join(self.copy),
            tags=self.tags,
            whole=self.whole,
            warnings=tuple(self.warnings),
        )

    def run(self) -> None:
        source = self.source
        position = 0
        while position < len(source):
            opening = source.find("<", position)
            if opening < 0:
                self._add_text(position, len(source))
                break
            self._add_text(position, opening)
            position = self._markup(opening)
        while self.stack:
            self._close_top()

    def _markup(self, opening: int) -> int:
        """Take in what "<" at `opening` begins; return where to go on."""
        source = self.source
        mark = source[opening + 1 : opening + 2]
        if mark in ("!", "?") or (mark == "/" and not source[opening + 2 : opening + 3].isalpha()):
            if source.startswith("<!--", opening):
                end = source.find("-->", opening + 2)
                return end + 3 if end >= 0 else self._stop_inside(opening, "a comment")
            end = source.find(">", opening)
            return end + 1 if end >= 0 else self._stop_inside(opening, "a declaration")
        if not mark.isascii() or not (mark.isalpha() or mark == "/"):
            self._add_text(opening, opening + 1)  # "a < b"
            return opening + 1
        match = self.tag_pattern.match(source, opening)
        if match is None and self.tag_pattern is _TAG and source.find(">", opening) >= 0:
            # A quotation mark is left open: from here on a tag ends at the first ">". Only once, or
            # a page of such tags would be read to its end for each of them.
            self.tag_pattern = _TAG_UNQUOTED
            match = self.tag_pattern.match(source, opening)
        if match is None:
            return self._stop_inside(opening, "a tag")
        name = match["name"].lower()
        if match["close"]:
            self._end_tag(name)
            return match.end()
        self._start_tag(name, match["attributes"])
        if name in _RAW and not _is_self_closed(match["attributes"]):
            return self._skip_raw(name, match.end())
        return match.end()

    def _stop_inside(self, opening: int, what: str, spared: int = 1_000) -> int:
        rest = len(self.source) - opening
        if rest > spared:  # less is a teaser cut off inside a link
            self.warnings.append(f"The HTML ends inside {what}; its last {rest} characters were not read.")
        return len(self.source)

    def _skip_raw(self, name: str, start: int) -> int:
        end_tag = _RAW_END[name].search(self.source, start)
        end = end_tag.start() if end_tag else self._stop_inside(start, f"a {name} element", spared=0)
        if name == "title" and self.title.length == 0 and not self.open["svg"]:
            self.title.add(self.source[start:end], start, preformatted=False)
        return end

    def _add_text(self, start: int, end: int) -> None:
        if start == end or self.hidden_above:
            return
        before = len(self.text.parts)
        self.text.add(self.source[start:end], start, preformatted=self.keeps_lines or self.open["pre"] > 0)
        self.copy.append(html.escape("".join(self.text.parts[before:]), quote=False))

    def _start_tag(self, name: str, attributes: str) -> None:
        if self.stack:
            top = self.stack[-1]
            if (
                (top == "p" and name in _BREAKING and name != "br")
                or (top == name and name in _SELF_ENDING)
                or (top == "head" and name not in _IN_HEAD)
            ):
                self._close_top()
        self.whole = self.whole or name in _PAGE_PARTS
        if name in _RAW:
            return
        kept = self._read_attributes(attributes) if attributes.strip(" /\t\n\r") else {}
        if not self.hidden_above:
            self._lay_out(name)
        if name in _VOID:
            if name in ("br", "hr") and not self.hidden_above:
                self.tags += 1
                self.copy.append(f"<{name}>")
            return
        if name in _FOREIGN and _is_self_closed(attributes):
            return
        self.stack.append(name)
        self.open[name] += 1
        if self.hidden_above:
            return
        if name in _HIDDEN or "hidden" in kept:
            self.hidden_above = len(self.stack)
            return
        if name == "h1" and self.heading_start is None:
            self.heading_start = self.text.length
        if len(self.stack) <= _MAX_DEPTH and name.isalnum():
            self.tags += 1
            listed = "".join(f' {key}="{html.escape(value)}"' for key, value in kept.items())
            self.copy.append(f"<{name}{listed}>")

    def _end_tag(self, name: str) -> None:
        if name == "br":
            self._start_tag(name, "")
        if not self.open[name]:
            if not self.hidden_above:
                self._lay_out(name)
            return
        while self._close_top() != name:
            pass

    def _close_top(self) -> str:
        """Close the innermost open element and return its name."""
        height = len(self.stack)
        name = self.stack.pop()
        self.open[name] -= 1
        if self.hidden_above:
            if self.hidden_above == height:
                self.hidden_above = 0
            return name
        if name == "h1" and self.heading_start is not None:
            self.headings.append((self.heading_start, self.text.length))
            self.heading_start = None
        self._lay_out(name)
        if height <= _MAX_DEPTH and name.isalnum():
            self.copy.append(f"</{name}>")
        return name

    def _lay_out(self, name: str) -> None:
        if name in _BREAKING:
            self.text.break_line()
        elif name in _CELLS:
            self.text.separate()

    @staticmethod
    def _read_attributes(attributes: str) -> dict[str, str]:
        """Attributes that say what an element is for; "hidden" among them when it is not shown."""
        kept: dict[str, str] = {}
        head = attributes[:_MAX_ATTRIBUTE_CHARS]
        may_hide = _HIDING.search(head) is not None
        for name, quoted in _ATTRIBUTE.findall(head):
            key = name.lower()
            value = quoted.strip("\"'")
            if key in ("class", "id", "itemprop", "role"):
                kept[key] = value[:200]
            if may_hide and (
                key == "hidden"
                or (key == "style" and _HIDING_STYLE.search(re.sub(r"\s", "", value.lower())))
                or (key == "class" and not _HIDING_CLASSES.isdisjoint(value.split()))
            ):
                kept["hidden"] = ""
        return kept


def _is_self_closed(attributes: str) -> bool:
    """Whether a tag ends in "/>"; the slash of `src=/a/` belongs to the address."""
    if not attributes.endswith("/"):
        return False
    last = attributes.rsplit(maxsplit=1)[-1]
    return "=" not in last or last[-2] in "\"'"
