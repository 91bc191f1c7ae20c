"""Sentence ranges: where sentences end, where they must not, and what holds for any text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.sentences import MAX_SENTENCE_CHARS, split_sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Nvidia must stop.", "Shares fell 3.5 percent."],
        [
            "The U.S. Commerce Department added Acme Corp. to its list on Jan. 5 of this year.",
            "It may appeal.",
        ],
        ["Exports fell in the U.S.", "The ministry gave no reason."],
        ["It sued Acme Inc.", "He said the case was weak."],
        ["Sen. Ann Lee and Rep. J. R. Roe met Mr. Wu in Washington, D.C. on Monday.", "They agreed."],
        ["The form is No. 5 of the annex.", "The answer was no.", "Then they left."],
        ["He paused... and went on.", "Why?", "Nobody knew."],
        ["“Stop!” she said.", "“We comply.”", "(It did.)", "Then the rule came."],
        ['"Was it legal?" he asked.', '"Yes."', "The court agreed."],
        ["Yahoo! said it would leave.", "iPhone sales fell."],
        ["The cut came in 2023.", "5 firms were named."],
        ["商务部发布公告。", "“不再出口。”", "美国回应！", "为什么？"],
        ["He waited…", "Nothing came."],
    ],
)
def test_sentences_end_where_a_reader_ends_them(sentences: list[str]) -> None:
    separator = "" if sentences[0][0] == "商" else " "
    assert cut(separator.join(sentences)) == sentences


def test_an_opening_quotation_mark_needs_no_space_before_it() -> None:
    assert cut("It ended.“We are done,” he said.") == ["It ended.", "“We are done,” he said."]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\n\n", "\u2028", "\x85"])
def test_a_line_end_always_ends_a_sentence(line_end: str) -> None:
    assert cut(f"Chip curbs widen{line_end}the U.S. said") == ["Chip curbs widen", "the U.S. said"]


def test_a_list_number_stays_with_its_sentence() -> None:
    assert cut("1. The rule takes effect.\n2. Firms may file.") == [
        "1. The rule takes effect.",
        "2. Firms may file.",
    ]


def test_an_overlong_sentence_is_cut_at_a_semicolon() -> None:
    text = "chips " * 100 + "tools; " + "parts " * 100
    assert [piece[-6:] for piece in cut(text)] == ["tools;", " parts"]


def test_an_overlong_sentence_without_semicolon_is_cut_at_a_space() -> None:
    pieces = cut("word " * 1_000)
    assert all(len(piece) <= MAX_SENTENCE_CHARS for piece in pieces)
    assert {word for piece in pieces for word in piece.split()} == {"word"}


def test_a_word_without_end_is_cut_at_the_limit() -> None:
    assert [len(piece) for piece in cut("x" * 2_500)] == [1_000, 1_000, 500]


@given(st.text(alphabet=st.sampled_from(list("aB1 .!?…;\n\t\"'”)(“。U.S.\u00a0\u2028")), max_size=300))
def test_ranges_are_ordered_trimmed_and_cover_all_that_is_not_space(text: str) -> None:
    ranges = split_sentences(text)
    position = 0
    for start, end in ranges:
        assert position <= start < end
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip()
        position = end
    assert not text[position:].strip()


@given(st.integers(1, 4), st.text(alphabet="a; \n.", max_size=40))
def test_no_sentence_is_over_the_limit(times: int, text: str) -> None:
    long = (text + "x" * 300) * 4 * times
    assert all(end - start <= MAX_SENTENCE_CHARS for start, end in split_sentences(long))


@pytest.mark.parametrize("unit", [".", ". ", '."', "1. ", "U.S. ", ";", "\n", " ", "a", ". (((", "…”", ".“"])
def test_time_is_linear_on_text_made_to_hurt(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    started = time.perf_counter()
    split_sentences(text)
    assert time.perf_counter() - started < 5  # 0.3 s here; quadratic would be hours
