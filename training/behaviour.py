"""Written cases with expected outcomes in, pass rates per behaviour out (files: tests/golden/README.md)."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from riskscore.assess import Assessor
from riskscore.types import Article, Assessment, Direction, Regime, Stage
from training.report import table

GOLDEN_DIR = Path(__file__).parent.parent / "tests" / "golden"
CASES_DIR = GOLDEN_DIR / "cases"
FLOORS_FILE = GOLDEN_DIR / "floors.toml"


class SuiteError(ValueError):
    """Case files that cannot be read; one line per fault."""


class _Item(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Item):
    """One version of an article."""

    title: str = ""
    text: str | None = None
    html: str | None = None

    def article(self) -> Article:
        return Article(title=self.title, text=self.text, html=self.html)


class Case(Text):
    """An article and what must come out of it."""

    id: str
    flagged: frozenset[Regime]  # these, and no others
    severity: dict[Regime, tuple[int, int]] = {}  # least and most
    stage: Stage | None = None
    direction: Direction | None = None
    exposed: tuple[str, ...] = ()  # names of companies in the knowledge files
    bystanders: tuple[str, ...] = ()

    def faults(self, assessor: Assessor) -> list[str]:
        """What came out otherwise; empty when the case passes."""
        found = assessor.assess(self.article())
        if found.abstained:
            return [f"abstained: {found.abstain_reason}"]
        faults = [
            f"{regime} {'missed' if regime in self.flagged else 'flagged'} ({score.probability:.2f})"
            for regime, score in found.regimes.items()
            if score.flagged != (regime in self.flagged)
        ]
        for regime, (least, most) in self.severity.items():
            level = found.regimes[regime].severity
            if regime in self.flagged and found.regimes[regime].flagged and not least <= level <= most:
                faults.append(f"{regime} has severity {level}, not {least} to {most}")
        # Stage and direction are only given where something is flagged; that miss is told already.
        if self.stage and found.stage and found.stage != self.stage:
            faults.append(f"stage {found.stage}, not {self.stage}")
        if self.direction and found.direction and found.direction != self.direction:
            faults.append(f"direction {found.direction}, not {self.direction}")
        return faults + self._company_faults(found)

    def _company_faults(self, found: Assessment) -> list[str]:
        exposed = {company.name: company.exposed for company in found.companies}
        return [
            f"{name} was not found" if name not in exposed else f"{name} came out as {_ROLES[exposed[name]]}"
            for expected, names in ((True, self.exposed), (False, self.bystanders))
            for name in names
            if exposed.get(name) is not expected
        ]


class Pair(Text):
    """Two versions of an article and how the probability of a regime must differ between them."""

    id: str
    regime: Regime
    within: Annotated[float | None, Field(gt=0, lt=1)] = None  # the two are no further apart
    falls_by: Annotated[float | None, Field(gt=0, lt=1)] = None  # the other is lower by at least this
    flagged: bool | None = None  # both are, or neither
    other: Text | None = None  # what it does not give is as in the first
    replace: dict[str, str] = {}  # instead of `other`

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        if (self.within is None) == (self.falls_by is None):
            raise ValueError("give one of within and falls_by")
        if (self.other is None) == (not self.replace):
            raise ValueError("give one of other and replace")
        for old in self.replace:
            if old not in f"{self.title} {self.text}":
                raise ValueError(f"{old!r} to replace does not occur")
        return self

    def second(self) -> Article:
        """The other version."""
        if self.other is not None:
            has_body = self.other.text is not None or self.other.html is not None
            body = self.other if has_body else self
            return Article(title=self.other.title or self.title, text=body.text, html=body.html)
        title, text = self.title, self.text or ""
        for old, new in self.replace.items():
            title, text = title.replace(old, new), text.replace(old, new)
        return Article(title=title, text=text)

    def faults(self, assessor: Assessor) -> list[str]:
        """What came out otherwise; empty when the pair passes."""
        one, other = assessor.assess(self.article()), assessor.assess(self.second())
        for found in (one, other):
            if found.abstained:
                return [f"abstained: {found.abstain_reason}"]
        first, second = one.regimes[self.regime], other.regimes[self.regime]
        faults = []
        values = f"{self.regime} {first.probability:.2f} and {second.probability:.2f}"
        fall = first.probability - second.probability
        if self.within is not None and abs(fall) > self.within:
            faults.append(f"{values}, more than {self.within} apart")
        if self.falls_by is not None and fall < self.falls_by:
            faults.append(f"{values}, no fall by {self.falls_by}")
        if self.flagged is not None and not first.flagged == second.flagged == self.flagged:
            faults.append(f"{values}, not both {'flagged' if self.flagged else 'left alone'}")
        return faults


class Behaviour(_Item):
    """One behaviour with its cases: one file."""

    behaviour: str
    about: str
    case: tuple[Case, ...] = ()
    pair: tuple[Pair, ...] = ()

    @property
    def cases(self) -> tuple[Case | Pair, ...]:
        """Single articles, then pairs."""
        return (*self.case, *self.pair)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the cases of one behaviour came to."""

    behaviour: str
    about: str
    total: int
    failures: dict[str, list[str]]  # faults by case id

    @property
    def passed(self) -> int:
        return self.total - len(self.failures)


