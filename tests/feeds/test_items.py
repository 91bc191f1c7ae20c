"""Feed entries whose dates are written in ways of their own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from riskscore.feeds.items import read_feed


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Mon, 05 Jan 2026 08:00:00 GMT", datetime(2026, 1, 5, 8, tzinfo=UTC)),
        ("2026-01-05T08:00:00+01:00", datetime(2026, 1, 5, 7, tzinfo=UTC)),
        ("January 5, 2026", datetime(2026, 1, 5, tzinfo=UTC)),
        ("some day soon", None),
        ("", None),
    ],
)
def test_dates_are_read_as_an_archives_are(written: str, expected: datetime | None) -> None:
    content = (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><item><title>News</title>'
        f"<pubDate>{written}</pubDate><description>Words.</description></item></channel></rss>"
    )
    (article,) = read_feed(content.encode(), "application/rss+xml", "https://x.example/feed").articles
    assert article.published_at == expected
