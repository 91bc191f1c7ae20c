"""Reading case files and judging what an assessor made of them."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from riskscore.assess import Assessor
from tests.api.fake import FakeAssessor
from training.behaviour import SuiteError, below_floor, floors_toml, markdown, read_floors, read_suite, run

# The fake flags a regime by its word ("chip", "data", "invest"; twice is certain), finds severity 1,
# calls all companies exposed and abstains below 40 characters.
_CHIPS = "A chip is a chip, says Nvidia, whatever the weather in Santa Clara."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def _write(folder: Path, body: str, name: str = "weather") -> None:
    (folder / f"{name}.toml").write_text(f'behaviour = "{name}"\nabout = "How {name} is read."\n{body}')


def _failures(folder: Path) -> dict[str, list[str]]:
    (outcome,) = run(cast(Assessor, FakeAssessor()), read_suite(folder))
    return outcome.failures


def _case(expected: str, text: str = _CHIPS) -> str:
    return f'[[case]]\nid = "one"\ntext = "{text}"\n{expected}\n'


def _pair(expected: str) -> str:
    return f'[[pair]]\nid = "one"\nregime = "chips"\ntext = "{_CHIPS}"\n{expected}\n'


@pytest.mark.parametrize(
    "expected",
    [
        'flagged = ["chips"]',
        'flagged = ["chips"]\nseverity = { chips = [1, 2] }',
        'flagged = ["chips"]\nstage = "enforced"\ndirection = "tightening"',
        'flagged = ["chips"]\nexposed = ["Nvidia"]',
    ],
)
def test_a_case_that_comes_out_as_expected_passes(folder: Path, expected: str) -> None:
    _write(folder, _case(expected))
    assert _failures(folder) == {}


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ("flagged = []", "chips flagged (0.65)"),
        ('flagged = ["chips", "cloud_data"]', "cloud_data missed (0.05)"),
        ('flagged = ["chips"]\nseverity = { chips = [2, 3] }', "chips has severity 1, not 2 to 3"),
        ('flagged = ["chips"]\nstage = "eased"', "stage enforced, not eased"),
        ('flagged = ["chips"]\ndirection = "easing"', "direction tightening, not easing"),
        ('flagged = ["chips"]\nbystanders = ["Nvidia"]', "Nvidia came out as exposed"),
        ('flagged = ["chips"]\nexposed = ["Intel"]', "Intel was not found"),
    ],
)
def test_a_case_that_comes_out_otherwise_says_how(folder: Path, expected: str, told: str) -> None:
    _write(folder, _case(expected))
    assert _failures(folder) == {"one": [told]}


def test_an_abstention_is_no_answer(folder: Path) -> None:
    _write(folder, _case("flagged = []", text="Too short."))
    assert _failures(folder) == {"one": ["abstained: too short"]}


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ('replace = { "A chip" = "A cup" }\nwithin = 0.1', "chips 0.65 and 0.35, more than 0.1 apart"),
        ('replace = { "A chip" = "A cup" }\nfalls_by = 0.25', None),
        ('replace = { "A chip" = "A cup" }\nfalls_by = 0.4', "chips 0.65 and 0.35, no fall by 0.4"),
        ('replace = { "Nvidia" = "Intel" }\nwithin = 0.1\nflagged = true', None),
        (
            'replace = { "Nvidia" = "Intel" }\nwithin = 0.1\nflagged = false',
            "chips 0.65 and 0.65, not both left alone",
        ),
        ('within = 0.1\n[pair.other]\ntitle = "On Monday"', None),
        (
            'within = 0.1\n[pair.other]\nhtml = "<p>A potato is a potato, whatever the weather is.</p>"',
            "chips 0.65 and 0.05, more than 0.1 apart",
        ),
    ],
)
def test_pairs_compare_probabilities(folder: Path, expected: str, told: str | None) -> None:
    _write(folder, _pair(expected))
    assert _failures(folder) == ({} if told is None else {"one": [told]})


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (_case("flagged = ['ships']"), "case.0.flagged"),
        (_case("flagged = []\ncolour = 1"), "case.0.colour"),
        (_case(""), "case.0.flagged"),
        (_pair("within = 0.1"), "give one of other and replace"),
        (_pair('replace = { "A chip" = "A cup" }'), "give one of within and falls_by"),
        (_pair('replace = { "A ship" = "A cup" }\nwithin = 0.1'), "'A ship' to replace does not occur"),
        (_case("flagged = []") * 2, "id one stands twice"),
        ("[[case", "weather.toml"),
    ],
)
def test_a_faulty_file_is_refused(folder: Path, body: str, told: str) -> None:
    _write(folder, body)
    with pytest.raises(SuiteError, match=r"weather\.toml") as refusal:
        read_suite(folder)
    assert told in str(refusal.value)


def test_floors_leave_room_for_one_case(folder: Path) -> None:
    second = _case("flagged = []").replace('"one"', '"two"')
    _write(folder, _case('flagged = ["chips"]') + second)
    outcomes = run(cast(Assessor, FakeAssessor()), read_suite(folder))
    floors = folder / "floors.toml"
    floors.write_text(floors_toml(outcomes))
    assert read_floors(floors) == {"weather": 0}
    assert below_floor(outcomes, {"weather": 1}) == []
    assert below_floor(outcomes, {"weather": 2}) == ["weather: 1 cases pass, the floor is 2"]
    assert below_floor(outcomes, {}) == ["weather has no recorded floor"]
    document = markdown(outcomes, "7")
    assert "| weather | How weather is read. | 1 of 2 | 50 % |" in document
    assert "- `two`: chips flagged (0.65)" in document
