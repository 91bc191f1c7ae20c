"""How fast articles are stored: the whole write path against bare inserts of the same rows.

    python -m benchmarks.ingest --articles 20000 [--database-url postgresql://…] [--model]

Without `--model`, articles are scored by a stand-in that costs next to nothing, so that the figure is the
store's. With it, the model of the settings scores them too.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Table, insert, select

from riskscore.knowledge import Knowledge, load_knowledge
from riskscore.portfolio.matcher import Portfolio
from riskscore.service import Newsroom, Scores
from riskscore.store import connect, tables
from riskscore.store.schema import upgrade
from riskscore.types import REGIMES, Article, Assessment, CompanyExposure, Evidence, RegimeScore, SourceSpan

_BATCH = 64
_WORDS = [f"word{number}" for number in range(4_000)]


class StandIn:
    """Gives every article an assessment of the usual size: two companies, three regimes, some evidence."""

    def __init__(self) -> None:
        self.knowledge: Knowledge = load_knowledge()
        self._companies = list(self.knowledge.companies.values())

    def assess(
        self,
        article: Article,
        *,
        max_contributions: int | None = 20,
        max_evidence: int = 5,
        portfolio: Portfolio | None = None,
    ) -> Assessment:
        """See `riskscore.assess.Assessor.assess`."""
        chance = random.Random(article.title)
        text = article.text or ""
        evidence = tuple(
            Evidence(text[start : start + 150], SourceSpan("text", start, start + 150), 0.5)
            for start in range(0, 600, 150)
        )
        regimes = {
            regime: RegimeScore(
                regime, 40.0, 0.7, 1, (0.3, 0.3, 0.3, 0.1), True, 0.5, -2.0, 1.0, (), evidence, ()
            )
            for regime in REGIMES
        }
        companies = tuple(
            CompanyExposure(company.company_id, company.name, 2, chance.random(), True, chance.random())
            for company in chance.sample(self._companies, 2)
        )
        return Assessment(
            assessment_id=f"as_{chance.getrandbits(128):032x}",
            model_version="stand-in",
            knowledge_hash=self.knowledge.hash,
            abstained=False,
            abstain_reason=None,
            score=40.0,
            stage="adopted",
            direction="tightening",
            regimes=regimes,
            companies=companies,
        )


def articles(count: int, reprints: float, seed: int = 7) -> Iterator[Article]:
    """Made-up articles of 250 words; a share of them are copies of earlier ones with a line added."""
    chance = random.Random(seed)
    earlier: list[str] = []
    for number in range(count):
        if earlier and chance.random() < reprints:
            text = f"{chance.choice(earlier)} Reprinted by paper {number}."
        else:
            text = " ".join(chance.choices(_WORDS, k=250))
            earlier = [*earlier[-500:], text]
        yield Article(title=f"Item {number}", text=text, source=f"paper {number % 50}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--reprints", type=float, default=0.35)
    parser.add_argument("--database-url")
    parser.add_argument("--model", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.database_url or f"sqlite:///{Path(folder) / 'bench.db'}"
        store = connect(url)
        upgrade(store)
        assessor: Scores = _model() if asked.model else StandIn()
        newsroom = Newsroom(assessor, store)
        made = list(articles(asked.articles, asked.reprints))
        began = time.perf_counter()
        for start in range(0, len(made), _BATCH):
            newsroom.ingest(made[start : start + _BATCH])
        took = time.perf_counter() - began
        with store.read() as connection:
            counts = {
                table.name: len(connection.execute(select(*table.primary_key)).all())
                for table in (tables.articles, tables.stories, tables.story_bands, tables.mentions)
            }
        rate = f"{len(made):,} articles in {took:.1f} s, {len(made) / took:,.0f} a second"
        print(f"{store.dialect}: {rate}; {counts}")
        if not asked.model:
            bare = _bare_inserts(url, Path(folder))
            print(f"bare inserts of the same rows: {bare:.1f} s; we take {took / bare:.1f} times that")
        store.close()


def _model() -> Scores:
    from riskscore.assess import Assessor
    from riskscore.settings import load_settings

    settings = load_settings()
    return Assessor.load(settings.model_dir, settings.model_version)


def _bare_inserts(url: str, folder: Path) -> float:
    """Time to insert the rows that are there into empty tables, batch for batch, with nothing looked up."""
    source = connect(url)
    target_url = f"sqlite:///{folder / 'bare.db'}"
    listed: list[Table] = [tables.stories, tables.story_bands, tables.articles, tables.assessments]
    listed += [tables.mentions, tables.changes]
    with source.read() as connection:
        rows = {
            table.name: [dict(row._mapping) for row in connection.execute(select(table))] for table in listed
        }
    batches = len(rows["articles"]) // _BATCH + 1
    if source.dialect == "postgresql":
        with source.write() as connection:
            for table in reversed(listed):
                connection.execute(table.delete())
        target = source
    else:
        target = connect(target_url)
        upgrade(target)
    began = time.perf_counter()
    for table in listed:  # in this order, so that what is referred to is there
        size = len(rows[table.name]) // batches + 1
        for batch in range(batches):
            part = rows[table.name][batch * size : (batch + 1) * size]
            if part:
                with target.write() as connection:
                    connection.execute(insert(table), part)
    took = time.perf_counter() - began
    target.close()
    source.close()
    return took


if __name__ == "__main__":
    main()
