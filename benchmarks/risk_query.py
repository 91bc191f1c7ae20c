"""How long the answer about one company takes when the store is large: p50, p95 and p99.

    python -m benchmarks.risk_query --assessments 1000000 --company-assessments 5000 [--database-url …]

The store is filled with made-up rows, straight into the tables; every article of the company asked about
is flagged, which is the worst case.
"""

from __future__ import annotations

import argparse
import gc
import random
import tempfile
import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from riskscore.api.risk_answers import dossier_answer
from riskscore.dossier.answer import Question, compile_dossier
from riskscore.knowledge import load_knowledge
from riskscore.store import Store, connect, tables
from riskscore.store.schema import upgrade
from riskscore.wire.encoding import encode_json

_BATCH = 5_000
_COMPANY = "nvidia"
_SENTENCE = {"text": "x " * 80, "start": 0, "end": 160, "contribution": 1.0, "field": "text"}
_ANSWER = {
    "regimes": {
        regime: {
            "evidence": [{"text": "x " * 80, "start": 0, "end": 160, "contribution": 1.0, "field": "text"}]
            * 5
        }
        for regime in ("chips", "cloud_data", "outbound_investment")
    },
    "contributions": [
        {"feature": f"word:{number}", "description": "y" * 40, "value": 0.1} for number in range(60)
    ],
}


def fill(store: Store, assessments: int, of_company: int) -> None:
    """Made-up rows: one article, one assessment and one mention each, three in four of them a story."""
    chance = random.Random(11)
    knowledge = load_knowledge()
    others = [company_id for company_id in knowledge.companies if company_id != _COMPANY]
    rules = list(knowledge.instruments)
    now = datetime.now(UTC)
    every = assessments // of_company
    answer = zlib.compress(encode_json(_ANSWER))
    for start in range(0, assessments, _BATCH):
        stories: list[dict[str, Any]] = []
        articles: list[dict[str, Any]] = []
        scored: list[dict[str, Any]] = []
        mentions: list[dict[str, Any]] = []
        for number in range(start, min(start + _BATCH, assessments)):
            moment = now - timedelta(days=chance.random() * 1_500)
            ours = number % every == 0
            story = f"st_{number:032x}" if number % 4 or not stories else stories[-1]["story_id"]
            if number % 4 or not stories:
                stories.append(
                    {
                        "story_id": story,
                        "title": "t",
                        "published_at": moment,
                        "created_at": moment,
                        "signature": b"",
                    }
                )
            article_id = f"ar_{number:032x}"
            articles.append(
                {
                    "article_id": article_id,
                    "story_id": story,
                    "title": f"Item {number}",
                    "source": f"s{number % 40}",
                    "published_at": moment,
                    "received_at": moment,
                    "body_field": "text",
                }
            )
            scored.append(
                {
                    "assessment_key": number + 1,
                    "assessment_id": f"as_{number:032x}",
                    "article_id": article_id,
                    "model_version": "1",
                    "knowledge_hash": "0",
                    "recorded_at": moment,
                    "abstained": False,
                    "score": 40.0,
                    "answer": answer,
                    "answer_sha256": "0",
                }
            )
            flagged = ours or chance.random() < 0.05
            severity = chance.randint(1, 3) if flagged else 0
            mentions.append(
                {
                    "company_id": _COMPANY if ours else chance.choice(others),
                    "observed_at": moment,
                    "assessment_key": number + 1,
                    "article_id": article_id,
                    "story_id": story,
                    "source": f"s{number % 40}",
                    "received_at": moment,
                    "valid_from": moment,
                    "valid_to": None,
                    "mentions": 2,
                    "relevance": chance.random(),
                    "exposure_probability": chance.random(),
                    "exposed": True,
                    "stage": "adopted",
                    "direction": "tightening",
                    "flagged": flagged,
                    "chips_score": 30.0 * severity,
                    "cloud_data_score": 1.0,
                    "outbound_investment_score": 1.0,
                    "chips_severity": severity,
                    "cloud_data_severity": 0,
                    "outbound_investment_severity": 0,
                    "instruments": chance.choice(rules) if flagged else "",
                }
            )
        with store.write() as connection:
            for table, rows in (
                (tables.stories, stories),
                (tables.articles, articles),
                (tables.assessments, scored),
                (tables.mentions, mentions),
            ):
                connection.execute(insert(table), rows)


def _shares(times: list[float]) -> str:
    ordered = sorted(times)
    at = {share: ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in (50, 95, 99)}
    return ", ".join(f"p{share} {value:.1f} ms" for share, value in at.items())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--assessments", type=int, default=1_000_000)
    parser.add_argument("--company-assessments", type=int, default=5_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--database-url")
    parser.add_argument("--filled", action="store_true", help="the database was filled by an earlier run")
    asked = parser.parse_args()
    knowledge = load_knowledge()
    with tempfile.TemporaryDirectory() as folder:
        store = connect(asked.database_url or f"sqlite:///{Path(folder) / 'bench.db'}")
        upgrade(store)
        began = time.perf_counter()
        if not asked.filled:
            fill(store, asked.assessments, asked.company_assessments)
        if store.dialect == "postgresql":
            with store.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
        with store.read() as connection:
            count = connection.execute(
                select(func.count())
                .select_from(tables.mentions)
                .where(tables.mentions.c.company_id == _COMPANY)
            ).scalar_one()
        filled = time.perf_counter() - began
        print(f"{store.dialect}: filled in {filled:.0f} s; {count:,} assessments of {_COMPANY}")
        gc.collect()
        gc.freeze()  # as `riskscore serve` does
        wall, cpu = [], []
        for _ in range(asked.questions):
            began, began_cpu = time.perf_counter(), time.process_time()
            with store.read() as connection:
                question = Question(at=datetime.now(UTC))
                encode_json(dossier_answer(compile_dossier(connection, knowledge, _COMPANY, question)))
            wall.append(1000 * (time.perf_counter() - began))
            cpu.append(1000 * (time.process_time() - began_cpu))
        print(f"{asked.questions} questions: wall {_shares(wall)}; this process's CPU alone {_shares(cpu)}")
        store.close()


if __name__ == "__main__":
    main()
