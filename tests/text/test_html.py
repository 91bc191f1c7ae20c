"""HTML: what a reader sees and no more, and where each sentence stands in the HTML as sent."""

from __future__ import annotations

import html
import re
import subprocess
import sys

import pytest

from riskscore.text import clean
from riskscore.types import Article, SourceSpan
from tests.text.page import HTML_PAGE


def sentences_in_source(source: str) -> list[str]:
    document = clean(Article(html=source))
    spans = [document.locate(sentence.start, sentence.end) for sentence in document.sentences]
    return [source[span.start : span.end] for span in spans if span is not None]


def lines_of(source: str) -> list[str]:
    return clean(Article(html=source)).text.split("\n")


def test_the_article_of_a_page_is_kept_and_nothing_else() -> None:
    document = clean(Article(html=HTML_PAGE))
    assert document.text.split("\n") == [
        "Lithoworks loses its licence & shares fall",
        "Lithoworks, a maker of tools for chip factories, lost its licence to ship to China on Monday "
        "night, the ministry’s spokesperson said. The firm will comply.",
        "“We regret it,” said an aide.",
        "Shares of Lithoworks fell 4% in Asia.",
        "Exporters must file by June.",
        "Servicing contracts need a licence too.",
        "Officials in Washington are weighing a rule that would keep cloud providers from renting "
        "computers to Chinese developers, according to two people with knowledge of the talks.",
    ]
    assert (document.warnings, document.language, document.abstain_reason) == ((), "en", None)


def test_each_sentence_is_located_in_the_html_as_sent() -> None:
    found = sentences_in_source(HTML_PAGE)
    assert "The firm will <i>comply</i>." in found
    assert "&ldquo;We regret it,&rdquo; said an aide." in found
    assert "Shares of Litho<wbr>works fell 4% in Asia." in found
    document = clean(Article(html=HTML_PAGE))
    for sentence, source in zip(document.sentences, found, strict=True):
        shown = html.unescape(re.sub(r"<[^>]*>", "", source)).replace("\xa0", " ")
        assert " ".join(shown.split()) == document.text[sentence.start : sentence.end]


def test_a_character_reference_is_located_as_a_whole() -> None:
    source = "<p>The &#8220;AT&amp;T&#x201d; rule stays in force.</p>"
    document = clean(Article(html=source))
    at = document.text.index("AT&T”")
    span = document.locate(at, at + 5)
    assert span == SourceSpan("html", source.index("AT&amp;"), source.index(" rule"))


def test_a_title_given_by_the_caller_stands_before_the_page() -> None:
    lines = clean(Article(title="Mine", html=HTML_PAGE)).text.split("\n")
    assert lines[:2] == ["Mine", "Lithoworks loses its licence & shares fall"]


def test_the_title_element_serves_where_there_is_no_heading() -> None:
    head = "<html><head><title>Curbs\n widen</title></head>"
    source = head + "<body><p>The rule takes effect on Monday.</p></body></html>"
    document = clean(Article(html=source))
    assert document.text == "Curbs widen\nThe rule takes effect on Monday."
    assert document.locate(0, 11) == SourceSpan("html", source.index("Curbs"), source.index("</title>"))


LOGO = "<header><h1>Example Times</h1></header>"
STORY = "<p>The rule on chip exports takes effect on Monday, officials said in Washington.</p>" * 4


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        (
            "Curbs widen | Example Times",
            f"{LOGO}<article><h1>Curbs widen</h1>{STORY}</article>",
            "Curbs widen",
        ),
        ("", f"{LOGO}<article><h1>Curbs widen</h1>{STORY}</article>", "Curbs widen"),
        (
            "Curbs widen on chips - Example Times",
            f"{LOGO}<article>{STORY}</article>",
            "Curbs widen on chips - Example Times",
        ),
        ("Curbs widen - Example Times", f"{LOGO}<h1>Curbs widen again</h1>{STORY}", "Curbs widen again"),
    ],
)
def test_the_logo_of_a_site_is_not_the_title(head: str, body: str, title: str) -> None:
    source = f"<html><head><title>{head}</title></head><body>{body}</body></html>"
    assert lines_of(source)[0] == title


@pytest.mark.parametrize(
    "empty", ['<svg viewBox="0 0 1 1"/>', "<svg/>", "<math />", '<iframe src="x"/>', "<script async/>"]
)
def test_what_ends_itself_hides_nothing_after_it(empty: str) -> None:
    document = clean(Article(html=f"<p>The rule is out.</p>{empty}<p>Firms object to the rule.</p>"))
    assert document.text == "\nThe rule is out.\nFirms object to the rule."
    assert document.warnings == ()


