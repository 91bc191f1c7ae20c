"""Companies in, the most exposed first; those compared by name and those of the whole store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from riskscore.dossier.answer import Subject, find_subject
from riskscore.knowledge import Knowledge
from riskscore.risk import CompanyRisk, Sighting, company_risk
from riskscore.store.companies import descendants, find_companies
from riskscore.store.mentions import View, all_sightings, sightings
from riskscore.types import Regime

# After twelve half-lives a story weighs a four-thousandth of what it did: no place in a ranking hangs on it.
_HALF_LIVES_READ = 12.0

Ranked = list[tuple[Subject, CompanyRisk]]


def compare(
    connection: Connection,
    knowledge: Knowledge,
    company_ids: Iterable[str],
    at: datetime,
    half_life_days: float,
    regime: Regime | None = None,
) -> Ranked:
    """These companies, subsidiaries included, by their risk.

    Raises
    ------
    UnknownCompanyError
    """
    found = []
    for company_id in dict.fromkeys(company_ids):
        subject = find_subject(connection, knowledge, company_id)
        seen = sightings(connection, descendants(connection, company_id), until=at)
        found.append((subject, company_risk(seen, at, half_life_days=half_life_days)))
    return _ordered(found, regime)


def rank_all(
    connection: Connection,
    knowledge: Knowledge,
    at: datetime,
    half_life_days: float,
    regime: Regime | None = None,
) -> Ranked:
    """Every company with any risk, each by its own news alone."""
    return rank_seen(
        connection, knowledge, weighing_sightings(connection, at, half_life_days), at, half_life_days, regime
    )


def weighing_sightings(
    connection: Connection, at: datetime, half_life_days: float
) -> dict[str, list[Sighting]]:
    """By company, all flagged news of which a place in the ranking may hang."""
    since = at - timedelta(days=_HALF_LIVES_READ * half_life_days)
    return all_sightings(connection, View(), until=at, since=since)


def rank_seen(
    connection: Connection,
    knowledge: Knowledge,
    by_company: Mapping[str, Sequence[Sighting]],
    at: datetime,
    half_life_days: float,
    regime: Regime | None = None,
) -> Ranked:
    """The ranking, of news that was read already."""
    unknown = [company_id for company_id in by_company if company_id not in knowledge.companies]
    imported = find_companies(connection, unknown)
    found = []
    for company_id, seen in by_company.items():
        if company_id in knowledge.companies:
            known = knowledge.companies[company_id]
            subject = Subject(company_id, known.name, known.country)
        elif company_id in imported:
            subject = Subject(company_id, imported[company_id].name, imported[company_id].country or "")
        else:  # since taken out of the knowledge files
            subject = Subject(company_id, company_id, "")
        risk = company_risk(seen, at, half_life_days=half_life_days)
        if _strength(risk, regime) > 0:
            found.append((subject, risk))
    return _ordered(found, regime)


def _ordered(found: Ranked, regime: Regime | None) -> Ranked:
    return sorted(found, key=lambda pair: (-_strength(pair[1], regime), pair[0].company_id))


def _strength(risk: CompanyRisk, regime: Regime | None) -> float:
    return risk.overall.strength if regime is None else risk.regimes[regime].strength
