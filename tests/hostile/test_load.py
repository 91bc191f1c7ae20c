"""A crowd at a real server: what cannot be done in time is refused at once with 503, and it recovers."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

import httpx

from tests.api.test_overload import application
from tests.api.test_score import TEXT
from tests.browser.site import serving

_CONNECTIONS = 64


async def _crowd(url: str) -> Counter[int]:
    """Statuses of as many requests at once; then the server must serve a single one again."""
    limits = httpx.Limits(max_connections=_CONNECTIONS)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:

        async def ask() -> httpx.Response:
            return await client.post("/v1/score", json={"text": TEXT})

        answers = await asyncio.gather(*(ask() for _ in range(_CONNECTIONS)))
        for answer in answers:
            if answer.status_code == 503:
                assert int(answer.headers["retry-after"]) >= 1
                assert answer.json()["type"] == "urn:riskscore:problem:busy"
        deadline = time.monotonic() + 30
        while (await ask()).status_code != 200:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        assert (await client.get("/health/ready")).status_code == 200
        return Counter(answer.status_code for answer in answers)


def test_overload_sheds_and_recovers(tmp_path: Path) -> None:
    with serving(application(tmp_path, 0.1, scoring_threads=1, max_waiting=3)) as url:
        for _ in range(2):  # the second crowd finds what the first one left
            statuses = asyncio.run(_crowd(url))
            assert set(statuses) == {200, 503}
            assert statuses[200] >= 4
