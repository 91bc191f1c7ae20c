"""Chinese text: tokens, folding, masking, lexicon terms, and abstention where there are no heads."""

from __future__ import annotations

from riskscore.assess import Assessor
from riskscore.features import FeatureReader
from riskscore.knowledge import load_knowledge
from riskscore.languages import CHINESE
from riskscore.text import clean
from riskscore.text.han import simplify
from riskscore.types import Article


def reader() -> FeatureReader:
    knowledge = load_knowledge()
    return FeatureReader(knowledge.chinese_concepts.values(), knowledge.companies.values(), CHINESE)


def test_characters_are_tokens_and_latin_runs_are_words() -> None:
    assert reader().read("H20芯片").sentence(0).words == ["H20", "芯", "片"]


def test_traditional_text_reads_as_simplified_with_the_same_offsets() -> None:
    text = "美國商務部將企業列入實體清單"
    assert simplify(text) == "美国商务部将企业列入实体清单"
    assert len(simplify(text)) == len(text)
    one, other = reader().read(text), reader().read(simplify(text))
    assert one.sentence(0).words == other.sentence(0).words
    assert one.sentence(0).concept_matches == other.sentence(0).concept_matches
    assert one.text == text


def test_company_names_are_masked_in_both_scripts() -> None:
    for text in ("美国限制华为采购芯片", "美國限制華為採購晶片"):
        reading = reader().read(text)
        assert [mention.company_id for mention in reading.mentions] == ["huawei"]
        mention = reading.mentions[0]
        assert text[mention.start : mention.end] == mention.alias
        assert not {"华", "为"} & set(reading.sentence(0).words)


def test_lexicon_terms_are_found_as_characters() -> None:
    read = reader()
    found = {
        read.matcher.names[index]
        for index in read.read("美国商务部宣布对华芯片出口管制").sentence(0).concepts
    }
    assert {"us_executive", "export_control"} <= found


def test_an_artifact_without_chinese_heads_abstains_on_chinese(small_assessor: Assessor) -> None:
    assessment = small_assessor.assess(Article(title="美国商务部将企业列入实体清单"))
    assert assessment.abstained
    assert assessment.language == "zh"
    assert "Chinese" in (assessment.abstain_reason or "")


def test_chinese_is_judged_only_where_it_is_scored() -> None:
    for title in ("美国商务部将企业列入实体清单", "美國商務部將企業列入實體清單"):
        assert clean(Article(title=title), languages=("en", "zh")).abstain_reason is None
    assert clean(Article(title="芯片"), languages=("en", "zh")).abstain_reason is not None
    assert clean(Article(title="半導体の輸出規制を強化"), languages=("en", "zh")).abstain_reason is not None
    english = clean(Article(title="Washington curbs chip exports", language="zh"), languages=("en", "zh"))
    assert "hardly any" in (english.abstain_reason or "")
