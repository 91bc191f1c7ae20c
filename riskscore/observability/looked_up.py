"""Figures that no process counts by itself: asked of the database and the loaded models at each scrape."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from riskscore.errors import RiskscoreError
from riskscore.models.comparison import WHOLE, Comparison
from riskscore.models.production import Production
from riskscore.store import Store
from riskscore.store.deliveries import backlog
from riskscore.store.feeds import list_feeds
from riskscore.store.times import utc_now

_log = logging.getLogger("riskscore.metrics")

_PAIR = ("model_version", "challenger", "regime")
_SOURCE = ("model_version", "language", "source")


class LookedUp(Collector):
    """Outbox, feeds, drift and models; every process on one database tells the same of the first three.

    Parameters
    ----------
    store : callable
        Gives the store, or raises.
    """

    def __init__(
        self,
        store: Callable[[], Store],
        production: Production,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._production = production
        self._clock = clock

    def describe(self) -> list[Metric]:
        """Nothing: to be registered must not mean to be asked."""
        return []

    def collect(self) -> Iterator[Metric]:
        """See `Collector.collect`."""
        yield from self._models()
        yield from self._drift()
        yield from self._shadow()
        reachable = GaugeMetricFamily("riskscore_database_up", "1 if the database answered this scrape.")
        try:
            found = list(self._stored())
            reachable.add_metric([], 1)
        except (RiskscoreError, SQLAlchemyError) as error:
            _log.warning("the database could not be asked for metrics: %s", type(error).__name__)
            found = []
            reachable.add_metric([], 0)
        yield reachable
        yield from found

    def _models(self) -> Iterator[Metric]:
        rotation = self._production.rotation
        lineup = rotation.lineup
        info = GaugeMetricFamily(
            "riskscore_model_info",
            "1 for each loaded model, with its role.",
            labels=("model_version", "role"),
        )
        for version in lineup.assessors:
            roles = {lineup.default: "default", lineup.challenger: "challenger"}
            info.add_metric([version, roles.get(version, "loaded")], 1)
        yield info
        step = "1 if this process follows the last choice of a model, 0 if it cannot."
        yield GaugeMetricFamily("riskscore_model_in_step", step, value=float(rotation.fault is None))

    def _drift(self) -> Iterator[Metric]:
        psi = GaugeMetricFamily(
            "riskscore_drift_psi",
            "Population stability index of the window's scores; source * is all together.",
            labels=(*_SOURCE, "regime"),
        )
        rate = GaugeMetricFamily(
            "riskscore_label_rate", "Share of the scored that was flagged.", labels=(*_SOURCE, "regime")
        )
        unknown = GaugeMetricFamily(
            "riskscore_unknown_word_share", "Words that the model has no weight for.", labels=_SOURCE
        )
        abstained = GaugeMetricFamily(
            "riskscore_abstention_rate", "Share of the articles that were abstained on.", labels=_SOURCE
        )
        for heads, sources in self._production.keeper.drifts.items():
            for one in sources:
                place = [*heads, one.source]
                for regime, index in one.psi.items():
                    _add(psi, [*place, regime], index)
                    _add(rate, [*place, regime], one.label_rates[regime])
                _add(unknown, place, one.unknown_word_share)
                _add(abstained, place, one.abstention_rate)
        yield from (psi, rate, unknown, abstained)

    def _shadow(self) -> Iterator[Metric]:
        agreement = GaugeMetricFamily(
            "riskscore_shadow_agreement",
            "Share of the compared on which both models flag, or neither does; * is the article.",
            labels=_PAIR,
        )
        difference = GaugeMetricFamily(
            "riskscore_shadow_mean_difference", "Mean absolute difference of the scores, 0-100.", labels=_PAIR
        )
        compared = GaugeMetricFamily("riskscore_shadow_compared", "Articles compared.", labels=_PAIR)
        dropped = GaugeMetricFamily(
            "riskscore_shadow_dropped", "Articles not compared: the queue was full.", labels=_PAIR[:2]
        )
        for pair, by_regime in self._production.keeper.comparisons.items():
            for regime, one in by_regime.items():
                _add(agreement, [*pair, regime], one.agreement)
                _add(difference, [*pair, regime], one.mean_difference)
                _add(compared, [*pair, regime], one.compared)
            _add(dropped, [*pair], by_regime.get(WHOLE, Comparison()).dropped)
        yield from (agreement, difference, compared, dropped)

    def _stored(self) -> Iterator[Metric]:
        now = self._clock()
        with self._store().read() as connection:
            waiting = backlog(connection)
            feeds = list_feeds(connection)
        oldest = min((one[1] for one in waiting.values() if one[1] is not None), default=None)
        lag = 0.0 if oldest is None else max((now - oldest).total_seconds(), 0.0)
        yield GaugeMetricFamily(
            "riskscore_outbox_pending", "Deliveries that wait.", value=sum(one[0] for one in waiting.values())
        )
        yield GaugeMetricFamily(
            "riskscore_outbox_lag_seconds", "Since when the delivery that is longest due waits.", value=lag
        )
        yield GaugeMetricFamily(
            "riskscore_dead_letters", "Deliveries given up.", value=sum(one[2] for one in waiting.values())
        )
        feed_lag = GaugeMetricFamily(
            "riskscore_feed_lag_seconds", "Since a feed was last read.", labels=("feed_id",)
        )
        failures = GaugeMetricFamily("riskscore_feed_failures", "Failures in a row.", labels=("feed_id",))
        for feed in feeds:
            since = now - (feed.succeeded_at or feed.added_at)
            _add(feed_lag, [feed.feed_id], max(since.total_seconds(), 0.0))
            _add(failures, [feed.feed_id], feed.failures)
        yield from (feed_lag, failures)


def _add(family: GaugeMetricFamily, labels: Sequence[str], value: float | None) -> None:
    if value is not None:
        family.add_metric(labels, value)
