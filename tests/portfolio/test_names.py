"""Names as lists write them → the forms that news uses, and what those need."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.portfolio.names import Trust, chinese_forms, fold, fold_owner, forms

BARE, WEAK, PLAIN, SURE = Trust


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("GAP INC", [("gap", WEAK)]),
        ("ROOT, INC.", [("root", WEAK)]),
        ("C3.ai, Inc.", [("c3 ai", SURE)]),
        ("On Holding AG", [("on holding", PLAIN)]),
        ("3M Co", [("3m", BARE)]),
        ("Nasdaq, Inc.", [("nasdaq", BARE)]),
        ("AT&T INC.", [("at and t", SURE)]),
        ("JPMORGAN CHASE & CO", [("jpmorgan chase", SURE)]),
        ("U.S. Steel Corp", [("us steel", PLAIN)]),
        ("McDonald's Corp", [("mcdonalds", SURE)]),
        ("Société Générale S.A.", [("societe generale", SURE)]),
        ("The Trade Desk, Inc.", [("trade desk", PLAIN)]),
        ("BANK OF AMERICA CORP", [("bank of america", PLAIN)]),
        (
            "ALIBABA GROUP HOLDING LTD",
            [("alibaba group holding", SURE), ("alibaba group", SURE), ("alibaba", WEAK)],
        ),
        ("Goldman Sachs Group Inc", [("goldman sachs group", PLAIN), ("goldman sachs", PLAIN)]),
        ("Match Group, Inc.", [("match group", PLAIN), ("match", BARE)]),
        ("PALANTIR TECHNOLOGIES INC.", [("palantir technologies", SURE), ("palantir", WEAK)]),
        (
            "National Bank Technologies",
            [("national bank technologies", PLAIN), ("national bank", BARE), ("national", BARE)],
        ),
        (
            "Zhejiang Dahua Technology Co., Ltd.",
            [("zhejiang dahua technology", SURE), ("zhejiang dahua", SURE)],
        ),
        ("Inc.", [("inc", WEAK)]),
        ("…", []),
        ("one two three four five six seven eight nine ten eleven twelve thirteen", []),
    ],
)  # fmt: skip
def test_forms_and_their_trust(written: str, expected: list[tuple[str, Trust]]) -> None:
    assert [(" ".join(form.words), form.trust) for form in forms(written)] == expected


def test_only_the_first_form_is_the_full_name() -> None:
    assert [form.is_full for form in forms("Alibaba Group Holding Ltd")] == [True, False, False]


def test_words_are_folded_and_possessives_undone() -> None:
    assert [fold(word) for word in ("Kohl's", "Kohl’s", "Éramet", "U.S.", "&", "GAP")] == [
        "kohls", "kohls", "eramet", "us", "and", "gap",
    ]  # fmt: skip
    assert [fold_owner(word) for word in ("Gap's", "Gap’s", "GAP'S", "Gaps", "'s")] == [
        "gap", "gap", "gap", None, None,
    ]  # fmt: skip


def test_chinese_names_lose_their_legal_form_where_enough_is_left() -> None:
    assert list(chinese_forms("浙江大华技术股份有限公司")) == ["浙江大华技术股份有限公司", "浙江大华技术"]
    assert list(chinese_forms("小米集团")) == ["小米集团"]
    assert list(chinese_forms("米")) == []


@given(st.text(max_size=200))
def test_any_text_may_be_a_name(written: str) -> None:
    found = list(forms(written))
    assert all(word and word == word.casefold() for form in found for word in form.words)
    assert sum(form.is_full for form in found) == bool(found)
