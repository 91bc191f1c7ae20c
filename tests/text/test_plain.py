"""Plain text: what stays as sent, what goes out as page furniture, and where everything came from."""

from __future__ import annotations

import pytest

from riskscore.errors import InputError, TooLargeError
from riskscore.text import clean
from riskscore.types import Article, SourceSpan
from tests.text.page import COPIED_PAGE, FURNITURE, PARAGRAPHS

SENTENCE = "The United States will curb exports of chips to China."


def body_of(text: str) -> str:
    return clean(Article(title="A title", text=text)).text.partition("\n")[2]


def test_the_first_line_is_the_title_and_the_rest_the_body() -> None:
    document = clean(Article(title=" Curbs widen\nagain ", text=f"  {SENTENCE}\n"))
    assert document.text == f"Curbs widen again\n{SENTENCE}"
    assert document.locate(0, 11) == SourceSpan("title", 1, 12)
    assert document.locate(18, 18 + len(SENTENCE)) == SourceSpan("text", 2, 2 + len(SENTENCE))
    assert document.locate(17, 18) is None
    assert [document.text[s.start : s.end] for s in document.sentences] == ["Curbs widen again", SENTENCE]


def test_without_a_title_the_first_line_is_empty() -> None:
    assert clean(Article(text=SENTENCE)).text == f"\n{SENTENCE}"


def test_a_title_alone_is_an_article() -> None:
    document = clean(Article(title="Nvidia told to stop sales to China"))
    assert (document.text, document.abstain_reason) == ("Nvidia told to stop sales to China\n", None)


def test_every_paragraph_of_a_copied_page_stays_and_no_furniture_does() -> None:
    document = clean(Article(text=COPIED_PAGE))
    lines = document.text.split("\n")
    assert all(paragraph in lines for paragraph in PARAGRAPHS)
    assert "Toolmaker's lost licence could slow China's factories" in lines
    assert [noise for noise in FURNITURE if noise in document.text + "\n"] == []
    assert document.abstain_reason is None
    for sentence in document.sentences:
        span = document.locate(sentence.start, sentence.end)
        assert span is not None
        assert COPIED_PAGE[span.start : span.end] == document.text[sentence.start : sentence.end]


def test_headlines_of_other_articles_go_with_their_label() -> None:
    text = "\n".join(
        [
            "Menu",
            "Home",
            "World",
            "Markets",
            PARAGRAPHS[0],
            "Related stories",
            "Rates rise again in Europe and Asia",
            "Bank buys stadium from football club",
            PARAGRAPHS[1],
        ]
    )
    assert body_of(text) == f"{PARAGRAPHS[0]}\n{PARAGRAPHS[1]}"


@pytest.mark.parametrize(
    "residue",
    [
        "Continue reading...",
        "Continue reading…",
        "Read more...",
        "Read more",
        "Read the full story →",
        "The post Licence lost for toolmaker appeared first on Morning Courier.",
        "[…] The post Licence lost for toolmaker first appeared on Morning Courier .",
        "Click here to subscribe",
        "To read this article in full, please click here",
    ],
)
def test_residue_goes_from_the_end_of_a_teaser(residue: str) -> None:
    assert body_of(f"{PARAGRAPHS[1]} {residue}") == PARAGRAPHS[1]


@pytest.mark.parametrize(
    "residue",
    [
        "Advertisement",
        "AD",
        "Skip to content",
        "Sign up for our free daily newsletter",
        "Read more",
        "We use cookies to improve your visit.",
        "© 2024 Morning Courier",
        "Story continues below",
        "(Reporting by Ann Lee in Geneva; Editing by Jo Doe)",
        "Subscribe now",
        "• Log in",
    ],
)
def test_residue_lines_go_even_from_text_that_is_no_page(residue: str) -> None:
    assert body_of(f"{PARAGRAPHS[0]}\n{residue}\n{PARAGRAPHS[1]}") == f"{PARAGRAPHS[0]}\n{PARAGRAPHS[1]}"


