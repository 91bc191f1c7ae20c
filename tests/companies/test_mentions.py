"""CompanyMatcher: what is a mention and what is not, masking, relevance and lookup."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.companies.mentions import MASK, CompanyMatcher, relevance
from riskscore.knowledge import load_knowledge
from riskscore.types import Company, Mention

COMPANIES = tuple(load_knowledge().companies.values())
MATCHER = CompanyMatcher(COMPANIES)


def found(text: str) -> list[tuple[str, str]]:
    """(alias as written, company id) of each mention."""
    return [(mention.alias, mention.company_id) for mention in MATCHER.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nvidia's H20 was cleared.", [("Nvidia", "nvidia")]),
        ("Nvidia’s H20 was cleared.", [("Nvidia", "nvidia")]),
        ("NVIDIA CLEARED TO SELL H20", [("NVIDIA", "nvidia")]),
        ("TikTok-owner ByteDance appealed.", [("TikTok", "tiktok"), ("ByteDance", "bytedance")]),
        ("Tiktok sued.", [("Tiktok", "tiktok")]),
        ("AT&T's network", [("AT&T", "att")]),
        ("(SMIC)", [("SMIC", "smic")]),
        ("“Huawei,” he said.", [("Huawei", "huawei")]),
        ("Cars by iFlytek and xAI.", [("iFlytek", "iflytek"), ("xAI", "xai")]),
        ("the watch list of Moody’s", [("Moody’s", "moodys")]),
        ("Shares of Trip.com and JD.com", [("Trip.com", "trip-com"), ("JD.com", "jd-com")]),
        ("Megvii (Face++)", [("Megvii", "megvii"), ("Face++", "megvii")]),
    ],
)
def test_names_as_news_writes_them(text: str, expected: list[tuple[str, str]]) -> None:
    expected_ids = [company_id.replace("at-t", "att") for _, company_id in expected]
    assert [
        (alias, company_id) for (alias, _), company_id in zip(expected, expected_ids, strict=True)
    ] == found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Nvidian art and Intelligence on Baidus.",
        "nvidia, huawei and tencent in lower case",
        "NViDiA and hUAWEI",
        "China Mobility and Bank of Chinatown",
        "Texas and Instruments",
        "Texas, Instruments",
    ],
)
def test_longer_words_and_other_cases_are_no_mentions(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sequoia China raised money", ["Sequoia China"]),
        ("Vanguard International Semiconductor is not a fund", ["Vanguard International Semiconductor"]),
        ("Semiconductor Manufacturing International said", ["Semiconductor Manufacturing International"]),
        ("China Mobile, China Telecom", ["China Mobile", "China Telecom"]),
        ("Bain Capital and Bank of China", ["Bain Capital", "Bank of China"]),
        ("Micron, Technology", ["Micron"]),
    ],
)
def test_longest_name_wins(text: str, expected: list[str]) -> None:
    assert [alias for alias, _ in found(text)] == expected


@pytest.mark.parametrize("gap", [" ", "\u00a0", "\n", "  ", "\r\n"])
def test_name_over_a_line_break_or_wide_gap(gap: str) -> None:
    assert found(f"tools of Applied{gap}Materials were") == [(f"Applied{gap}Materials", "applied-materials")]


@pytest.mark.parametrize(
    ("text", "alias"),
    [
        ("NVIDIA Corporation said", "NVIDIA Corporation"),
        ("Tencent Holdings Ltd. fell", "Tencent Holdings Ltd."),
        ("Inspur Group Co., Ltd. was listed", "Inspur Group Co., Ltd."),
        ("Snowflake, Inc. said", "Snowflake, Inc."),
        ("HUAWEI TECHNOLOGIES CO., LTD", "HUAWEI TECHNOLOGIES CO., LTD"),
        ("Nvidia Incense", "Nvidia"),
        ("Nvidia Co-founder Jensen Huang", "Nvidia"),
    ],
)
def test_legal_suffix_belongs_to_the_mention(text: str, alias: str) -> None:
    assert [mention for mention, _ in found(text)] == [alias]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the chipmaker (NASDAQ: NVDA) rose", [("NVDA", "nvidia")]),
        ("the chipmaker (Nasdaq:NVDA) rose", [("NVDA", "nvidia")]),
        ("buy $NVDA now", [("NVDA", "nvidia")]),
        ("the chipmaker NVDA.O rose", [("NVDA", "nvidia")]),
        ("the foundry (HKEX: 0981)", [("0981", "smic")]),
        ("the foundry 0981.HK", [("0981", "smic")]),
        ("the foundry 981.HK", [("981", "smic")]),
        ("the foundry 688981.SS.", [("688981", "smic")]),
        ("telecoms (NYSE: T)", [("T", "att")]),
        ("the lender (NYSE: C; HKEX: 0005)", [("C", "citigroup"), ("0005", "hsbc")]),
    ],
)
def test_ticker_in_its_context(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected
    assert {mention.kind for mention in MATCHER.find(text)} == {"ticker"}


@pytest.mark.parametrize(
    "text",
    [
        "NVDA and ON in 0981 words, T and C",
        "Plan: ON time",
        "paid $700 and $0981",
        "see section 4.T and item C.O.D.",
        "(LSE: NVDA)",  # a market on which no such symbol of ours trades
        "0981.HKD",
        "US: T-shirts",
    ],
)
def test_symbol_without_ticker_context_is_no_mention(text: str) -> None:
    assert found(text) == []


def test_chinese_names_stand_anywhere_in_cjk_text() -> None:
    text = "美国商务部允许英伟达Nvidia向华为和SK海力士出售芯片"
    assert found(text) == [
        ("英伟达", "nvidia"),
        ("Nvidia", "nvidia"),
        ("华为", "huawei"),
        ("SK海力士", "sk-hynix"),
    ]
    assert [mention.kind for mention in MATCHER.find(text)][::2] == ["chinese_name", "chinese_name"]


def test_chinese_name_with_latin_letters_beats_the_ambiguous_name_inside_it() -> None:
    assert found("the company IDG资本 said") == [("IDG资本", "idg-capital")]


@pytest.mark.parametrize(
    "text",
    [
        "Shares of Meta fell.",
        "Meta said in a statement that rules would change.",
        "Meta Platforms said.",
        "Officials met the chief executive of Target.",
        "Block Inc paid a fine.",
        "Lawmakers wrote to the company, and Oracle answered.",
        "The app from Snap is banned on official phones.",
        "The order named Nvidia, Broadcom and Arm.",
        "Beijing-backed Lam rivals won. Lam Research fell.",
        "The retailer Gap (NYSE: GAP) left.",
        "APPLE SHARES FALL ON CHINA CURBS",
        "Visa Inc. and Ford Motor left.",
        "Target-owned brands left.",
    ],
)
def test_ambiguous_name_counts_with_evidence(text: str) -> None:
    assert MATCHER.find(text)


@pytest.mark.parametrize(
    "text",
    [
        "Target rules at home, not abroad.",
        "Block the road.",
        "Visa rules tighten for students.",
        "Lawmakers Target Apps In New Bill",
        "Leaders Snap At Reporters",
        "Meta-analysis finds no effect.",
        "An apple a day; snap, gap and target.",
        "Oracle bones were found near the river.",
        "Doug Ford said Ontario would retaliate.",
        "Premier Doug Ford met the chief executive of a firm.",
        "Carrie Lam left office.",
        "The Amazon rainforest shrank.",
        "RTX 4090 cards vanished.",
    ],
)
def test_ambiguous_name_without_evidence_does_not_count(text: str) -> None:
    assert found(text) == []


def test_unambiguous_mention_settles_the_other_mentions_of_the_company() -> None:
    assert found("Meta faces rules.") == [("Meta", "meta")]
    assert found("Meta and rules.") == []
    assert found("Meta and rules. Regulators fined Facebook.") == [("Meta", "meta"), ("Facebook", "meta")]


def test_surname_is_not_settled_by_the_company_of_that_name() -> None:
    assert found("Ford Motor cut output. Doug Ford said so.") == [("Ford Motor", "ford")]


def test_mask_hides_every_name_and_keeps_offsets() -> None:
    text = "Nvidia Corp and 华为 (HKEX: 0981) met."
    masked = MATCHER.mask(text)
    assert masked == f"{MASK * 11} and {MASK * 2} (HKEX: {MASK * 4}) met."
    assert len(masked) == len(text)
    assert MATCHER.mask(text, MATCHER.find(text)) == masked


def test_text_without_names_is_not_changed_by_the_mask() -> None:
    assert MATCHER.mask("No firm here.") == "No firm here."


# Names with random text about them, lone surrogates included.
_PIECES = st.one_of(
    st.sampled_from(
        [form for company in COMPANIES for form in (company.name, *company.aliases, *company.tickers)]
        + [company.chinese_name for company in COMPANIES if company.chinese_name]
    ),
    st.sampled_from(
        [" ", ", ", ". ", "\n", "'s ", "-", "$", " Inc.", " Group ", "(", ".HK", " said ", "shares of "]
    ),
    st.text(st.characters(exclude_categories=()), max_size=12),
)


@given(st.lists(_PIECES, max_size=30).map("".join))
def test_any_text_gives_ordered_disjoint_mentions_and_a_mask_of_its_length(text: str) -> None:
    mentions = MATCHER.find(text)
    assert all(text[mention.start : mention.end] == mention.alias for mention in mentions)
    assert all(mention.start < mention.end for mention in mentions)
    assert all(one.end <= other.start for one, other in pairwise(mentions))
    masked = MATCHER.mask(text)
    assert len(masked) == len(text)
    covered = {at for mention in mentions for at in range(mention.start, mention.end)}
    assert all((masked[at] == MASK) if at in covered else (masked[at] == text[at]) for at in range(len(text)))


@given(st.sampled_from([company for company in COMPANIES if company.name not in company.ambiguous]))
def test_every_unambiguous_name_is_found_in_a_sentence(company: Company) -> None:
    for name in (company.name, company.name.upper()):
        mentions = MATCHER.find(f"the rule hits {name}, it was learnt")
        assert [mention.company_id for mention in mentions] == [company.company_id]
        assert mentions[0].alias == name


@pytest.mark.parametrize(
    "text",
    [
        "A" * 1_000_000,
        "Meta " * 100_000,
        "Meta Nvidia " * 50_000,
        "China " * 100_000,
        "华为" * 200_000,
        ". " * 300_000 + "Meta",
        "!" * 300_000 + " Meta " + "?" * 300_000,
        "Nvidia" + " Inc" * 200_000,
        "$" * 500_000,
        "(NYSE: " * 100_000,
    ],
    ids=lambda text: f"{text[:8]}x{len(text)}",
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    began = time.process_time()
    MATCHER.find(text)
    assert time.process_time() - began < 5


def test_article_of_200_words_is_read_quickly() -> None:
    text = (
        "Nvidia said on Tuesday that the Commerce Department had told it to stop shipping H20 processors to"
        " China, a step that Micron and Applied Materials had warned of. Shares of Meta fell. "
    ) * 6
    MATCHER.find(text)
    spent = []
    for _ in range(30):
        began = time.perf_counter()
        MATCHER.find(text)
        spent.append(time.perf_counter() - began)
    assert min(spent) < 0.001  # 0.1 ms is the goal and measured; ten times that fails on any machine


def mention(company_id: str, start: int) -> Mention:
    return Mention(company_id, "x", start, start + 1, "name")


def test_relevance_of_the_one_subject_is_one() -> None:
    assert relevance([mention("a", 0), mention("a", 300)], 1000, 50) == {"a": pytest.approx(1.0)}


def test_relevance_orders_subject_second_and_bystander() -> None:
    mentions = [mention("subject", 5), mention("subject", 60), mention("second", 80), mention("subject", 400)]
    values = relevance([*mentions, mention("bystander", 950)], 1000, 50)
    assert values["subject"] > 0.9 > values["second"] > 0.25 > values["bystander"] > 0


def test_relevance_without_title_ends_at_one_and_without_mentions_is_empty() -> None:
    assert relevance([mention("a", 0)], 100, 0) == {"a": pytest.approx(1.0)}
    assert relevance([], 0, 0) == {}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 500)), max_size=20), st.integers(0, 500))
def test_relevance_is_between_zero_and_one(pairs: list[tuple[str, int]], title_end: int) -> None:
    mentions = [mention(company_id, start) for company_id, start in pairs]
    values = relevance(mentions, 500, title_end)
    assert set(values) == {company_id for company_id, _ in pairs}
    assert all(0 <= value <= 1 + 1e-9 for value in values.values())


@pytest.mark.parametrize(
    ("query", "company_id"),
    [
        ("Nvidia", "nvidia"),
        ("nvdia", "nvidia"),
        ("NVDA", "nvidia"),
        ("nasdaq:nvda", "nvidia"),
        ("HKEX:0981", "smic"),
        ("semiconductor manufacturing intern", "smic"),
        ("Qualcom Inc.", "qualcomm"),
        ("wechat", "tencent"),
        ("华为", "huawei"),
        ("société generale", "societe-generale"),
        ("materials applied", "applied-materials"),
        ("meta platforms inc", "meta"),
    ],
)
def test_search_puts_the_company_meant_first(query: str, company_id: str) -> None:
    assert MATCHER.search(query, 5)[0].company_id == company_id


def test_search_respects_its_limit_and_finds_nothing_for_nothing() -> None:
    assert len(MATCHER.search("china", 3)) == 3
    assert MATCHER.search("china", 0) == []
    assert MATCHER.search("  ", 5) == []
    assert MATCHER.search("zzqqxxyy", 5) == []


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_search_survives_any_query(query: str) -> None:
    assert len(MATCHER.search(query, 4)) <= 4


def test_company_whose_name_starts_with_a_sign_is_refused() -> None:
    with pytest.raises(ValueError, match="does not start with a letter or digit"):
        CompanyMatcher([Company("x", "$x")])


def test_matcher_without_companies_finds_nothing() -> None:
    assert CompanyMatcher([]).find("Nvidia 华为 $T") == []
