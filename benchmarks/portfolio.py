"""What a portfolio costs: time to build, memory, and time per article with 0, 10,000 and 100,000 companies.

    python -m benchmarks.portfolio [--companies 0 10000 100000] [--articles 400] [--database-url
    postgresql://…]

Names are made up as the SEC's and official lists are: one in three ordinary words together, one in ten a
single ordinary word, the rest with an invented word; each with a legal form, an alias and a ticker. The
texts are the training corpus's. All times are CPU of this process. The last line of each size is the time
from a store with these companies to a matcher that is ready.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import articles, documents
from riskscore.assess import Assessor
from riskscore.portfolio.keeper import PortfolioKeeper
from riskscore.portfolio.matcher import NameRow, Portfolio
from riskscore.portfolio.names import ordinary_words
from riskscore.settings import load_settings
from riskscore.store import connect
from riskscore.store.companies import CompanyRecord, save_companies
from riskscore.store.schema import upgrade

_TAILS = ("Technologies", "Holdings", "Group", "Energy", "Bancorp", "Systems", "Pharmaceuticals", "Capital")
_LEGAL = ("Inc", "Corp", "Ltd", "PLC", "Co., Ltd.")
_SYLLABLES = (
    "zhen",
    "mar",
    "tol",
    "vex",
    "qui",
    "lar",
    "dor",
    "bel",
    "xin",
    "hua",
    "ker",
    "nov",
    "sta",
    "rin",
    "pol",
)
_BATCH = 2_000


def companies(count: int, seed: int = 3) -> Iterator[CompanyRecord]:
    """Made-up ones."""
    chance = random.Random(seed)
    words = [word.capitalize() for word in sorted(ordinary_words())]
    for number in range(count):
        invented = "".join(chance.choices(_SYLLABLES, k=3)).capitalize()
        kind = chance.random()
        if kind < 0.1:
            name = chance.choice(words)
        elif kind < 0.4:
            name = f"{chance.choice(words)} {chance.choice(words)} {chance.choice(_TAILS)}"
        else:
            name = f"{invented} {chance.choice(words)} {chance.choice(_TAILS)}"
        ticker = "".join(chance.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=4))
        names = (("alias", f"{invented} {chance.choice(words)}"), ("ticker", ticker))
        yield CompanyRecord(f"x-{number}", f"{name} {chance.choice(_LEGAL)}", None, None, "sec", names)


def _rows(records: list[CompanyRecord]) -> list[NameRow]:
    return [
        NameRow(record.company_id, record.origin, kind, written)
        for record in records
        for kind, written in (("name", record.name), *record.names)
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--companies", type=int, nargs="+", default=[0, 10_000, 100_000])
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--database-url")
    asked = parser.parse_args()
    settings = load_settings()
    assessor = Assessor.load(settings.model_dir, settings.model_version)
    items = articles(None, asked.articles)
    texts = documents(items)
    known = [assessor.companies.find(text) for text in texts]
    size = sum(map(len, texts)) / len(texts)
    print(f"{len(texts)} articles of {size:,.0f} characters on average")
    for count in asked.companies:
        made = list(companies(count))
        rows = _rows(made)
        began = time.process_time()
        portfolio = Portfolio(rows)
        built = time.process_time() - began
        tracemalloc.start()
        again = Portfolio(rows)
        memory = tracemalloc.get_traced_memory()[0] / 1e6
        tracemalloc.stop()
        del again
        portfolio.find(texts[0], known[0])
        began = time.process_time()
        found = sum(len(portfolio.find(text, ours)) for text, ours in zip(texts, known, strict=True))
        match = 1000 * (time.process_time() - began) / len(texts)
        assess = {}
        for name, used in (("without", None), ("with", portfolio)):
            began = time.process_time()
            for article in items:
                assessor.assess(article, portfolio=used)
            assess[name] = 1000 * (time.process_time() - began) / len(texts)
        print(
            f"{count:,} companies, {portfolio.names:,} forms: built in {built:.2f} s, {memory:.0f} MB; "
            f"{match:.3f} ms to search an article, {found / len(texts):.2f} mentions; scored in "
            f"{assess['without']:.2f} ms without, {assess['with']:.2f} ms with them"
        )
        with tempfile.TemporaryDirectory() as folder:
            store = connect(asked.database_url or f"sqlite:///{Path(folder) / 'bench.db'}")
            upgrade(store)
            for start in range(0, len(made), _BATCH):
                with store.write() as connection:
                    save_companies(connection, made[start : start + _BATCH], datetime.now(UTC))
            began = time.process_time()
            PortfolioKeeper(store).current()
            print(f"  loaded from {store.dialect} in {time.process_time() - began:.2f} s")
            store.close()


if __name__ == "__main__":
    main()
