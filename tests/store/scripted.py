"""An assessor that says of an article what its source asks for, and short ways to make alerts."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from riskscore.alerts.events import new_id
from riskscore.alerts.rules import Rule
from riskscore.alerts.signing import new_secret
from riskscore.service import Ingested, Newsroom
from riskscore.store import Store
from riskscore.store.endpoints import add_endpoint
from riskscore.store.subscriptions import add_subscription
from riskscore.types import Article, Assessment, Direction, Stage
from tests.api.fake import FakeAssessor
from tests.store.test_ingest import WIRE

_numbers = itertools.count()


class ScriptedAssessor(FakeAssessor):
    """Reads "stage=adopted direction=easing severity=3 score=90" in an article's source."""

    def assess(self, article: Article, **options: Any) -> Assessment:
        found = super().assess(article, **options)
        asked = dict(re.findall(r"(\w+)=(\S+)", article.source or ""))
        if not asked:
            return found
        regimes = {
            regime: replace(
                score,
                severity=int(asked.get("severity", score.severity)) if score.flagged else 0,
                score=float(asked.get("score", score.score)),
            )
            for regime, score in found.regimes.items()
        }
        return replace(
            found,
            regimes=regimes,
            stage=cast(Stage, asked.get("stage", found.stage)),
            direction=cast(Direction, asked.get("direction", found.direction)),
        )


def subscribe(
    store: Store,
    at: datetime,
    rule: Rule | None = None,
    *,
    channel: Any = "webhook",
    target: str = "https://hooks.example/",
    announcements: bool = False,
    secret: str | None = None,
) -> tuple[str, str]:
    """A new endpoint and a subscription to it: their ids."""
    endpoint_id, subscription_id = new_id("ep"), new_id("su")
    with store.write() as connection:
        add_endpoint(
            connection,
            endpoint_id,
            "Desk",
            channel,
            target,
            secret or new_secret(),
            at,
            announcements=announcements,
        )
        add_subscription(connection, subscription_id, "All news", endpoint_id, rule or Rule(), at)
    return endpoint_id, subscription_id


def tell(newsroom: Newsroom, source: str = "Wire", story: str = "", company: str = "Nvidia") -> Ingested:
    """Store an article of a story, published now."""
    words = " ".join(f"{story}{n % 7}{story}{n}" for n in range(60)) if story else ""
    text = (WIRE.text or "").replace("Nvidia", company)
    if words:
        text = f"{words} chip chip chip {company} {text}"
    article = Article(
        title=WIRE.title.replace("Nvidia", company),
        text=f"{text} No. {next(_numbers)}.",
        source=source,
        published_at=newsroom.clock(),
    )
    (result,) = newsroom.ingest([article])
    assert isinstance(result, Ingested)
    return result
