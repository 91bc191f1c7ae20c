"""What is cited and what is not, on hand-written sentences; dates, succession, order, hostile text."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.instruments import MAX_SPANS, InstrumentMatcher, reason_codes
from riskscore.knowledge import load_knowledge
from riskscore.sentences import split_sentences
from riskscore.types import (
    Document,
    Evidence,
    Instrument,
    ReasonCode,
    Regime,
    Segment,
    Sentence,
    SourceSpan,
    TermPattern,
)

MATCHER = InstrumentMatcher(load_knowledge().instruments.values())


def document(text: str, title: str = "") -> Document:
    whole = f"{title}\n{text}"
    segments = (Segment(0, len(title), "title", 0), Segment(len(title) + 1, len(whole), "text", 0))
    return Document(
        whole,
        tuple(segment for segment in segments if segment.start < segment.end),
        tuple(Sentence(start, end) for start, end in split_sentences(whole)),
    )


def codes(
    text: str,
    regime: Regime,
    *,
    day: str | None = None,
    evidence: Sequence[Evidence] = (),
    limit: int = 10,
    matcher: InstrumentMatcher = MATCHER,
    title: str = "",
) -> tuple[ReasonCode, ...]:
    read = document(text, title)
    at = None if day is None else datetime.fromisoformat(day).replace(tzinfo=UTC)
    return reason_codes(matcher.find(read), read, regime, at, evidence, limit)


def ids(text: str, regime: Regime, **options: Any) -> list[str]:
    return [code.instrument_id for code in codes(text, regime, **options)]


def instrument(name: str, **fields: Any) -> Instrument:
    given: dict[str, Any] = {
        "regime": "chips",
        "name": name.title(),
        "citation": f"1 FR {len(name)}",
        "agency": "Commerce",
        "jurisdiction": "US",
        "status": "in force",
        "dates": {},
        "restricts": "chips",
        "exposes": ("foundry",),
        "terms": (f"{name} act",),
        "summary": "It restricts chips.",
        "source": "https://example.org",
        "verified": True,
        "citation_verified": True,
    }
    return Instrument(instrument_id=name, **{**given, **fields})


CITED: dict[Regime, list[tuple[str, str]]] = {
    "chips": [
        ("ear-ecra", "The firm said US export controls on chips had cost it half its sales in China."),
        ("ear-ecra", "Commerce refused the licence, so the chips for China stayed in the warehouse."),
        ("ear-oct2022", "Suppliers are still counting the cost of the October 7 rules."),
        ("ear-oct2022", "American engineers were told to stop supporting chip tools in China at once."),
        ("ear-3a090", "Washington will widen its curbs on AI chips bound for China."),
        ("ear-3a090", "The card falls under ECCN 3A090 and may not go to China."),
        ("ear-sme-2023", "The US restricts shipments of chipmaking tools to China."),
        ("ear-dec2024-ifr", "Washington put 140 Chinese chip firms on its entity list in one stroke."),
        ("ear-hbm", "The US export ban on high-bandwidth memory hits makers that sell to China."),
        ("ear-foundry-dd", "Under the foundry due diligence rule the fab must vet whoever packages the die."),
        ("ear-ai-diffusion", "The AI diffusion rule is gone before it took hold."),
        ("ear-h20-license", "Nvidia needs a licence from the US to sell the H20 to China."),
        ("ear-h200-rule", "Trump clears the sale of the H200 to China for a quarter of the proceeds."),
        ("s232-semis-2026", "The section 232 tariffs on semiconductors take effect at midnight."),
        ("s301-legacy-chips", "Tariffs on legacy chips from China will wait until 2027."),
        ("entity-list", "Eight Chinese firms were added to the Entity List on Monday."),
        ("entity-list", "The maker was put on a US trade blacklist last spring."),
        ("huawei-entity-list", "Huawei was blacklisted by the US and cannot buy American chips."),
        ("smic-entity-list", "The US now wants licences for sales of tools to SMIC."),
        ("ear-fdpr", "The foreign direct product rule reaches fabs from Dresden to Taichung."),
        ("uvl", "Two optics makers came off the Unverified List."),
        ("affiliates-rule", "The 50 percent rule of the Commerce Department is on hold for a year."),
        ("veu-china-fabs", "The US revokes the waiver that let Samsung bring tools to its fab in China."),
        ("eda-2025-letters", "The US has lifted its curbs on chip design software for China."),
        ("chips-guardrails", "CHIPS Act money bars a winner from expanding in China for ten years."),
        ("gain-ai-act", "The GAIN AI Act would put American buyers first."),
        ("chip-security-act", "Senators want a law that makes exporters track advanced chips."),
        ("smuggling-enforcement", "Two men were charged with smuggling Nvidia processors to Shenzhen."),
        (
            "nl-advanced-semis",
            "The Dutch government widened licensing of ASML's immersion machines for China.",
        ),
        ("nl-nexperia-order", "The Dutch minister suspended his order on Nexperia."),
        ("jp-23-items", "Japan will curb exports of chipmaking equipment to China."),
        ("cn-gallium-germanium", "China will require licences for exports of gallium."),
        ("cn-announcement-46", "Beijing halts shipments of gallium and antimony to America."),
        ("cn-re-april2025", "China granted export licences for rare-earth magnets to two carmakers."),
        ("cn-re-oct2025", "China has suspended its October rare-earth rules for a year."),
        ("cn-uel", "Beijing put the analyst firm on its unreliable entity list."),
        ("cn-micron-cac", "China's regulator said Micron had failed a cybersecurity review."),
        ("cn-samr-nvidia", "China opened an antitrust inquiry into Nvidia."),
    ],
    "cloud_data": [
        ("iaas-kyc", "Commerce proposes that cloud providers identify their foreign customers."),
        ("rasa", "The Remote Access Security Act passed the House."),
        ("doj-dsp", "The Justice Department's rule on bulk sensitive data binds the clinic from April."),
        ("padfaa", "The FTC warned data brokers not to sell Americans' records to China."),
        ("pafaca", "The US will ban TikTok unless ByteDance sells it by January, the law says."),
        ("icts-connected-vehicles", "Commerce bars Chinese software from connected cars."),
        ("fcc-covered-list", "The FCC bars new approvals for Huawei and ZTE gear."),
        ("fcc-drones-2025", "The FCC will no longer approve new models of DJI drones in the US."),
        ("fcc-214-revocations", "The FCC revoked China Telecom's licence to serve the US."),
        ("deepseek-bans", "Texas bans DeepSeek from government devices."),
        ("biosecure-act", "WuXi AppTec fell as the Biosecure bill advanced."),
        ("cn-pipl", "China's privacy law makes it wary of sending names abroad."),
        ("cn-cbdt-2024", "China eases rules on cross-border data transfers."),
        ("cn-cybersecurity-review", "China's watchdog put Didi under a cybersecurity review."),
        ("cn-counter-espionage", "Police in Beijing raided the office of Mintz, a due-diligence firm."),
    ],
    "outbound_investment": [
        ("eo-14105", "A Biden order restricts US investment in Chinese chips, quantum and AI."),
        ("oisp-850", "US rules restrict investment in Chinese chips, quantum and AI."),
        ("oisp-850", "The fund passed, citing the Treasury's outbound rule."),
        ("coins-act", "The defence bill would curb American investment in China, hypersonics included."),
        ("ns-cmic", "Trump bars Americans from owning shares of firms tied to China's military."),
        ("s1260h", "The Pentagon added the battery maker to its list of Chinese military companies."),
        ("house-vc-probe", "A House committee questioned Sequoia on its Chinese venture bets."),
        ("tsp-pensions", "The Texas governor ordered state pension funds to sell Chinese holdings."),
        ("eu-outbound-rec", "Brussels asks members to review outbound investment in chips and AI."),
    ],
}


@pytest.mark.parametrize(
    ("regime", "expected", "text"), [(regime, *row) for regime, rows in CITED.items() for row in rows]
)
def test_cited(regime: Regime, expected: str, text: str) -> None:
    assert expected in ids(text, regime)


NOTHING: dict[Regime, list[str]] = {
    "chips": [
        "Nvidia unveiled a faster AI chip and said demand in the US was strong.",
        "H100 and A100 cards are on sale in Texas at half price.",
        "Fear of an early bear market weighed on chip stocks.",
        "BIS, the central bankers' bank in Basel, warned on debt.",
        "Huawei launched a phone in Shanghai.",
        "Samsung will build memory plants in Texas with new equipment.",
        "Gallium nitride chargers are small and cool.",
        "Tungsten prices rose on demand from drill makers.",
        "The recipe is unrelated to the Entity List.",
        "The company is not on the Entity List, its lawyer said.",
        "The bill isn’t part of the GAIN AI Act.",
        "The Chinese firm is not on the Entity List, the US Commerce Department said.",
        "SMIC is not on the Entity List, US officials said.",
    ],
    "cloud_data": [
        "TikTok's new filters are a hit with American teenagers.",
        "India's ban on TikTok turned five years old.",
        "The hospital lost patient data in a breach.",
        "Cloud sales to foreign customers grew by a tenth.",
        "DeepSeek released a new model that is cheap to train.",
        "DJI, Autel and Skydio showed drones at a fair in Las Vegas.",
        "Its cloud runs in China and its data centers use Chinese power.",
    ],
    "outbound_investment": [
        "The fund invested in a Chinese AI company.",
        "CFIUS cleared a Canadian bid for a mattress maker.",
        "Xiaomi and Tencent shares rose in Hong Kong.",
        "Washington bars Chinese money from a quantum laboratory in Ohio.",
        "A bank in China said investigations by the US Treasury into tech were a ban on sense.",
    ],
}


@pytest.mark.parametrize(
    ("regime", "text"), [(regime, text) for regime, texts in NOTHING.items() for text in texts]
)
def test_nothing_cited_on_the_subject_alone(regime: Regime, text: str) -> None:
    assert ids(text, regime) == []


@pytest.mark.parametrize(
    ("regime", "unwanted", "text"),
    [
        ("chips", "entity-list", "Beijing put the firm on its Unreliable Entity List."),
        ("chips", "ear-3a090", "US rules to curb investment in Chinese AI chips take effect."),
        ("chips", "cn-gallium-germanium", "The US licenses software for gallium oxide chips made in China."),
        (
            "chips",
            "nl-advanced-semis",
            "The Dutch order on Nexperia curbs chip machines, say makers in China.",
        ),
        ("cloud_data", "pafaca", "A judge blocked Montana's TikTok ban."),
        ("cloud_data", "fcc-covered-list", "Britain told carriers to rip out Huawei gear after the US did."),
        (
            "outbound_investment",
            "oisp-850",
            "Brussels weighs outbound investment rules for China, as in the US.",
        ),
        (
            "outbound_investment",
            "eo-14105",
            "An investment ban on Chinese drone and AI firms angers China, US.",
        ),
        ("outbound_investment", "cfius", "Reverse CFIUS would review money that flows to Chinese labs."),
    ],
)
def test_the_neighbouring_instrument_is_not_cited(regime: Regime, unwanted: str, text: str) -> None:
    assert unwanted not in ids(text, regime)


def test_only_instruments_of_the_regime_are_cited() -> None:
    text = "Firms on the Entity List and on the Section 1260H list face the bulk data rule."
    assert ids(text, "chips") == ["entity-list"]
    assert ids(text, "cloud_data") == ["doj-dsp"]
    assert ids(text, "outbound_investment") == ["s1260h"]


def test_a_name_counts_for_nothing_inside_a_longer_name() -> None:
    matcher = InstrumentMatcher([instrument("short", terms=("Entity List",)),
                                 instrument("long", terms=("Unreliable Entity List",))])  # fmt: skip
    assert ids("Put on the unreliable entity list.", "chips", matcher=matcher) == ["long"]
    both = "Put on the unreliable entity list. An entity list in turn."
    assert ids(both, "chips", matcher=matcher) == ["short", "long"]


@pytest.mark.parametrize(
    "before", ["unrelated to the ", "not on the ", "isn't on ", "nothing to do with ", "no link with the “"]
)
def test_a_denied_name_is_no_ground(before: str) -> None:
    matcher = InstrumentMatcher([instrument("alpha")])
    assert ids(f"It is {before}Alpha Act, he said.", "chips", matcher=matcher) == []
    assert ids(f"It is {before}law. The Alpha Act, he said.", "chips", matcher=matcher) == ["alpha"]


def test_one_weak_term_is_not_enough_and_two_must_stand_in_one_sentence() -> None:
    matcher = InstrumentMatcher([instrument("alpha", weak_terms=("covered person*", "safe harbour"))])
    assert ids("A covered person and covered persons.", "chips", matcher=matcher) == []
    assert ids("A covered person. A safe harbour.", "chips", matcher=matcher) == []
    (code,) = codes("No safe harbour for a covered person.", "chips", matcher=matcher)
    assert code.terms == ("safe harbour", "covered person")


def test_a_weak_term_inside_another_is_not_a_second_one() -> None:
    matcher = InstrumentMatcher([instrument("alpha", weak_terms=("advanced node", "advanced node fab"))])
    assert ids("An advanced-node fab.", "chips", matcher=matcher) == []
    assert ids("An advanced-node fab and an advanced node.", "chips", matcher=matcher) == []


def test_pattern_needs_its_groups_in_the_sentence_some_in_the_text_and_none_of_the_absent() -> None:
    pattern = TermPattern((("curb*", "ban"), ("tool*",)), anywhere=(("china",),), absent=(("dutch",),))
    matcher = InstrumentMatcher([instrument("alpha", patterns=(pattern,))])
    (code,) = codes("China frowns. New curbs hit the tools.", "chips", matcher=matcher)
    assert code.terms == ("curbs", "tools")
    assert ids("New curbs hit the tools.", "chips", matcher=matcher) == []
    assert ids("China sees curbs. It has tools.", "chips", matcher=matcher) == []
    assert ids("China sees Dutch curbs on tools.", "chips", matcher=matcher) == []
    assert ids("The Dutch and China. Curbs on tools.", "chips", matcher=matcher) == ["alpha"]


def test_an_instrument_is_not_cited_before_its_first_date() -> None:
    text = "The AI diffusion rule would cap exports."
    assert ids(text, "chips", day="2025-01-12") == ["ear-ai-diffusion"]  # a day's grace
    assert ids(text, "chips", day="2025-01-11") == []
    assert ids(text, "chips") == ["ear-ai-diffusion"]


@pytest.mark.parametrize(
    ("recorded", "day", "cited"),
    [
        ("2025", "2025-01-01", True),
        ("2025", "2024-12-30", False),
        ("2025-03", "2025-03-01", True),
        ("2025-03", "2025-02-27", False),
    ],
)
def test_a_date_known_to_the_year_or_month_counts_from_its_first_day(
    recorded: str, day: str, cited: bool
) -> None:
    matcher = InstrumentMatcher([instrument("alpha", dates={"enacted": recorded, "amended": "2030-01-01"})])
    assert bool(ids("The Alpha Act.", "chips", matcher=matcher, day=day)) is cited


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_dates_like_others(day: str) -> None:
    matcher = InstrumentMatcher([instrument("alpha"), instrument("beta", dates={"enacted": "2020-01-01"})])
    assert ids("The Alpha Act and the Beta Act.", "chips", matcher=matcher, day=day)[0] == "alpha"


def test_generic_words_go_to_the_rule_in_force_at_the_time() -> None:
    text = "Washington tightened curbs on AI chips for China."
    assert "ear-oct2022" in ids(text, "chips", day="2022-12-01")
    assert "ear-3a090" not in ids(text, "chips", day="2022-12-01")
    later = ids(text, "chips", day="2024-03-01")
    assert "ear-3a090" in later
    assert "ear-oct2022" not in later


def test_a_superseded_instrument_stays_where_it_is_named_and_comes_last() -> None:
    text = "The October 7 rules began it; Washington tightened curbs on AI chips for China since."
    dated = ids(text, "chips", day="2024-03-01")
    assert dated[-1] == "ear-oct2022"
    assert dated.index("ear-3a090") < dated.index("ear-oct2022")
    undated = ids("Washington tightened curbs on AI chips for China.", "chips")
    assert undated[-1] == "ear-oct2022"


def test_unverified_rows_show_no_citation_and_status_as_recorded() -> None:
    text = "The Export Administration Regulations apply, and so does Section 5949."
    by_id = {code.instrument_id: code for code in codes(text, "chips")}
    checked, unchecked = by_id["ear-ecra"], by_id["s5949"]
    assert checked.verified
    assert checked.citation == "50 U.S.C. 4801-4852; 15 CFR Parts 730-774"
    assert not unchecked.verified
    assert unchecked.citation is None
    assert unchecked.status == load_knowledge().instruments["s5949"].status


def test_as_of_is_the_latest_event_that_was_not_still_to_come() -> None:
    dates = {"enacted": "2022-12-23", "amended": "2024-05", "scheduled_ban": "2027-12-23"}
    matcher = InstrumentMatcher([instrument("alpha", dates=dates), instrument("beta")])
    first, second = codes("The Alpha Act and the Beta Act.", "chips", matcher=matcher)
    assert (first.as_of, second.as_of) == ("2024-05", None)


def test_evidence_comes_first_then_strength_then_file_order() -> None:
    matcher = InstrumentMatcher(
        [
            instrument("alpha", terms=("alpha act", "shared name")),
            instrument("beta", terms=("beta act", "shared name")),
            instrument("gamma", terms=("gamma act", "gamma rule")),
        ]
    )
    text = "The beta act, the alpha act. Gamma act and gamma rule."
    assert ids(text, "chips", matcher=matcher) == ["gamma", "alpha", "beta"]
    first = Evidence("", SourceSpan("text", 0, 28), 1.0)
    assert ids(text, "chips", matcher=matcher, evidence=[first]) == ["alpha", "beta", "gamma"]
    elsewhere = Evidence("", SourceSpan("title", 0, 28), 1.0)
    assert ids(text, "chips", matcher=matcher, evidence=[elsewhere]) == ["gamma", "alpha", "beta"]
    assert ids("A shared name.", "chips", matcher=matcher) == ["alpha", "beta"]


def test_at_most_limit_codes() -> None:
    text = "The alpha act, the beta act and the gamma act."
    matcher = InstrumentMatcher([instrument(name) for name in ("alpha", "beta", "gamma")])
    assert ids(text, "chips", matcher=matcher, limit=2) == ["alpha", "beta"]
    assert ids(text, "chips", matcher=matcher, limit=0) == []


def test_spans_point_into_the_field_as_sent() -> None:
    title, text = "SMIC put on the Entity List", "It went on the entity list in 2020."
    (code,) = [c for c in codes(text, "chips", title=title) if c.instrument_id == "entity-list"]
    written = {"title": title, "text": text}
    assert [written[span.field][span.start : span.end] for span in code.spans] == [
        "Entity List",
        "entity list",
    ]
    assert code.terms == ("Entity List",)


def test_a_repeated_name_gives_a_bounded_number_of_spans() -> None:
    (code,) = codes("The Entity List. " * 1000, "chips")
    assert len(code.spans) == MAX_SPANS
    assert code.terms == ("Entity List",)


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    for regime in ("chips", "cloud_data", "outbound_investment"):
        for code in codes(text, regime):
            assert code.spans


@pytest.mark.parametrize(
    "piece",
    [
        "Entity List ",
        "US chip curbs on China ",
        "not on the ",
        "the ",
        "实体清单",
        "gallium, ",
        "\ud800\x00 ",
        "TikTok ban. ",
    ],
)
def test_a_million_characters_are_read_in_linear_time(piece: str) -> None:
    read = document(piece * (1_000_000 // len(piece)))
    began = time.perf_counter()
    matches = MATCHER.find(read)
    reason_codes(matches, read, "chips", None, (), 4)
    assert time.perf_counter() - began < 10.0


def test_every_packaged_instrument_can_be_cited_by_its_first_name() -> None:
    silent = [
        row.instrument_id
        for row in load_knowledge().instruments.values()
        if row.instrument_id
        not in ids(f"Under {row.terms[0].strip('=').replace('*', 's')} it went.", row.regime)
    ]
    assert silent == []
