"""The shipped model on texts that name imported companies: they are judged, and nothing else changes."""

from __future__ import annotations

import pytest

from riskscore.assess import Assessor
from riskscore.portfolio.matcher import NameRow, Portfolio
from riskscore.types import REGIMES, Article
from riskscore.wire.answers import assessment_answer
from riskscore.wire.encoding import encode_json

PORTFOLIO = Portfolio(
    [
        NameRow("zyx", "csv", "name", "Zyxhall Chips GmbH"),
        NameRow("root", "csv", "name", "Root Inc"),
        NameRow("apple-reit", "csv", "name", "Huawei Hospitality Trust"),
        NameRow("qixin", "csv", "name", "齐芯科技股份有限公司"),
    ]
)
LISTED = Article(
    title="US adds Zyxhall Chips to the entity list",
    text=(
        "The Commerce Department added Zyxhall Chips and two other companies to the entity list on Monday, "
        "saying that the company sold advanced chips to Huawei in violation of export controls. Zyxhall "
        "Chips said that it would appeal. Analysts at Bernstein said in a note that shares of Root would not "
        "be hurt."
    ),
)


@pytest.fixture(scope="module", params=[False, True], ids=["reference", "compiled"])
def assessor(request: pytest.FixtureRequest) -> Assessor:
    return Assessor.load(compiled=request.param)


def test_the_measure_touches_the_firm_it_names_and_not_the_bystander(assessor: Assessor) -> None:
    plain = assessor.assess(LISTED)
    searched = assessor.assess(LISTED, portfolio=PORTFOLIO)
    assert encode_json(assessment_answer(searched)) == encode_json(assessment_answer(plain))
    assert (searched.portfolio, plain.portfolio, plain.imported) == (PORTFOLIO.sha256, None, ())
    found = {company.company_id: company for company in searched.imported}
    assert set(found) == {"zyx", "root"}
    assert found["zyx"].exposed
    assert found["zyx"].name == "Zyxhall Chips GmbH"
    assert found["zyx"].mentions == 3
    assert found["zyx"].exposure_probability > 0.9 > 0.6 > found["root"].exposure_probability
    assert found["zyx"].relevance > 0.8 > 0.4 > found["root"].relevance
    title = found["zyx"].spans[0]
    assert LISTED.title[title.start : title.end] == "Zyxhall Chips"
    flagged = [regime for regime in REGIMES if plain.regimes[regime].flagged]
    assert assessor.search(LISTED, flagged, PORTFOLIO) == searched.imported


def test_exposure_does_not_hang_on_the_name(assessor: Assessor) -> None:
    """An imported firm is masked like those of the knowledge files: no weight attaches to its words."""
    probabilities = []
    for name in ("Zyxhall Chips", "Vexpol Target", "Bank of Ginmar"):
        text = (LISTED.text or "").replace("Zyxhall Chips", name)
        article = Article(title=LISTED.title.replace("Zyxhall Chips", name), text=text)
        portfolio = Portfolio([NameRow("one", "csv", "name", name)])
        (company,) = assessor.search(article, ["chips"], portfolio)
        probabilities.append(round(company.exposure_probability, 6))
    assert len(set(probabilities)) == 1


def test_a_longer_name_around_a_known_one_is_a_company_of_its_own(assessor: Assessor) -> None:
    article = Article(title="Huawei Hospitality Trust told to sell its stake", text=LISTED.text)
    found = assessor.assess(article, portfolio=PORTFOLIO)
    assert "apple-reit" in {company.company_id for company in found.imported}
    assert "huawei" in {company.company_id for company in found.companies}


def test_chinese_articles_are_searched_by_their_own_heads(assessor: Assessor) -> None:
    article = Article(
        title="美国商务部将齐芯科技列入实体清单",
        text="美国商务部周一宣布将齐芯科技等三家公司列入实体清单，称其向华为出售先进芯片，违反出口管制规定。"
        "齐芯科技表示将提出申诉。分析人士认为，这一措施将限制公司获得美国的设备和软件，并可能影响其海外客户。",
    )
    found = assessor.assess(article, portfolio=PORTFOLIO)
    assert not found.abstained
    assert [company.company_id for company in found.imported] == ["qixin"]
    flagged = [regime for regime in REGIMES if found.regimes[regime].flagged]
    assert assessor.search(article, flagged, PORTFOLIO) == found.imported


def test_what_cannot_be_judged_names_nobody(assessor: Assessor) -> None:
    found = assessor.assess(Article(title="Zyxhall Chips"), portfolio=PORTFOLIO)
    assert (found.abstained, found.imported, found.portfolio) == (True, (), PORTFOLIO.sha256)
    assert assessor.search(Article(title="Zyxhall Chips"), [], PORTFOLIO) == ()
