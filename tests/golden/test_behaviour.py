"""The shipped model against the behavioural suite; README.md tells how to read a failure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from riskscore.assess import Assessor
from riskscore.settings import load_settings
from training import behaviour
from training.behaviour import Behaviour, Outcome
from training.corpus import corpus_files, read_records

_RUN_WORDS = 10  # as many words in a row in both is copying, not chance
_DOCUMENT = Path(__file__).parents[2] / "docs" / "behaviour.md"


@pytest.fixture(scope="module")
def suite() -> list[Behaviour]:
    return behaviour.read_suite()


@pytest.fixture(scope="module")
def shipped() -> Assessor:
    settings = load_settings()
    return Assessor.load(settings.model_dir, settings.model_version)


@pytest.fixture(scope="module")
def outcomes(shipped: Assessor, suite: list[Behaviour]) -> list[Outcome]:
    return behaviour.run(shipped, suite)


def test_no_behaviour_falls_below_its_floor(outcomes: list[Outcome]) -> None:
    assert behaviour.below_floor(outcomes, behaviour.read_floors()) == []


def test_the_published_table_is_this_models(outcomes: list[Outcome], shipped: Assessor) -> None:
    document = behaviour.markdown(outcomes, shipped.model.version)
    assert document == _DOCUMENT.read_text(encoding="utf-8"), "python -m training behaviour --markdown"


def test_every_behaviour_has_enough_cases_and_a_floor(suite: list[Behaviour]) -> None:
    sizes = {one.behaviour: len(one.cases) for one in suite}
    assert all(12 <= size <= 20 for size in sizes.values()), sizes
    assert behaviour.read_floors().keys() == sizes.keys()


def test_no_case_shares_its_wording_with_the_corpus(suite: list[Behaviour]) -> None:
    trained_on: set[tuple[str, ...]] = set()
    for record in read_records(corpus_files()):
        trained_on |= _runs(record.title) | _runs(record.text)
    shared = {}
    for one in suite:
        for case in one.cases:
            common = (_runs(case.title) | _runs(case.text or case.html or "")) & trained_on
            if common:
                shared[case.id] = [" ".join(run) for run in common]
    assert shared == {}


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[at : at + _RUN_WORDS]) for at in range(len(words) - _RUN_WORDS + 1)}
