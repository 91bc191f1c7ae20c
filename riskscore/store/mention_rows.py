"""Assessments in, rows of what they say of companies out: added, and ended when something newer is said.

A row is never changed but for its end, so that every answer of the past can be given again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from riskscore.store import tables
from riskscore.types import REGIMES, Assessment, CompanyExposure, Direction, Stage

_M = tables.mentions.c
_FINDING = (_M.mentions, _M.relevance, _M.exposure_probability, _M.exposed)


class Verdict(NamedTuple):
    """What an assessment says of its article as a whole; part of each of its rows."""

    stage: Stage | None
    direction: Direction | None
    flagged: bool
    scores: tuple[float, ...]  # in the order of `REGIMES`
    severities: tuple[int, ...]
    instruments: str  # ids of the reason codes, separated by blanks

    @classmethod
    def of(cls, assessment: Assessment) -> Verdict:
        """That of an assessment that was not abstained from."""
        regimes = [assessment.regimes[regime] for regime in REGIMES]
        codes = dict.fromkeys(code.instrument_id for score in regimes for code in score.reason_codes)
        return cls(
            assessment.stage,
            assessment.direction,
            any(score.flagged for score in regimes),
            tuple(score.score for score in regimes),
            tuple(score.severity for score in regimes),
            " ".join(codes),
        )

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Verdict:
        """The same of a stored assessment's content."""
        regimes = [content["regimes"][regime] for regime in REGIMES]
        codes = dict.fromkeys(code["instrument_id"] for score in regimes for code in score["reason_codes"])
        return cls(
            content["stage"],
            content["direction"],
            any(score["flagged"] for score in regimes),
            tuple(float(score["score"]) for score in regimes),
            tuple(score["severity"] for score in regimes),
            " ".join(codes),
        )


class Place(NamedTuple):
    """Which article an assessment is of, and when it was seen."""

    assessment_key: int
    article_id: str
    story_id: str
    source: str | None
    observed_at: datetime
    received_at: datetime


def insert_mentions(
    connection: Connection,
    assessed: Sequence[tuple[Place, Assessment]],
    recorded_at: datetime,
    portfolio_keys: Mapping[str, int] | None = None,
) -> None:
    """Store the companies that assessments name.

    Parameters
    ----------
    portfolio_keys : mapping of str to int, optional
        By hash, the key of each portfolio with which the assessments found imported companies.
    """
    rows = []
    for place, assessment in assessed:
        named: list[tuple[CompanyExposure, int | None]] = [
            (company, None) for company in assessment.companies
        ]
        if assessment.portfolio is not None and portfolio_keys is not None:
            named += [(company, portfolio_keys[assessment.portfolio]) for company in assessment.imported]
        if named:
            verdict = Verdict.of(assessment)
            rows += [_row(place, verdict, company, key, recorded_at) for company, key in named]
    if rows:
        connection.execute(insert(tables.mentions), rows)


def _row(
    place: Place, verdict: Verdict, company: CompanyExposure, portfolio_key: int | None, valid_from: datetime
) -> dict[str, Any]:
    return {
        **place._asdict(),
        "company_id": company.company_id,
        "valid_from": valid_from,
        "valid_to": None,
        "mentions": company.mentions,
        "relevance": company.relevance,
        "exposure_probability": company.exposure_probability,
        "exposed": company.exposed,
        "stage": verdict.stage,
        "direction": verdict.direction,
        "flagged": verdict.flagged,
        **{f"{regime}_score": score for regime, score in zip(REGIMES, verdict.scores, strict=True)},
        **{f"{regime}_severity": value for regime, value in zip(REGIMES, verdict.severities, strict=True)},
        "instruments": verdict.instruments,
        "portfolio_key": portfolio_key,
    }


def renew_imported(
    connection: Connection,
    found: Sequence[tuple[Place, Verdict, Sequence[CompanyExposure]]],
    portfolio_key: int,
    at: datetime,
) -> list[Place]:
    """Put in force what assessments say of imported companies now; what they said is ended, never changed.

    Returns
    -------
    list of Place
        Of those that say anything else than before.
    """
    keys = [place.assessment_key for place, _, _ in found]
    before: dict[int, dict[str, tuple[Any, ...]]] = {}
    for row in connection.execute(
        select(_M.assessment_key, _M.company_id, *_FINDING).where(
            _M.assessment_key.in_(keys), _M.valid_to.is_(None), _M.portfolio_key.is_not(None)
        )
    ):
        before.setdefault(row[0], {})[row[1]] = tuple(row[2:])
    rows, changed = [], []
    for place, verdict, companies in found:
        now = {company.company_id: _finding(company) for company in companies}
        then = before.get(place.assessment_key, {})
        if now == then:
            continue
        changed.append(place)
        ended = [company_id for company_id, one in then.items() if now.get(company_id) != one]
        if ended:
            connection.execute(
                update(tables.mentions)
                .where(
                    _M.assessment_key == place.assessment_key,
                    _M.company_id.in_(ended),
                    _M.valid_to.is_(None),
                    _M.portfolio_key.is_not(None),
                )
                .values(valid_to=at)
            )
        rows += [
            _row(place, verdict, company, portfolio_key, at)
            for company in companies
            if then.get(company.company_id) != now[company.company_id]
        ]
    if rows:
        connection.execute(insert(tables.mentions), rows)
    return changed


def _finding(company: CompanyExposure) -> tuple[int, float, float, bool]:
    return company.mentions, company.relevance, company.exposure_probability, company.exposed


def supersede(connection: Connection, article_ids: Iterable[str], at: datetime) -> None:
    """End the validity of what earlier assessments of these articles said."""
    connection.execute(
        update(tables.mentions)
        .where(_M.article_id.in_(list(article_ids)), _M.valid_to.is_(None))
        .values(valid_to=at)
    )
