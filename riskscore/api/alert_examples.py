"""Example answers about alerts and delivery for the OpenAPI document, worked out on their own store."""

from __future__ import annotations

from typing import Any

from riskscore.api.alerts import (
    AlertsQuery,
    decided,
    export_answer,
    exported,
    listed_alerts,
    shown_alert,
)
from riskscore.api.articles import store
from riskscore.api.deliveries import (
    AttemptsQuery,
    DeliveriesQuery,
    listed_attempts,
    listed_deliveries,
    replayed_deliveries,
    shown_delivery,
)
from riskscore.api.endpoints import (
    changed_endpoint,
    created_endpoint,
    deleted_endpoint,
    delivery_health,
    listed_endpoints,
    queued_test,
    rotated_secret,
    shown_endpoint,
)
from riskscore.api.records import Records
from riskscore.api.requests import Limits
from riskscore.api.subscriptions import (
    changed_subscription,
    created_subscription,
    deleted_subscription,
    deleted_watchlist,
    listed_subscriptions,
    listed_watchlists,
    previewed,
    saved_watchlist,
    shown_subscription,
    shown_watchlist,
)
from riskscore.examples import example_request
from riskscore.store.alerts import AlertFilter

_RULE = {"maximum_age_days": 36_525, "exposed_only": False}
_WATCHLIST = {"name": "Our holdings", "companies": ["nvidia", "micron"]}


def alert_examples(records: Records, limits: Limits) -> dict[tuple[str, str], Any]:
    """One answer by (path, method)."""
    endpoint = created_endpoint(
        records, {"name": "Compliance desk", "target": "https://hooks.example.com/risk"}
    )
    endpoint_id = endpoint["endpoint_id"]
    subscription = created_subscription(
        records, {"name": "All news", "endpoint_id": endpoint_id, "rule": _RULE}
    )
    subscription_id = subscription["subscription_id"]
    article = example_request()
    store(records, limits, {**article, "source": f"{article.get('source', '')} (copy)"}, None)
    test = queued_test(records, endpoint_id)
    deliveries = listed_deliveries(records, DeliveriesQuery.model_validate({"limit": 2}))
    alerts = listed_alerts(records, AlertsQuery.model_validate({"limit": 1}))
    examples: dict[tuple[str, str], Any] = {
        ("/v1/endpoints", "post"): endpoint | {"secret": "whsec_c2hvd24gdGhpcyBvbmNl"},
        ("/v1/endpoints", "get"): listed_endpoints(records),
        ("/v1/endpoints/{endpoint_id}", "get"): shown_endpoint(records, endpoint_id),
        ("/v1/endpoints/{endpoint_id}/test", "post"): test,
        ("/v1/endpoints/{endpoint_id}/secret", "post"): rotated_secret(records, endpoint_id, {})
        | {"secret": "whsec_YW5vdGhlciBvbmU="},
        ("/healthz/delivery", "get"): delivery_health(records),
        ("/v1/subscriptions", "post"): subscription,
        ("/v1/subscriptions", "get"): listed_subscriptions(records),
        ("/v1/subscriptions/{subscription_id}", "get"): shown_subscription(records, subscription_id),
        ("/v1/subscriptions/preview", "post"): previewed(
            records, {"rule": _RULE, "days": 36_525, "weekly_capacity": 10}
        ),
        ("/v1/watchlists/{watchlist_id}", "put"): saved_watchlist(records, "holdings", _WATCHLIST),
        ("/v1/watchlists/{watchlist_id}", "get"): shown_watchlist(records, "holdings"),
        ("/v1/watchlists", "get"): listed_watchlists(records),
        ("/v1/deliveries", "get"): deliveries,
        ("/v1/deliveries/{delivery_id}", "get"): shown_delivery(
            records, deliveries["deliveries"][0]["delivery_id"]
        ),
        ("/v1/deliveries/replay", "post"): replayed_deliveries(records, {"state": "dead"}),
        ("/v1/attempts", "get"): listed_attempts(records, AttemptsQuery.model_validate({})),
        ("/v1/alerts", "get"): alerts,
        ("/v1/alerts/export", "get"): export_answer(records, exported(records, AlertFilter())),
    }
    for alert in alerts["alerts"]:
        alert_id = alert["alert_id"]
        decision = {"decision": "monitor", "reason": "No stock in that market", "user": "a.nalyst"}
        examples[("/v1/alerts/{alert_id}/disposition", "post")] = decided(records, alert_id, decision)
        examples[("/v1/alerts/{alert_id}", "get")] = shown_alert(records, alert_id)
    examples[("/v1/endpoints/{endpoint_id}", "patch")] = changed_endpoint(
        records, endpoint_id, {"state": "disabled"}
    )
    examples[("/v1/subscriptions/{subscription_id}", "patch")] = changed_subscription(
        records, subscription_id, {"active": False}
    )
    examples[("/v1/endpoints/{endpoint_id}", "delete")] = deleted_endpoint(records, endpoint_id)
    examples[("/v1/subscriptions/{subscription_id}", "delete")] = deleted_subscription(
        records, subscription_id
    )
    examples[("/v1/watchlists/{watchlist_id}", "delete")] = deleted_watchlist(records, "holdings")
    return examples
