"""Assessments that are being stored in, alerts raised and their events queued, in the same transaction.

Only news that is new raises alerts: scoring old news again with another model does not, since a change of
model is no change in the world.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from riskscore.alerting.findings import Assessed, Evaluation, Finding
from riskscore.alerting.outbox import add_to_digest, event_of
from riskscore.alerts.events import AlertFacts, News, alert_data, digest_entry
from riskscore.alerts.rules import Occasion
from riskscore.alerts.timing import due_at, next_digest
from riskscore.store.alerts import alerts_on
from riskscore.store.companies import owners_of
from riskscore.store.delivery_queue import NewEvent, enqueue
from riskscore.store.occasions import occasions_of
from riskscore.store.subscriptions import list_subscriptions, watched_companies

_MAX_PARENTS = 12
_SENTENCES = 4


class AlertRaiser:
    """Raises the alerts that follow from news.

    Parameters
    ----------
    public_url : str
        Where the API is reached from outside, for links.
    half_life_days : float
        Of a company's risk.
    """

    def __init__(self, *, public_url: str = "", half_life_days: float = 90.0) -> None:
        self._public_url = public_url.rstrip("/")
        self._half_life_days = half_life_days

    def raise_alerts(self, connection: Connection, assessed: Sequence[Assessed], now: datetime) -> int:
        """Evaluate all subscriptions on articles that were just stored; returns the number of alerts."""
        subscriptions = list_subscriptions(connection, active_only=True)
        if not subscriptions or not assessed:
            return 0
        occasions = occasions_of(connection, [one.assessment_key for one in assessed])
        watched = watched_companies(connection, [one.rule for one in subscriptions])
        evaluation = Evaluation(connection, subscriptions, watched, occasions)
        by_story = [one for one in subscriptions if one.rule.kind == "story"]
        by_risk = [one for one in subscriptions if one.rule.kind == "company_risk"]
        topics = {
            f"{occasion.sighting.company_id}/{occasion.sighting.story_id}"
            for found in occasions.values()
            for occasion in found
        }
        risky = self._risky(connection, occasions) if by_risk else {}
        evaluation.known = alerts_on(connection, topics | {f"{company_id}/risk" for company_id in risky})
        findings: list[Finding] = []
        for one in assessed:
            findings += evaluation.of_stories(one, by_story)
        if by_risk:
            newest = {one.assessment_key: one for one in assessed}
            for company_id, keys in risky.items():
                findings += evaluation.of_risk(
                    company_id, newest[max(keys)], keys, by_risk, now, self._half_life_days
                )
        evaluation.save(now)
        self._enqueue(connection, evaluation, findings, now)
        return len(findings)

    @staticmethod
    def _risky(connection: Connection, occasions: Mapping[int, Sequence[Occasion]]) -> dict[str, set[int]]:
        """Companies whose risk this news may change, their owners too, each with the assessments' keys."""
        touched: dict[str, set[int]] = {}
        for key, found in occasions.items():
            for occasion in found:
                touched.setdefault(occasion.sighting.company_id, set()).add(key)
        level = dict(touched)
        for _ in range(_MAX_PARENTS):
            owners: dict[str, set[int]] = {}
            for company_id, owner in owners_of(connection, level).items():
                if not level[company_id] <= touched.get(owner, set()):
                    owners.setdefault(owner, set()).update(level[company_id])
            if not owners:
                break
            for company_id, keys in owners.items():
                touched.setdefault(company_id, set()).update(keys)
            level = owners
        return dict(sorted(touched.items()))

    def _enqueue(
        self,
        connection: Connection,
        evaluation: Evaluation,
        findings: Sequence[Finding],
        now: datetime,
    ) -> None:
        events: list[NewEvent] = []
        sequences = dict(evaluation.first_sequences)
        for finding in findings:
            place = (finding.subscription.subscription_id, finding.topic)
            alert, rule = evaluation.alerts[place], finding.subscription.rule
            sequence = sequences[place]
            sequences[place] += 1
            data = alert_data(
                AlertFacts(
                    alert_id=alert.alert_id,
                    subscription_id=finding.subscription.subscription_id,
                    subscription_name=finding.subscription.name,
                    kind=rule.kind,
                    company_id=finding.company_id,
                    company_name=finding.company_name,
                    changes=finding.changes,
                    regimes=finding.regimes,
                    severity=finding.severity,
                    score=finding.score,
                    opened_at=alert.opened_at,
                    disposition=evaluation.decided.get(place),
                ),
                _news(finding.assessed, finding.observed_at),
                self._public_url,
            )
            endpoint_id = finding.subscription.endpoint_id
            if rule.digest is not None:
                due = next_digest(rule.digest, now)
                add_to_digest(connection, finding.subscription.subscription_id, due, [digest_entry(data)])
                endpoint_id = None  # the event is kept as the alert's history
            events.append(
                event_of(
                    "alert.opened" if sequence == 1 else "alert.changed",
                    f"alert/{alert.alert_id}",
                    sequence,
                    now,
                    data,
                    [endpoint_id] if endpoint_id is not None else [],
                    due_at(rule.quiet_hours, now, finding.severity),
                )
            )
        enqueue(connection, events)


def _news(assessed: Assessed, observed_at: datetime) -> News:
    assessment, article = assessed.assessment, assessed.article
    flagged = [score for score in assessment.regimes.values() if score.flagged]
    sentences = sorted(
        ((score.regime, one) for score in flagged for one in score.evidence),
        key=lambda pair: -pair[1].contribution,
    )
    told_apart = {one.text: (regime, one.text) for regime, one in reversed(sentences)}
    strongest = [told_apart.pop(one.text) for _, one in sentences if one.text in told_apart]
    codes = {code.instrument_id: code for score in flagged for code in score.reason_codes}
    return News(
        article_id=assessed.article_id,
        assessment_id=assessment.assessment_id,
        story_id=assessed.story_id,
        title=article.title,
        url=article.url,
        source=article.source,
        published_at=observed_at,
        stage=assessment.stage,
        direction=assessment.direction,
        evidence=tuple(strongest[:_SENTENCES]),
        rules=tuple((code.instrument_id, code.name, code.citation) for code in codes.values()),
    )