def test_a_slash_that_ends_an_address_ends_no_element() -> None:
    assert lines_of("<p>The rule is out.</p><script src=/a/>secret</script>") == ["", "The rule is out."]


@pytest.mark.parametrize("name", ["script", "textarea", "iframe"])
def test_an_element_left_open_is_told(name: str) -> None:
    document = clean(Article(html=f"<p>The rule is out today.</p><{name}><p>Firms object.</p>"))
    assert document.text == "\nThe rule is out today."
    assert document.warnings == (
        f"The HTML ends inside a {name} element; its last 20 characters were not read.",
    )


@pytest.mark.parametrize(
    "text",
    [
        "Chip shares <!-- fell after the US barred exports.",
        "Chip shares fell to <b 5% and the US barred exports > of tools.",
    ],
)
def test_stray_markup_does_not_make_text_html(text: str) -> None:
    assert clean(Article(text=text)).text == f"\n{text}"


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>secret</script>",
        "<SCRIPT>'</div>' secret</SCRIPT >",
        "<style>secret</style>",
        "<!-- secret -->",
        "<template><p>secret</p></template>",
        "<noscript>secret</noscript>",
        "<svg><title>secret</title><text>secret</text></svg>",
        "<div hidden><p>secret</div>",
        "<span style='display:none'>secret</span>",
        '<span style="visibility: hidden">secret</span>',
        '<span class="a sr-only">secret</span>',
        "<textarea>secret</textarea>",
        "<button>secret</button>",
        "<div><span hidden>secret</div>",
        "<p title='secret > secret'></p>",
        "<?php secret ?>",
        "<iframe>secret</iframe>",
    ],
)
def test_what_a_reader_cannot_see_never_appears(hidden: str) -> None:
    text = clean(
        Article(html=f"<p>The rule takes effect today.</p>{hidden}<p>Firms object to the rule.</p>")
    ).text
    assert text == "\nThe rule takes effect today.\nFirms object to the rule."


def test_an_attribute_that_speaks_of_hidden_things_hides_nothing() -> None:
    assert "cost" in clean(Article(html="<p title='the hidden none'>The cost of the rule is high.</p>")).text


def test_white_space_collapses_except_in_pre() -> None:
    source = "<p>The  rule\n\t takes <b> effect</b> today.</p><pre>Line one.\nLine two.</pre>"
    assert lines_of(source) == ["", "The rule takes effect today.", "Line one.", "Line two."]


def test_a_less_than_sign_is_text() -> None:
    assert lines_of("<p>Chips with 5 < 7 nm are <3 and a<b.</p>")[1].startswith(
        "Chips with 5 < 7 nm are <3 and a"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>AT&amp;T was told to stop.</p><p>It did.</p>", "AT&T was told to stop.\nIt did."),
        ("The rule is out.<br>Firms object.", "The rule is out.\nFirms object."),
        ("AT&amp;T was told.\n\nIt&#8217;s done.", "AT&T was told.\nIt’s done."),
        ('The rule is out, says <a href="https://example.com/a', "The rule is out, says"),
        ("Chips below 7 nm: a<b, and R&D too.", "Chips below 7 nm: a<b, and R&D too."),
    ],
)
def test_text_that_plainly_is_html_is_read_as_html(text: str, expected: str) -> None:
    document = clean(Article(title="AT&amp;T", text=text))
    assert document.text == f"AT&T\n{expected}"
    assert document.locate(0, 4) == SourceSpan("title", 0, 8)
    assert {segment.field for segment in document.segments} == {"title", "text"}


def test_all_visible_text_is_read_with_a_warning_when_the_page_has_too_many_tags() -> None:
    source = "<html><body>" + "<p>The rule takes effect today.</p>" * 20_001 + "</body></html>"
    document = clean(Article(html=source))
    assert document.text.count("The rule takes effect today.") == 20_001
    assert any("all its visible text was read" in warning for warning in document.warnings)


def test_html_that_ends_inside_a_comment_is_told() -> None:
    document = clean(Article(html="<p>The rule takes effect today.</p><!--" + "x" * 2_000))
    assert document.text == "\nThe rule takes effect today."
    assert document.warnings == ("The HTML ends inside a comment; its last 2004 characters were not read.",)


def test_plain_text_never_imports_the_html_libraries() -> None:
    code = (
        "import sys; from riskscore.text import clean; from riskscore.types import Article; "
        "assert 'pycld2' not in sys.modules; "
        "clean(Article(title='Curbs widen', text='<p>The rule takes effect today.</p>')); "
        "assert not {'lxml', 'trafilatura'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
