"""Language and abstention: English is scored, the rest is declined with the cause named."""

from __future__ import annotations

import pytest

from riskscore.text import clean
from riskscore.types import Article


@pytest.mark.parametrize(
    "title",
    [
        "Nvidia halts China chip sales",
        "US bars Huawei from 5G networks",
        "HUAWEI SAYS US BAN HURTS",
        "Alibaba scraps cloud unit spinoff",
        "ASML bookings miss on export curbs",
        "Sequoia to split off China arm",
        "Nvidia H20 China ban",
        "Huawei Ascend 910C ban",  # Khasi, says the detector of this one and the next
        "Huawei SMIC Kirin ban",
        "DJI Autel drones ban",
        "Covid accelerates India's millionaire exodus",
        "Covid accelerates India’s millionaire exodus",
        "Beijing’s commerce ministry (商务部) bars gallium exports",
    ],
)
def test_english_headlines_are_english(title: str) -> None:
    document = clean(Article(title=title))
    assert (document.language, document.abstain_reason) == ("en", None)
    assert 0 < document.language_probability <= 1


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("商务部：对镓、锗相关物项实施出口管制", "zh", "Chinese"),
        ("美國商務部將更多中國企業列入實體清單", "zh", "Chinese"),
        ("米国、対中半導体規制を強化する方針", "ja", "Japanese"),
        ("Huawei verklagt US-Regierung wegen Verbot", "de", "German"),
        ("Les États-Unis durcissent les règles sur les puces", "fr", "French"),
        ("Внешняя торговля Китая выросла в мае", "ru", "Russian"),
        ("Huawei akan bangun pabrik chip", "id", "'id'"),
        ("Hoa Ky cam xuat khau chip", "vi", "Vietnamese"),
        ("Marekani yapiga marufuku chip za China", "sw", "'sw'"),
        ("Estados Unidos prohibe inversiones en China", None, "not recognised"),
        ("Exportkontrollen fuer Chips nach China", None, "not recognised"),
    ],
)
def test_other_languages_abstain_by_name(text: str, language: str | None, reason: str) -> None:
    document = clean(Article(title=text))
    assert document.language == language
    assert document.abstain_reason is not None
    assert reason in document.abstain_reason


@pytest.mark.parametrize("declared", ["zh", "zh-CN", "de_DE", "FR"])
def test_a_declared_language_other_than_english_abstains(declared: str) -> None:
    document = clean(Article(title="Chip curbs widen again today", language=declared))
    assert document.abstain_reason is not None
    assert f"declared to be in '{declared[:2].lower()}'" in document.abstain_reason


@pytest.mark.parametrize("declared", ["en", "EN-gb", "en_US", None, "", "?"])
def test_declared_english_is_scored(declared: str | None) -> None:
    assert clean(Article(title="Chip curbs widen again today", language=declared)).abstain_reason is None


def test_declared_english_does_not_make_chinese_english() -> None:
    assert clean(Article(title="商务部发布出口管制公告", language="en")).language == "zh"


@pytest.mark.parametrize(
    ("article", "reason"),
    [
        (Article(), "No text"),
        (Article(title=" \n", text="\x00\u200b "), "No text"),
        (Article(html="<script>var a</script>"), "No text"),
        (Article(text="Read more..."), "No text"),
        (Article(title="Nvidia", text="falls again"), "too short to score: 3 word"),
        (Article(title="Q3 2024", text="5 10 20"), "not language"),
        (Article(text="8,204 1,204 3.3% 11,000 44 2,219.5 1 2 3"), "fewer than half"),
        (Article(text="aGVsbG8gd29ybGQgdGhpcyBpcyBiYXNlNjQgdGV4dCBhbmQgbW9yZQ" * 20), "unbroken strings"),
        (
            Article(
                text="\n".join(["Qk1iYXNlNjQgbGluZXMgb2YgYSBmaWxlIHNlbnQgYXMgYSB0ZXh0IGJvZHk" + "Ab"] * 40)
            ),
            "unbroken",
        ),
        (Article(text="a" * 999_999), "unbroken strings"),
        (Article(text="".join(chr(byte) for byte in range(256)) * 50), "not "),
    ],
)
def test_what_cannot_be_scored_says_why(article: Article, reason: str) -> None:
    document = clean(article)
    assert document.abstain_reason is not None
    assert reason in document.abstain_reason


def test_four_words_are_enough() -> None:
    assert clean(Article(title="Washington bans", text="chip exports")).abstain_reason is None


def test_a_text_half_of_another_language_is_scored_with_a_warning() -> None:
    english = "The United States will curb exports of advanced chips to China, officials said on Monday. "
    document = clean(Article(text=english * 4 + "美国将限制向中国出口先进芯片，官员周一表示。" * 4))
    assert document.language == "en"
    assert any("of the text is English" in warning for warning in document.warnings)
