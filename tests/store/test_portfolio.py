"""Imported companies on both databases: searched for as news comes in, and again when the list changes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from riskscore.alerting.raising import AlertRaiser
from riskscore.auditing.trail import process_trail
from riskscore.companies.search import CompanyIndex
from riskscore.dossier import directory
from riskscore.dossier.answer import Question, compile_dossier, resolve
from riskscore.dossier.replay import replay
from riskscore.errors import ArtifactNotFoundError
from riskscore.imports.records import CompanyRow, ImportTally, ListRow, Row
from riskscore.imports.save import save_rows
from riskscore.knowledge import load_knowledge
from riskscore.portfolio.keeper import PortfolioKeeper
from riskscore.portfolio.searching import Searcher, Searches
from riskscore.service import Newsroom
from riskscore.store import Store, tables
from riskscore.store.alerts import alerts_on
from riskscore.store.articles import find_articles
from riskscore.store.assessments import assessments_of
from riskscore.store.changes import changes_after
from riskscore.store.check import check_store
from riskscore.store.companies import (
    by_name,
    descendants,
    find_companies,
    owners_of,
    remove_companies,
)
from riskscore.store.ledger import last_entry
from riskscore.store.lists import memberships_of
from riskscore.store.mentions import View, companies_of, imported_of, sightings
from riskscore.store.portfolio import not_searched_back, portfolio_version, searches_of
from riskscore.store.schema import differences, downgrade, upgrade
from riskscore.types import Article
from tests.api.fake import FakeAssessor
from tests.store.conftest import Clock
from tests.store.scripted import subscribe
from tests.store.test_ingest import WIRE, ingest

KNOWLEDGE = load_knowledge()
FOUNDRY = CompanyRow(1, "zor", "Zorvan Foundry GmbH", "DE", names=(("alias", "Zorvan"), ("ticker", "ZRV")))
OWNER = CompanyRow(2, "quex", "Quexal Holdings", names=(("lei", "529900T8BM49AURSDO55"),))
NEWS = replace(
    WIRE,
    title="Zorvan Foundry told to stop chip sales",
    text=f"{(WIRE.text or '').replace('Nvidia', 'Zorvan Foundry')} Nvidia was not named.",
)


def load(store: Store, *rows: Row, origin: Any = "csv", at: datetime | None = None) -> ImportTally:
    return save_rows(store, KNOWLEDGE, rows, origin, at or datetime(2026, 1, 1, tzinfo=UTC))


def search_again(store: Store, clock: Clock, assessor_of: Any = lambda version: FakeAssessor()) -> Any:
    trail = process_trail(store, clock=clock)
    return Searcher(store, PortfolioKeeper(store).current(), assessor_of, trail, clock).search_all()


def test_news_is_searched_for_imported_companies_and_its_answer_is_as_without(
    newsroom: Newsroom, store: Store
) -> None:
    load(store, FOUNDRY)
    (stored,) = ingest(newsroom, NEWS)
    assert stored.imported == ("zor",)
    with store.read() as connection:
        (sighting,) = sightings(connection, ["zor"])
        assert companies_of(connection, [stored.article_id])[stored.article_id] == ["nvidia", "zor"]
        article = find_articles(connection, [stored.article_id])[stored.article_id].article
        ((record,),) = [assessments_of(connection, stored.article_id)]
        (search,) = searches_of(connection, [record.assessment_key])[record.assessment_key]
        entry = last_entry(connection, "article.added")
    assert (sighting.severities, sighting.exposed) == ((1, 0, 0), True)
    assert (search.version, search.companies) == (1, 1)
    assert search.sha256 == newsroom.portfolio.current().sha256
    assert entry is not None
    assert dict(entry.detail or {})["portfolio"] == search.sha256
    # No byte of what model and knowledge say depends on the list.
    assert replay(record, article, lambda version: FakeAssessor()).identical is True
    (again,) = ingest(newsroom, NEWS)
    assert (again.created, again.imported) == (False, ("zor",))


def test_an_import_is_noticed_with_the_next_article_and_so_is_a_removal(
    newsroom: Newsroom, store: Store
) -> None:
    assert ingest(newsroom, replace(NEWS, source="A"))[0].imported == ()
    load(store, FOUNDRY)
    assert ingest(newsroom, replace(NEWS, source="B"))[0].imported == ("zor",)
    with store.write() as connection:
        assert remove_companies(connection, ["zor", "none"], datetime(2026, 2, 1, tzinfo=UTC)) == ["zor"]
    (third,) = ingest(newsroom, replace(NEWS, source="C"))
    assert third.imported == ()
    with store.read() as connection:
        assert sightings(connection, ["zor"]) == []  # what was said of it is not in force …
        then = datetime(2026, 1, 20, tzinfo=UTC)
        assert len(sightings(connection, ["zor"], View(known_at=then, model_at=then))) == 1  # … but on record
        assert not imported_of(connection, [third.article_id])


def test_the_same_file_again_changes_nothing(store: Store) -> None:
    assert load(store, FOUNDRY, OWNER).added == 2
    with store.read() as connection:
        version = portfolio_version(connection)
    load(store, FOUNDRY, OWNER)
    with store.read() as connection:
        assert portfolio_version(connection) == version
    load(store, replace(FOUNDRY, names=(("alias", "ZF"),)))
    with store.read() as connection:
        assert portfolio_version(connection) == version + 1
        assert by_name(connection, "Zorvan") == []


def test_old_news_is_searched_for_what_came_later_without_new_scores(
    newsroom: Newsroom, store: Store, clock: Clock
) -> None:
    (stored,) = ingest(newsroom, NEWS)
    imported_at = clock.now = clock.now + timedelta(days=10)
    load(store, FOUNDRY, replace(OWNER, external_id="quex"), at=imported_at)
    with store.read() as connection:
        assert not_searched_back(connection, ["zor", "nvidia"]) == ["zor"]
        dossier = compile_dossier(connection, KNOWLEDGE, "zor", Question(at=clock.now))
    assert (dossier.coverage.articles, dossier.behind) == (0, ("zor",))
    clock.now += timedelta(days=1)
    tally = search_again(store, clock)
    assert (tally.articles, tally.searched, tally.changed, tally.skipped) == (1, 1, 1, 0)
    again = search_again(store, clock)
    assert (again.articles, again.searched, again.changed) == (1, 0, 0)
    with store.read() as connection:
        assert len(assessments_of(connection, stored.article_id)) == 1
        assert not_searched_back(connection, ["zor"]) == []
        (found,) = sightings(connection, ["zor"])
        # What was knowable before the search is what was known.
        before = View(known_at=imported_at, model_at=imported_at)
        assert sightings(connection, ["zor"], before) == []
        kinds = [change.kind for change in changes_after(connection, 0, 100)]
        (change,) = [one for one in changes_after(connection, 0, 100) if one.kind == "article.searched"]
        assert check_store(connection) == []
        assert last_entry(connection, "articles.searched") is not None
    assert found.severities == (1, 0, 0)
    assert kinds.count("article.added") == 1
    assert change.subject == {
        "article_id": stored.article_id,
        "story_id": stored.story_id,
        "companies": ["zor"],
    }


def test_a_changed_name_changes_what_is_in_force_and_a_removed_one_comes_back(
    newsroom: Newsroom, store: Store, clock: Clock
) -> None:
    load(store, replace(FOUNDRY, names=()))
    ingest(newsroom, replace(NEWS, text=f"{NEWS.text} Zorvan fell."))

    def mentions() -> list[int]:
        columns = tables.mentions.c
        with store.read() as connection:
            query = select(columns.mentions).where(columns.company_id == "zor", columns.valid_to.is_(None))
            return list(connection.execute(query).scalars())

    assert mentions() == [2]
    for names, expected in (((("alias", "Zorvan"),), [3]), ((), [2]), ((("alias", "Zorvan"),), [3])):
        clock.now += timedelta(days=1)
        load(store, replace(FOUNDRY, names=names))
        assert search_again(store, clock).changed == 1
        assert mentions() == expected
    clock.now += timedelta(days=1)
    with store.write() as connection:
        remove_companies(connection, ["zor"], clock.now)
    assert mentions() == []
    clock.now += timedelta(days=1)
    load(store, FOUNDRY)
    assert search_again(store, clock).changed == 1
    assert mentions() == [3]
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(tables.mentions)).scalar_one() == 6


def test_what_cannot_be_searched_again_is_counted(store: Store, clock: Clock) -> None:
    ingest(Newsroom(FakeAssessor(), store, keep_text=False, clock=clock), NEWS)
    ingest(Newsroom(FakeAssessor(), store, clock=clock), replace(NEWS, source="B"))
    ingest(Newsroom(FakeAssessor(), store, clock=clock), Article(title="short"))
    load(store, FOUNDRY)

    def gone(version: str) -> Searches:
        raise ArtifactNotFoundError(version)

    tally = search_again(store, clock, gone)
    assert (tally.articles, tally.searched, tally.without_text, tally.without_model) == (3, 1, 1, 1)


def test_a_subsidiarys_news_rolls_up_and_raises_the_owners_alert(store: Store, clock: Clock) -> None:
    load(store, OWNER, replace(FOUNDRY, parent="quex"))
    newsroom = Newsroom(FakeAssessor(), store, clock=clock, alerts=AlertRaiser())
    subscribe(store, clock.now)
    (stored,) = ingest(newsroom, NEWS)
    with store.write() as connection:
        alerts = alerts_on(connection, {f"zor/{stored.story_id}"})
        assert [alert.company_name for alert in alerts.values()] == ["Zorvan Foundry GmbH"]
        dossier = compile_dossier(connection, KNOWLEDGE, "quex", Question(at=clock.now))
    (exhibit,) = dossier.exhibits
    assert exhibit.path == ("quex", "zor")
    assert dossier.risk.overall.score > 0
    assert dossier.names == {"quex": "Quexal Holdings", "zor": "Zorvan Foundry GmbH"}


def test_owners_of_the_knowledge_files_roll_up_unless_the_user_knows_better(store: Store) -> None:
    with store.read() as connection:
        assert descendants(connection, "bytedance")["tiktok"] == ("bytedance", "tiktok")
        assert owners_of(connection, ["tiktok", "nvidia"]) == {"tiktok": "bytedance"}
    load(store, OWNER, CompanyRow(2, "t", "TikTok", parent="quex"))
    with store.read() as connection:
        assert set(descendants(connection, "bytedance")) == {"bytedance"}
        assert descendants(connection, "quex") == {"quex": ("quex",), "tiktok": ("quex", "tiktok")}
        assert owners_of(connection, ["tiktok"]) == {"tiktok": "quex"}


LISTED = ListRow(1, "Entity List", "e1", "Zorvan Foundry", ("ZF Chips",), "2026-01-01", "https://bis.example")


def test_an_entry_of_a_list_is_a_company_until_a_better_list_has_it(newsroom: Newsroom, store: Store) -> None:
    ship = replace(LISTED, row=2, entry_id="e2", name="Zorvan Star", aliases=(), is_company=False)
    tally = load(store, LISTED, ship, replace(LISTED, row=3, list_code="NS-CMIC"), origin="csl")
    assert (tally.added, tally.known, tally.made) == (3, 0, 1)
    (stored,) = ingest(newsroom, NEWS)
    assert stored.imported == ("csl-zorvan-foundry",)
    with store.read() as connection:
        held = memberships_of(connection, stored.imported)
        assert [entry.list_code for entry in held] == ["Entity List", "NS-CMIC"]
        assert by_name(connection, "Zorvan Star") == []
    load(store, FOUNDRY)
    (later,) = ingest(newsroom, replace(NEWS, source="B"))
    assert later.imported == ("zor",)
    with store.read() as connection:
        assert find_companies(connection, ["csl-zorvan-foundry"]) == {}
        assert len(memberships_of(connection, ["zor"])) == 2
        assert by_name(connection, "ZF Chips") == ["zor"]
    assert load(store, LISTED, origin="csl").known == 1


def test_lists_complete_each_other(store: Store) -> None:
    load(store, replace(FOUNDRY, external_id="own-zorvan-foundry", id_given=False, names=()))
    sec = CompanyRow(1, "cik-1", "ZORVAN FOUNDRY GMBH", names=(("ticker", "ZFX"),))
    assert load(store, sec, origin="sec").known == 1
    with store.read() as connection:
        assert by_name(connection, "ZFX") == ["own-zorvan-foundry"]
        (record,) = find_companies(connection, by_name(connection, "zorvan foundry")).values()
    assert (record.name, record.country, record.origin) == ("Zorvan Foundry GmbH", "DE", "csv")
    load(store, replace(FOUNDRY, external_id="own-zorvan-foundry", id_given=False, names=()))
    with store.read() as connection:
        assert by_name(connection, "ZFX") == ["own-zorvan-foundry"]  # each file replaces its own names only


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("zorvan foundry", "zor"),
        ("Zorvan", "zor"),
        ("zorv", "zor"),
        ("zorvna", "zor"),
        ("ZRV", "zor"),
        ("529900t8bm49aursdo55", "quex"),
        ("齐芯科技", "qixin"),
        ("齐芯", "qixin"),
        ("nvda", "nvidia"),
        ("Team Verde", "nvidia"),
        ("100%", "pct"),
    ],
)
def test_companies_are_found_by_whatever_they_are_called(store: Store, query: str, expected: str) -> None:
    load(
        store,
        FOUNDRY,
        OWNER,
        CompanyRow(3, "qixin", "Qixin Ltd", names=(("chinese_name", "齐芯科技"),)),
        CompanyRow(4, "x", "Nvidia", names=(("alias", "Team Verde"),)),
        CompanyRow(5, "pct", "100% Juice"),
    )
    index = CompanyIndex(KNOWLEDGE.companies.values())
    with store.read() as connection:
        found = directory.search(connection, KNOWLEDGE, index, query, 5)
        assert found[0].company.company_id == expected
        assert resolve(connection, KNOWLEDGE, index, query).company_id == expected
        assert directory.show(connection, KNOWLEDGE, expected) == found[0]
    assert found[0].origins == (("knowledge", "csv") if expected == "nvidia" else ("csv",))


def test_all_companies_stand_in_one_list_by_name(store: Store) -> None:
    load(store, CompanyRow(1, "a", "AAA Chips"), CompanyRow(2, "z", "Zzz Chips"))
    with store.read() as connection:
        listed = directory.first(connection, KNOWLEDGE, 10_000)
        names = [one.company.name.casefold() for one in listed]
        assert names == sorted(names)
        assert {"a", "z", "nvidia"} <= {one.company.company_id for one in listed}
        assert [one.company.company_id for one in directory.first(connection, KNOWLEDGE, 3)] == [
            one.company.company_id for one in listed[:3]
        ]


def test_a_keeper_loads_each_version_once_however_many_ask(store: Store) -> None:
    load(store, FOUNDRY)
    keeper = PortfolioKeeper(store)
    held: list[Any] = []
    threads = [threading.Thread(target=lambda: held.append(keeper.current())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == 8
    assert len({id(portfolio) for portfolio in held}) == 1
    load(store, OWNER)
    assert keeper.recent(within_s=60).version == 1  # not asked again yet
    assert (keeper.current().version, keeper.recent().version) == (2, 2)


def test_migrations_keep_what_is_known_of_imported_companies(newsroom: Newsroom, store: Store) -> None:
    load(store, replace(FOUNDRY, name="ZRV"))  # a ticker that reads like the name
    ingest(newsroom, replace(NEWS, text=f"{NEWS.text} It is ZRV Corp."))
    downgrade(store, "0008")
    with store.read() as connection:
        rows = connection.exec_driver_sql("SELECT company_id FROM mentions").scalars().all()
        aliases = connection.exec_driver_sql("SELECT folded FROM company_aliases ORDER BY 1").scalars().all()
    assert rows == ["nvidia"]
    assert aliases == ["zorvan", "zrv"]
    upgrade(store)
    with store.read() as connection:
        assert differences(connection) == []
        assert by_name(connection, "zrv") == ["zor"]
        assert companies_of(connection, _article_ids(connection)) != {}


def _article_ids(connection: Any) -> Sequence[str]:
    return list(connection.execute(select(tables.articles.c.article_id)).scalars())