@pytest.mark.parametrize(
    "text",
    [
        "Chip curbs widen",
        "Nvidia falls\nAMD falls",
        "Analysts say investors should read more",
        "She told them to continue reading the rule.",
        "Reporting by U.S. persons of such deals is required.",
        "(c) The licensee must keep records.",
        "Key points:\nNvidia hit\nShares down\nBeijing objects\nMore to come",
        "The agency named these firms:\nAcme Chips\nBeta Tools\nGamma Cloud\nDelta\nAll are in Wuhan.",
        "Beijing bans Acme\nThe ministry acted on Monday.\nHe agreed.\nWhy?\nNobody said.",
        "Share this view if you must, the minister said, but the rule on cloud data stays as it is for now.",
        "Ads on the platform go to a Chinese data broker.",
    ],
)
def test_short_items_and_sentences_are_kept_whole(text: str) -> None:
    assert body_of(text) == text


def test_a_list_of_firms_after_a_colon_stays_on_a_page_too() -> None:
    firms = "The agency added these firms to its list:\nAcme Chips\nBeta Tools\nGamma Cloud"
    page = "\n".join(
        ["Home", "World", "Markets", "Opinion", PARAGRAPHS[0], firms, PARAGRAPHS[1], "Sign in", "Search"]
    )
    assert body_of(page) == f"{PARAGRAPHS[0]}\n{firms}\n{PARAGRAPHS[1]}"


def test_text_wrapped_at_a_fixed_width_becomes_paragraphs_one_for_one() -> None:
    text = (
        "SUMMARY: In this rule the Bureau of Industry and Security amends\n"
        "the regulations to control certain computing items, and adds\n"
        "firms to the list of entities whose trade with the United\n"
        "States needs a licence.\n"
        "\n"
        "DATES: The rule is effective today."
    )
    document = clean(Article(text=text))
    assert document.text.split("\n")[1:] == [
        text[: text.index("\n\n")].replace("\n", " "),
        text.split("\n")[-1],
    ]
    assert document.locate(1, 1 + text.index("\n\n")) == SourceSpan("text", 0, text.index("\n\n"))


@pytest.mark.parametrize(
    "odd", ["\x00", "\x1b", "\x7f", "\xa0", "\u2009", "\u3000", "\ud83d", "\udc00", "\ufffe", "\t"]
)
def test_what_cannot_be_printed_becomes_one_space(odd: str) -> None:
    document = clean(Article(title=f"Curbs{odd}widen", text=f"Chips{odd}go. {SENTENCE}"))
    assert document.text == f"Curbs widen\nChips go. {SENTENCE}"
    document.text.encode()


@pytest.mark.parametrize(
    "unseen", ["\u200b", "\u200d", "\ufeff", "\xad", "\u200f", "\u202e", "\u2066", "\U000e0041"]
)
def test_what_cannot_be_seen_is_left_out_and_offsets_hold(unseen: str) -> None:
    text = f"{unseen}Hua{unseen}wei must stop.{unseen} It may appeal.{unseen}"
    document = clean(Article(text=text))
    assert document.text == "\nHuawei must stop. It may appeal."
    span = document.locate(1, 7)
    assert span is not None
    assert text[span.start : span.end] == f"Hua{unseen}wei"


def test_windows_and_old_line_ends_end_lines() -> None:
    assert body_of(f"{SENTENCE}\r\n{SENTENCE}\r{SENTENCE}") == "\n".join([SENTENCE] * 3)


@pytest.mark.parametrize("field", ["title", "text", "html"])
def test_a_field_over_the_limit_is_refused_by_name(field: str) -> None:
    article = {
        "title": Article(title="x" * 11),
        "text": Article(text="x" * 11),
        "html": Article(html="x" * 11),
    }
    with pytest.raises(TooLargeError, match="11 characters; at most 10") as caught:
        clean(article[field], max_chars=10)
    assert caught.value.field == field


def test_text_and_html_together_are_refused() -> None:
    with pytest.raises(InputError, match="not both") as caught:
        clean(Article(text="a", html="b"))
    assert caught.value.field == "html"
