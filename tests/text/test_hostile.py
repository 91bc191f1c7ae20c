"""Input made to hang, blow up or crash the cleaner: time stays linear, the answer a document."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscore.text import clean
from riskscore.types import Article, Document

CHARS = 900_000
SENTENCE = "<p>The United States will curb exports of chips to China.</p>"


def filled(unit: str, before: str = "<html><body>", after: str = SENTENCE) -> str:
    return before + unit * ((CHARS - len(after)) // len(unit)) + after


@pytest.mark.parametrize(
    "source",
    [
        filled("<div>"),
        filled("<b>"),
        filled("<p><b><i>"),
        filled("<ul><li>"),
        filled("</b>", before="<b>" * 10_000),
        filled("<br>"),
        filled("<p>"),
        filled("<td>"),
        filled("<a b='x' "),
        filled('<a b="'),
        filled('<a b=">"'),
        filled("style=", before="<p "),
        filled(" a=b", before="<p "),
        filled("x", before='<p title="'),
        filled("<!--"),
        filled("<![CDATA["),
        filled("<script>"),
        filled("<script></script>"),
        filled("<div hidden>"),
        filled("<"),
        filled("&"),
        filled("&amp;"),
        filled("9", before="&#"),
        filled(" "),
        filled(" \n"),
        filled("\x00"),
        filled("a\u200b"),
        filled("<a href=x>chip curb</a> "),
        filled(SENTENCE),
    ],
    ids=lambda source: source[12:24],
)
def test_html_bombs_end_in_time(source: str) -> None:
    started = time.perf_counter()
    document = clean(Article(html=source))
    assert time.perf_counter() - started < 20  # 3 s at most here; quadratic would be hours
    check(document, source)


@pytest.mark.parametrize(
    "unit", ["a", "\n", "a\n", ". ", "Read more... ", "The post ", "<a ", "&#", "中", "by A\n", "\r"]
)
def test_plain_text_bombs_end_in_time(unit: str) -> None:
    text = unit * (CHARS // len(unit))
    started = time.perf_counter()
    document = clean(Article(title=text, text=text))
    assert time.perf_counter() - started < 20
    check(document, text)


def test_deep_nesting_keeps_the_sentence_at_the_bottom() -> None:
    source = filled("<div>")
    assert "curb exports of chips" in clean(Article(html=source)).text


def check(document: Document, source: str) -> None:
    """What holds of every document: text, segments and sentences agree with each other and the source."""
    assert "\n" in document.text
    document.text.encode()  # no lone surrogate is left
    position = 0
    for segment in document.segments:
        assert position <= segment.start < segment.end <= len(document.text)
        position = segment.end
        if segment.source_end is None:
            width = segment.end - segment.start
            sent = source[segment.source_start : segment.source_start + width]
            kept = document.text[segment.start : segment.end]
            assert len(sent) == width
            if kept != sent:
                assert all(
                    a == b or (a == " " and not b.isprintable()) for a, b in zip(kept, sent, strict=True)
                ), (kept, sent)
        else:
            assert source[segment.source_start] == "&"
    position = 0
    for sentence in document.sentences:
        assert position <= sentence.start < sentence.end <= len(document.text)
        position = sentence.end
        assert document.locate(sentence.start, sentence.end) is not None


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<div hidden>",
        "</div>",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "<br>",
        "<a b='",
        "'>",
        '"',
        "&amp;",
        "&#8217;",
        "&nbsp",
        "&#xd800;",
        "&bogus;",
        "<pre>",
        "</pre>",
        "<h1>",
        "</h1>",
        "<title>",
        "<html>",
        "<",
        ">",
        "The rule takes effect. ",
        "Firms object",
        "\n",
        "\r\n",
        "  ",
        "\x00",
        "\u200b",
        "�",
        "Home",
        "Read more...",
        "AD",
        "Sources:",
        "中国",
        "• ",
        ".",
        "“",
        "\u2028",
        "\xa0",
        "</title>",
        "<td>",
        "<textarea>",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_html_gives_a_document_that_points_into_it(source: str) -> None:
    check(clean(Article(html=source)), source)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=40).map("".join)))
def test_any_text_gives_a_document_that_points_into_it(text: str) -> None:
    check(clean(Article(text=text)), text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=8))
def test_any_title_text_and_language_are_taken(title: str, text: str, language: str) -> None:
    document = clean(Article(title=title, text=text, language=language))
    assert "\n" not in document.text.partition("\n")[0]
    assert document.abstain_reason is None or document.abstain_reason.isprintable()


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "Zs"]), max_size=200))
def test_locating_a_document_range_gives_the_same_characters(text: str) -> None:
    document = clean(Article(text=text.replace("<", "(").replace("&", "+")))
    source = text.replace("<", "(").replace("&", "+")
    for start in range(1, len(document.text), 7):
        span = document.locate(start, start + 5)
        if span is not None:
            sent = "".join(" " if not c.isprintable() else c for c in source[span.start : span.end])
            assert sent in document.text