def read_suite(folder: Path = CASES_DIR) -> list[Behaviour]:
    """All behaviours of a folder, by file name.

    Raises
    ------
    SuiteError
        Lists every fault of every file.
    """
    suite, faults = [], []
    seen: set[str] = set()
    for path in sorted(folder.glob("*.toml")):
        try:
            behaviour = Behaviour.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                faults.append(f"{path.name}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}")
            continue
        except tomllib.TOMLDecodeError as error:
            faults.append(f"{path.name}: {error}")
            continue
        for case in behaviour.cases:
            if case.id in seen:
                faults.append(f"{path.name}: id {case.id} stands twice")
            seen.add(case.id)
        suite.append(behaviour)
    if faults:
        raise SuiteError("\n".join(faults))
    return suite


def run(assessor: Assessor, suite: Sequence[Behaviour]) -> list[Outcome]:
    """Every case through the assessor, as the API would score it."""
    outcomes = []
    for behaviour in suite:
        faults = {case.id: case.faults(assessor) for case in behaviour.cases}
        failures = {name: found for name, found in faults.items() if found}
        outcomes.append(Outcome(behaviour.behaviour, behaviour.about, len(faults), failures))
    return outcomes


def read_floors(path: Path = FLOORS_FILE) -> dict[str, int]:
    """Least number of cases that must pass, per behaviour."""
    return {name: int(least) for name, least in tomllib.loads(path.read_text(encoding="utf-8")).items()}


def floors_toml(outcomes: Sequence[Outcome]) -> str:
    """Floors one case below what was measured, so that a retrained model may trade one case for another."""
    lines = [
        "# Least number of cases that must pass; `python -m training behaviour --record-floors` writes it."
    ]
    lines += [f"{outcome.behaviour} = {max(outcome.passed - 1, 0)}" for outcome in outcomes]
    return "\n".join(lines) + "\n"


def below_floor(outcomes: Sequence[Outcome], floors: dict[str, int]) -> list[str]:
    """One line for each behaviour that passes fewer cases than its floor, or has none recorded."""
    faults = []
    for outcome in outcomes:
        least = floors.get(outcome.behaviour)
        if least is None:
            faults.append(f"{outcome.behaviour} has no recorded floor")
        elif outcome.passed < least:
            faults.append(f"{outcome.behaviour}: {outcome.passed} cases pass, the floor is {least}")
    return faults


def markdown(outcomes: Sequence[Outcome], model_version: str) -> str:
    """docs/behaviour.md."""
    passed, total = sum(one.passed for one in outcomes), sum(one.total for one in outcomes)
    rows = [
        [one.behaviour.replace("_", " "), one.about, f"{one.passed} of {one.total}", _percent(one)]
        for one in outcomes
    ]
    failures = [
        f"- `{name}`: {'; '.join(faults)}" for one in outcomes for name, faults in one.failures.items()
    ] or ["Nothing."]
    return "\n".join(
        [
            "# Behaviour",
            "",
            f"Model {model_version}: {passed} of {total} cases pass. They are short articles written for",
            "this suite (`tests/golden/cases/`), each with the outcome that the annotation codebook asks",
            "for; none was used in training. A case passes only when every regime, and whatever else it",
            "states, comes out as written.",
            "",
            *table(["behaviour", "what is expected", "passed", "rate"], rows),
            "",
            "## What fails",
            "",
            *failures,
            "",
            "Made by `python -m training behaviour --markdown`.",
            "",
        ]
    )


def _percent(outcome: Outcome) -> str:
    return f"{100 * outcome.passed / outcome.total:.0f} %"


_ROLES = {True: "exposed", False: "a bystander"}
