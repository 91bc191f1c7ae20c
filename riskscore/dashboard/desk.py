"""An application in, the same with the pages on it out."""

from __future__ import annotations

from fastapi import FastAPI

from riskscore.dashboard import (
    alerts,
    articles,
    assets,
    companies,
    deliveries,
    directory,
    instruments,
    overview,
    review,
    scoring,
    sessions,
    stories,
    subscriptions,
)
from riskscore.dashboard.snapshot import Snapshots

ROUTERS = (
    assets.router,
    sessions.router,
    overview.router,
    directory.router,
    companies.router,
    articles.router,
    stories.router,
    scoring.router,
    scoring.batch_router,
    alerts.router,
    alerts.triage_router,
    subscriptions.router,
    deliveries.router,
    review.router,
    review.correcting_router,
    instruments.router,
)


def add_desk(app: FastAPI) -> None:
    """Serve the pages too."""
    app.state.snapshots = Snapshots()
    for router in ROUTERS:
        app.include_router(router)
    app.state.page_paths = frozenset(route.path for router in ROUTERS for route in router.routes)  # type: ignore[attr-defined]
