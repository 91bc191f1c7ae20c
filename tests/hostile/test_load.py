"""A crowd at a real server: what cannot be done in time is refused at once with 503, and it recovers."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

import httpx

from benchmarks.http import served
from tests.api.test_score import TEXT

_CONNECTIONS = 64


def test_overload_sheds_and_recovers(tmp_path: Path) -> None:
    settings = {"scoring_threads": 1, "max_waiting": 2, "max_connections": 200}

    async def crowd(port: int) -> Counter[int]:
        limits = httpx.Limits(max_connections=_CONNECTIONS)
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
            batch = {"items": [{"text": f"{TEXT} {number} " * 5} for number in range(8)]}
            refused = []

            async def ask() -> int:
                answer = await client.post("/v1/score/batch", json=batch)
                if answer.status_code == 503:
                    refused.append(answer)
                return answer.status_code

            statuses = Counter(await asyncio.gather(*(ask() for _ in range(_CONNECTIONS))))
            for answer in refused:
                assert int(answer.headers["retry-after"]) >= 1
                assert answer.json()["type"] == "urn:riskscore:problem:busy"
            deadline = time.monotonic() + 30
            while (await client.post("/v1/score", json={"text": TEXT})).status_code != 200:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)
            assert (await client.get("/health/ready")).status_code == 200
            return statuses

    with served(database_url=f"sqlite:///{tmp_path / 'news.db'}", **settings) as server:
        statuses = asyncio.run(crowd(server.port))
    assert set(statuses) == {200, 503}
    assert statuses[503] > 0
