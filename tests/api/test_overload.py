"""More requests than threads: those that cannot be answered in time are told at once, others are served."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from riskscore.api.app import create_app
from riskscore.assess import Assessor
from riskscore.settings import load_settings
from riskscore.types import Article, Assessment
from tests.api.fake import FakeAssessor
from tests.api.problems import assert_problem
from tests.api.test_score import TEXT


class SlowAssessor(FakeAssessor):
    """Takes its time over each article."""

    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self.wait_s = wait_s

    def assess(self, article: Article, **options: Any) -> Assessment:
        """See `riskscore.assess.Assessor.assess`."""
        time.sleep(self.wait_s)
        return super().assess(article, **options)


def application(folder: Path, wait_s: float, **overrides: object) -> FastAPI:
    settings = load_settings(database_url=f"sqlite:///{folder / 'news.db'}", **overrides)
    return create_app(settings, cast(Assessor, SlowAssessor(wait_s)))


@pytest.mark.parametrize("threads", [1, 2])
def test_a_crowd_is_refused_at_once_and_the_queue_is_served(tmp_path: Path, threads: int) -> None:
    app = application(tmp_path, 0.2, scoring_threads=threads, max_waiting=3)

    async def scenario() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:

            async def ask() -> tuple[float, httpx.Response]:
                began = time.perf_counter()
                response = await client.post("/v1/score", json={"text": TEXT})
                return time.perf_counter() - began, response

            await client.post("/v1/score", json={"text": TEXT})  # opens what is opened once
            answers = await asyncio.gather(*(ask() for _ in range(10)))
            served = [answer for _, answer in answers if answer.status_code == 200]
            refused = [(took_s, answer) for took_s, answer in answers if answer.status_code == 503]
            assert len(served) == threads + 3
            assert len(refused) == 10 - len(served)
            for took_s, answer in refused:
                assert "max_waiting" in assert_problem(answer, 503)["detail"]
                assert int(answer.headers["retry-after"]) >= 1
                assert took_s < 0.2
            assert (await ask())[1].status_code == 200

    asyncio.run(scenario())


def test_a_batch_that_was_begun_is_finished(tmp_path: Path) -> None:
    app = application(tmp_path, 0.03, scoring_threads=1, max_waiting=2)

    async def scenario() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            batch = {"items": [{"text": TEXT}] * 10}
            begun = asyncio.create_task(client.post("/v1/score/batch", json=batch))
            await asyncio.sleep(0.05)
            crowd = await asyncio.gather(*(client.post("/v1/score", json={"text": TEXT}) for _ in range(9)))
            assert 503 in {answer.status_code for answer in crowd}
            results = (await begun).json()["results"]
            assert [list(result) for result in results] == [["id", "assessment"]] * 10

    asyncio.run(scenario())
