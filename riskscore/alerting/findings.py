"""News that is being stored in, what each subscription must be told of it and what it was told before out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from riskscore.alerts import rules
from riskscore.alerts.events import new_id
from riskscore.alerts.rules import Change, Occasion, RiskTold, Told
from riskscore.risk import timeline
from riskscore.store.alerts import AlertRecord, save_alerts
from riskscore.store.companies import descendants, find_companies
from riskscore.store.mentions import sightings
from riskscore.store.subscriptions import SubscriptionRecord
from riskscore.types import REGIMES, Article, Assessment, Regime


@dataclass(frozen=True, slots=True)
class Assessed:
    """An article with its assessment, both just stored."""

    assessment_key: int
    article_id: str
    article: Article
    story_id: str
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a subscription is to be told."""

    subscription: SubscriptionRecord
    topic: str
    company_id: str
    company_name: str
    changes: tuple[Change, ...]
    regimes: tuple[Regime, ...]
    severity: int
    score: float
    told: Told | RiskTold
    assessed: Assessed
    observed_at: datetime


class Evaluation:
    """The alerts of one transaction, as they were and as they become."""

    def __init__(
        self,
        connection: Connection,
        subscriptions: Sequence[SubscriptionRecord],
        watched: Mapping[str, frozenset[str]],
        occasions: Mapping[int, Sequence[Occasion]],
    ) -> None:
        self._connection = connection
        self._watched = {
            one.subscription_id: watched.get(one.rule.watchlist_id or "", frozenset())
            for one in subscriptions
        }
        self._occasions = occasions
        self.known: dict[tuple[str, str], AlertRecord] = {}
        self.alerts: dict[tuple[str, str], AlertRecord] = {}  # raised or changed
        self.first_sequences: dict[tuple[str, str], int] = {}
        self.decided: dict[tuple[str, str], str] = {}
        self._remembered: dict[tuple[str, str], AlertRecord] = {}  # nothing to tell, but to remember

    def _covers(self, subscription: SubscriptionRecord, company_id: str) -> bool:
        return rules.covers(subscription.rule, company_id, self._watched[subscription.subscription_id])

    def _now(self, place: tuple[str, str]) -> AlertRecord | None:
        return self.alerts.get(place) or self._remembered.get(place) or self.known.get(place)

    def of_stories(self, assessed: Assessed, subscriptions: Sequence[SubscriptionRecord]) -> list[Finding]:
        """What one article has to tell the subscriptions to stories."""
        names = _names(assessed.assessment)
        findings = []
        for occasion in self._occasions.get(assessed.assessment_key, ()):
            sighting = occasion.sighting
            topic = f"{sighting.company_id}/{sighting.story_id}"
            for subscription in subscriptions:
                rule = subscription.rule
                if not self._covers(subscription, sighting.company_id):
                    continue
                known = self._now((subscription.subscription_id, topic))
                told = None if known is None else _told(known)
                changes = rules.changes(rule, told, occasion)
                if not changes:
                    continue
                finding = Finding(
                    subscription=subscription,
                    topic=topic,
                    company_id=sighting.company_id,
                    company_name=names.get(sighting.company_id, sighting.company_id),
                    changes=changes,
                    regimes=rules.regimes_of(rule, sighting)
                    or tuple(regime for regime in rule.regimes if sighting.severities[REGIMES.index(regime)]),
                    severity=rules.severity_of(rule, sighting),
                    score=rules.score_of(rule, sighting),
                    told=rules.telling(rule, told, sighting),
                    assessed=assessed,
                    observed_at=sighting.observed_at,
                )
                self._note(finding, occasion.received_at)
                findings.append(finding)
        return findings

    def of_risk(
        self,
        company_id: str,
        assessed: Assessed,
        keys: set[int],
        subscriptions: Sequence[SubscriptionRecord],
        now: datetime,
        half_life_days: float,
    ) -> list[Finding]:
        """What these articles together have to tell of a company's risk, its subsidiaries' news included."""
        wanted = [one for one in subscriptions if self._covers(one, company_id)]
        if not wanted:
            return []
        seen = sightings(self._connection, descendants(self._connection, company_id), until=now)
        newest = max((one.observed_at for one in seen if one.assessment_key in keys), default=None)
        if newest is None:
            return []
        others = [one for one in seen if one.assessment_key not in keys]
        (before,) = timeline(others, [now], half_life_days=half_life_days)
        (after,) = timeline(seen, [now], half_life_days=half_life_days)
        names = _names(assessed.assessment)
        findings = []
        for subscription in wanted:
            rule = subscription.rule
            if now - newest > timedelta(days=rule.maximum_age_days):
                continue
            start = now - timedelta(days=rule.window_days)
            (window_start,) = timeline(others, [start], half_life_days=half_life_days)
            place = (subscription.subscription_id, f"{company_id}/risk")
            known = self._now(place)
            score = rules.scope_score(rule, after)
            changes, told = rules.risk_changes(
                rule,
                None if known is None else RiskTold(**orjson.loads(known.told)),
                before=rules.scope_score(rule, before),
                after=score,
                window_start=rules.scope_score(rule, window_start),
            )
            if changes and told is not None:
                finding = Finding(
                    subscription=subscription,
                    topic=place[1],
                    company_id=company_id,
                    company_name=names.get(company_id) or self._imported_name(company_id),
                    changes=changes,
                    regimes=rule.regimes,
                    severity=rules.risk_severity(score),
                    score=score,
                    told=told,
                    assessed=assessed,
                    observed_at=newest,
                )
                self._note(finding, now)
                findings.append(finding)
            elif known is not None and told is not None:
                self._remembered[place] = replace(known, told=_dumped(told))
        return findings

    def _imported_name(self, company_id: str) -> str:
        record = find_companies(self._connection, [company_id]).get(company_id)
        return company_id if record is None else record.name

    def _note(self, finding: Finding, now: datetime) -> None:
        place = (finding.subscription.subscription_id, finding.topic)
        known = self._now(place)
        first = known is None
        sequence = 1 if known is None else known.sequence + 1
        if place not in self.alerts:
            self.first_sequences[place] = sequence
            if known is not None and known.status != "open":
                self.decided[place] = known.status
        assessed = finding.assessed
        self.alerts[place] = AlertRecord(
            alert_id=new_id("al") if known is None else known.alert_id,
            subscription_id=place[0],
            topic=finding.topic,
            kind=finding.subscription.rule.kind,
            company_id=finding.company_id,
            company_name=finding.company_name,
            story_id=None if finding.topic.endswith("/risk") else assessed.story_id,
            article_id=assessed.article_id,
            assessment_id=assessed.assessment.assessment_id,
            title=_storable(assessed.article.title),
            changes=" ".join(finding.changes),
            severity=finding.severity,
            score=finding.score,
            told=_dumped(finding.told),
            status="open",
            sequence=sequence,
            opened_at=now if first or known is None else known.opened_at,
            changed_at=now,
        )

    def save(self, now: datetime) -> None:
        """Write what has become of the alerts."""
        new = [alert for place, alert in self.alerts.items() if place not in self.known]
        changed = [alert for place, alert in self.alerts.items() if place in self.known]
        silent = [alert for place, alert in self._remembered.items() if place not in self.alerts]
        save_alerts(self._connection, new, [*changed, *silent], now)


def _names(assessment: Assessment) -> dict[str, str]:
    return {company.company_id: company.name for company in (*assessment.companies, *assessment.imported)}


def _storable(title: str) -> str:
    """Without what no database takes (NUL, lone surrogates), and of bounded length."""
    return title[:500].replace("\x00", " ").encode("utf-8", "replace").decode()


def _told(alert: AlertRecord) -> Told:
    content: dict[str, Any] = orjson.loads(alert.told)
    return Told(**{**content, "regimes": tuple(content["regimes"])})


def _dumped(told: Told | RiskTold) -> str:
    return orjson.dumps(asdict(told)).decode()
