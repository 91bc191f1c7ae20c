"""Portfolio: which of the user's companies a text names, however ordinary their names are."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscore.companies.mentions import CompanyMatcher
from riskscore.knowledge import load_knowledge
from riskscore.portfolio.matcher import NameRow, Portfolio

KNOWN = CompanyMatcher(load_knowledge().companies.values())
NAMES = {
    "gap": "GAP INC",
    "root": "ROOT, INC.",
    "c3": "C3.ai, Inc.",
    "on": "On Holding AG",
    "visa": "Visa Inc.",
    "block": "BLOCK, INC.",
    "target": "TARGET CORP",
    "att2": "AT&T2 Ltd",
    "jj": "Johnson & Johnson",
    "mcd": "MCDONALDS CORP",
    "uss": "U.S. Steel",
    "ttd": "Trade Desk, Inc.",
    "first": "First Bank",
    "match": "Match Group, Inc.",
    "ebay": "eBay Inc.",
    "insight": "Insight Enterprises",
    "pltr": "PALANTIR TECHNOLOGIES INC.",
    "yum": "Yum Brands",
    "trow": "T. Rowe Price Group",
    "monday": "monday.com Ltd",
    "carter": "Zcarter Corp",
    "dahua": "Zhejiang Dahua Technology Co., Ltd.",
    "best": "BEST Inc",
}
PORTFOLIO = Portfolio(
    [
        *(NameRow(company_id, "sec", "name", name) for company_id, name in NAMES.items()),
        NameRow("gap", "sec", "ticker", "GAP"),
        NameRow("dahua", "csv", "ticker", "HKEX:0998"),
        NameRow("xiaomi2", "csv", "name", "Xiaomi Two"),
        NameRow("xiaomi2", "csv", "chinese_name", "小米"),
        NameRow("xiaomi2", "csv", "lei", "529900T8BM49AURSDO55"),
        NameRow("qixin", "csv", "name", "齐芯科技股份有限公司"),
    ]
)


def found(text: str, portfolio: Portfolio = PORTFOLIO) -> list[tuple[str, str]]:
    """(alias as written, company id) of each mention."""
    return [(mention.alias, mention.company_id) for mention in portfolio.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Shares of Gap fell. The gap widened.", [("Gap", "gap")]),
        ("Gap's stores in China", [("Gap", "gap")]),
        ("Root, Inc. said so. Root said it would", [("Root, Inc.", "root"), ("Root", "root")]),
        ("(NYSE: GAP) said. Then it was Gap", [("GAP", "gap"), ("Gap", "gap")]),
        ("buy $GAP now", [("GAP", "gap")]),
        ("cameras of 0998.HK", [("0998", "dahua")]),
        ("C3.ai and others", [("C3.ai", "c3")]),
        ("On Monday, On Holding AG said On would open stores", [("On Holding AG", "on")]),
        ("Visa said it", [("Visa", "visa")]),
        ("Johnson and Johnson said", [("Johnson and Johnson", "jj")]),
        ("McDonald’s closed", [("McDonald’s", "mcd")]),
        ("U.S. Steel Corp said", [("U.S. Steel Corp", "uss")]),
        ("The Trade Desk said", [("Trade Desk", "ttd")]),
        ("rules for The Trade Desk's tools", [("Trade Desk", "ttd")]),
        ("Match Group said and Match fell", [("Match Group", "match"), ("Match", "match")]),
        ("eBay's sellers", [("eBay", "ebay")]),
        ("Palantir said it", [("Palantir", "pltr")]),
        ("by Palantir Technologies. Palantir", [("Palantir Technologies", "pltr"), ("Palantir", "pltr")]),
        ("Yum! Brands closed", [("Yum! Brands", "yum")]),
        ("T. Rowe Price holds it", [("T. Rowe Price", "trow")]),
        ("monday.com rose", [("monday.com", "monday")]),
        ("money from the China-backed Zcarter", [("Zcarter", "carter")]),
        ("the Chinese Zcarter and Sell Zcarter Now", [("Zcarter", "carter"), ("Zcarter", "carter")]),
        ("ZHEJIANG DAHUA TECHNOLOGY", [("ZHEJIANG DAHUA TECHNOLOGY", "dahua")]),
        ("小米公司被列入清单", [("小米", "xiaomi2")]),
        ("商务部将齊芯科技列入", [("齊芯科技", "qixin")]),
        ("商务部将齐芯科技股份有限公司列入", [("齐芯科技股份有限公司", "qixin")]),
    ],
)  # fmt: skip
def test_names_as_news_writes_them(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Mind the Gap",
        "the gap and the root of the block",
        "Joe Root said it would be on target",
        "ROOT CAUSE FOUND",
        "American Visa Rules Tighten",
        "On Earnings Call, Chiefs Duck",
        "Match said it",
        "the trade desk",
        "Trade Desk Closes as Rules Bite",
        "the First Bank of Ohio said",
        "the First, Bank and others",
        "the first bank",
        "Series: Best Limited Series - Anthology",
        "NASA's InSight lander",
        "a letter that was signed yesterday by Aaron Zcarter. Then Zcarter left.",
        "Zcarters",
        "GAP-toothed",
        "小米和大米",
        "529900T8BM49AURSDO55",
    ],
)
def test_words_persons_and_headlines_are_no_companies(text: str) -> None:
    assert found(text) == []


def test_names_of_the_knowledge_files_come_first() -> None:
    portfolio = Portfolio(
        [
            NameRow("mine", "csv", "name", "Nvidia"),
            NameRow("reit", "sec", "name", "Micron Hospitality Trust"),
            NameRow("nvidia", "csv", "alias", "Team Verde"),
        ]
    )
    text = "Nvidia said so. Micron Hospitality Trust fell. Micron rose."
    assert [one.company_id for one in portfolio.find(text, KNOWN.find(text))] == ["reit"]
    # A further name of a known company counts where the text has no name of the files'.
    assert [one.company_id for one in portfolio.find("It is Team Verde again.")] == ["nvidia"]
    text = "Nvidia, called Team Verde, rose."
    assert portfolio.find(text, KNOWN.find(text)) == []


def test_a_name_of_several_companies_is_nobodys_until_the_text_tells() -> None:
    portfolio = Portfolio(
        [
            NameRow("nc", "sec", "name", "Zorvan Bancorp"),
            NameRow("pr", "sec", "name", "ZORVAN BANCORP"),
            NameRow("pr", "sec", "ticker", "ZVP"),
        ]
    )
    assert portfolio.shared == 2  # with and without Bancorp
    assert found("Zorvan Bancorp said it would", portfolio) == []
    assert found("Zorvan Bancorp (NYSE: ZVP) said", portfolio) == [("Zorvan Bancorp", "pr"), ("ZVP", "pr")]


def test_ones_own_list_is_meant_before_the_secs_and_a_name_before_what_one_is_shortened_to() -> None:
    rows = [
        NameRow("cik-1", "sec", "name", "Zorvan Inc"),
        NameRow("own", "csv", "name", "Zorvan"),
        NameRow("long", "csv", "name", "Quexal Energy"),
        NameRow("short", "csl", "name", "Quexal"),
    ]
    for portfolio in (Portfolio(rows), Portfolio(reversed(rows))):
        assert found("It is Zorvan, and Quexal.", portfolio) == [("Zorvan", "own"), ("Quexal", "short")]
        assert portfolio.shared == 0


def test_the_hash_is_of_the_names_in_any_order() -> None:
    rows = [NameRow("a", "csv", "name", "Zorvan"), NameRow("b", "csv", "name", "Quexal")]
    assert Portfolio(rows).sha256 == Portfolio(reversed(rows)).sha256 == Portfolio(rows * 2).sha256
    assert Portfolio(rows).sha256 != Portfolio(rows[:1]).sha256
    assert (len(Portfolio(rows)), Portfolio(rows).names, len(Portfolio())) == (2, 2, 0)
    assert Portfolio(rows).name_of("a") == "Zorvan"
    assert Portfolio().find("Zorvan said") == []


@settings(max_examples=200)
@given(
    st.text(alphabet=st.sampled_from(list("Gap' Root.,\n&$()小米技公司eBay:NYSE0998HK-’ ÉOn")), max_size=120)
)
def test_any_text_is_searched(text: str) -> None:
    known = KNOWN.find(text)
    mentions = PORTFOLIO.find(text, known)
    assert all(text[mention.start : mention.end] == mention.alias for mention in mentions)
    assert all(first.end <= second.start for first, second in pairwise(mentions))


@given(
    st.lists(st.tuples(st.text(max_size=12), st.sampled_from(["name", "alias", "ticker", "chinese_name"])))
)
def test_any_list_is_taken(names: list[tuple[str, str]]) -> None:
    portfolio = Portfolio(NameRow(f"c{at}", "csv", kind, name) for at, (name, kind) in enumerate(names))
    for name, _ in names:
        portfolio.find(f"Shares of {name} fell, {name} said.")


def test_time_is_linear_in_the_text_and_hardly_grows_with_the_names() -> None:
    rows = [NameRow(f"c{number}", "sec", "name", f"First Zor{number} Bank") for number in range(20_000)]
    large, small = Portfolio(rows), Portfolio(rows[:200])
    text = "The First Zor7 Bank said First National would open First Street by Friday, Mr. First said. " * 200

    def taken(portfolio: Portfolio, text: str) -> float:
        began = time.process_time()
        portfolio.find(text)
        return time.process_time() - began

    assert len(large.find(text)) == 200
    assert min(taken(large, text) for _ in range(3)) < 4 * min(taken(small, text) for _ in range(3)) + 0.02
    assert (
        min(taken(large, 4 * text) for _ in range(3)) < 12 * min(taken(large, text) for _ in range(3)) + 0.02
    )
