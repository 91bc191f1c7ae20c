"""The write path on both databases: stored once, grouped, re-scored, never doubled."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from riskscore.errors import InputError, TooLargeError
from riskscore.portfolio.matcher import Portfolio
from riskscore.service import Ingested, KeyReusedError, Newsroom
from riskscore.store import Store
from riskscore.store.articles import articles_of_story, find_articles
from riskscore.store.assessments import assessments_of, find_assessment
from riskscore.store.changes import changes_after
from riskscore.store.mentions import View, sightings
from riskscore.types import Article, Assessment
from tests.api.fake import FakeAssessor
from tests.store.conftest import Clock

WIRE = Article(
    title="Nvidia told to stop chip sales",
    text=(
        "The Commerce Department told Nvidia on Monday to stop selling its newest chip in China, "
        "two people familiar with the matter said. The order covers each chip that the company had designed "
        "for that market after the last round of rules, and takes effect at once. Shares fell after hours, "
        "and analysts said that the company would lose several billion dollars of orders in the year to come."
    ),
    source="Wire",
    published_at=datetime(2026, 1, 5, tzinfo=UTC),
)
OTHER = Article(
    title="Microsoft moves data out of China",
    text="Microsoft said that it would move all data of Chinese customers, and data of its staff, abroad.",
    source="Daily",
    published_at=datetime(2026, 1, 6, tzinfo=UTC),
)


def reprint(source: str, days: float = 1.0) -> Article:
    return replace(
        WIRE,
        text=f"{WIRE.text} Additional reporting by our own staff.",
        source=source,
        published_at=datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=days),
    )


def ingest(newsroom: Newsroom, *articles: Article) -> list[Ingested]:
    results = newsroom.ingest(articles)
    assert all(isinstance(result, Ingested) for result in results)
    return [result for result in results if isinstance(result, Ingested)]


def test_an_article_is_stored_with_all_that_belongs_to_it(newsroom: Newsroom, store: Store) -> None:
    (result,) = ingest(newsroom, WIRE)
    assert result.created
    with store.read() as connection:
        record = find_articles(connection, [result.article_id])[result.article_id]
        assert record.article == WIRE
        found = find_assessment(connection, result.assessment.assessment_id)
        assert found == result.assessment
        (sighting,) = sightings(connection, ["nvidia"])
    assert found is not None
    assert found.content["assessment_id"] == found.assessment_id
    assert sighting.story_id == result.story_id
    assert sighting.observed_at == WIRE.published_at
    assert sighting.scores[0] > 0
    assert sighting.severities == (1, 0, 0)
    assert sighting.instruments


def test_the_same_content_is_one_article(newsroom: Newsroom, store: Store) -> None:
    first, again = ingest(newsroom, WIRE, replace(WIRE, url="https://example.com/moved"))
    assert (first.created, again.created) == (True, False)
    assert first.article_id == again.article_id
    (later,) = ingest(newsroom, replace(WIRE, source=" WIRE ", published_at=None))
    assert not later.created
    assert later.assessment == first.assessment
    with store.read() as connection:
        assert len(assessments_of(connection, first.article_id)) == 1
        assert len(changes_after(connection, 0, 10)) == 1


def test_reprints_join_the_story_and_others_do_not(newsroom: Newsroom, store: Store) -> None:
    first, other = ingest(newsroom, WIRE, OTHER)
    copies = ingest(newsroom, reprint("Herald"), reprint("Post"))
    assert {copy.story_id for copy in copies} == {first.story_id}
    assert other.story_id != first.story_id
    with store.read() as connection:
        assert len(articles_of_story(connection, first.story_id, None, 10)) == 3


def test_the_same_words_a_season_later_are_news_again(newsroom: Newsroom) -> None:
    first, later = ingest(newsroom, WIRE, reprint("Herald", days=100))
    assert first.story_id != later.story_id


def test_within_one_call_stories_are_grouped_too(newsroom: Newsroom) -> None:
    results = ingest(newsroom, reprint("A"), WIRE, reprint("B"), OTHER)
    assert len({result.story_id for result in results}) == 2


class Refusing(FakeAssessor):
    """Refuses what is titled so."""

    def assess(
        self,
        article: Article,
        *,
        max_contributions: int | None = 20,
        max_evidence: int = 5,
        verify: bool = False,
        base_rate: float | None = None,
        portfolio: Portfolio | None = None,
    ) -> Assessment:
        if article.title == "bad":
            raise TooLargeError("too much of it", "text")
        return super().assess(article, max_contributions=max_contributions, max_evidence=max_evidence)


def test_a_bad_article_leaves_the_others_alone(store: Store) -> None:
    bad = replace(OTHER, title="bad")
    results = Newsroom(Refusing(), store).ingest([WIRE, bad, OTHER])
    assert [type(result) for result in results] == [Ingested, TooLargeError, Ingested]
    with pytest.raises(InputError, match="too much"):
        Newsroom(Refusing(), store).ingest_once(bad, "key", "hash")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "a\ud800"}, "title"),
        ({"text": "\udfff"}, "text"),
        ({"source": "a\x00"}, "source"),
        ({"title": "a\x00"}, "title"),
        ({"url": "https://x.example/\udc80"}, "url"),
        ({"language": "e" * 36}, "language"),
    ],
)
def test_what_a_database_cannot_hold_is_refused_by_field(
    newsroom: Newsroom, changes: dict[str, str], field: str
) -> None:
    bad = replace(WIRE, **changes)  # type: ignore[arg-type]
    refused, stored = newsroom.ingest([bad, OTHER])
    assert isinstance(refused, InputError)
    assert refused.field == field
    assert isinstance(stored, Ingested)
    with pytest.raises(InputError):
        newsroom.ingest_once(bad, "key", "hash")


def test_hostile_text_is_kept_as_it_came(newsroom: Newsroom, store: Store) -> None:
    odd = replace(
        WIRE, text="chip \x00 \u202e \U0010ffff rule " * 9, title="\u202e\ufeff\U0001f680 '; DROP TABLE"
    )
    (result,) = ingest(newsroom, odd)
    with store.read() as connection:
        assert find_articles(connection, [result.article_id])[result.article_id].article == odd


def test_an_idempotency_key_gives_the_first_answer_again(newsroom: Newsroom) -> None:
    first = newsroom.ingest_once(WIRE, "key-1", "hash-1")
    again = newsroom.ingest_once(WIRE, "key-1", "hash-1")
    assert (first.created, again.created) == (True, False)
    assert again.assessment == first.assessment
    with pytest.raises(KeyReusedError):
        newsroom.ingest_once(OTHER, "key-1", "hash-2")


class NewModel(FakeAssessor):
    """A later model, which finds no company exposed in the wire item's rivals."""

    def __init__(self) -> None:
        super().__init__()
        self.model.version = "1.0-fake"


def test_scoring_again_adds_a_row_and_the_past_stays(newsroom: Newsroom, store: Store, clock: Clock) -> None:
    (first,) = ingest(newsroom, WIRE)
    before = clock.now + timedelta(days=1)
    clock.now += timedelta(days=30)
    renewed = Newsroom(NewModel(), store, clock=clock)
    assert renewed.rescore([first.article_id, "ar_none"]) == 1
    assert renewed.rescore([first.article_id]) == 0
    with store.read() as connection:
        rows = assessments_of(connection, first.article_id)
        assert [row.model_version for row in rows] == ["0.0-fake", "1.0-fake"]
        assert rows[0] == first.assessment
        (then,) = sightings(connection, ["nvidia"], View(known_at=before, model_at=before))
        (now,) = sightings(connection, ["nvidia"], View(known_at=before))
        assert (then.assessment_key, now.assessment_key) == tuple(row.assessment_key for row in rows)
        assert not sightings(connection, ["nvidia"], View(known_at=before - timedelta(days=2)))
        kinds = [change.kind for change in changes_after(connection, 0, 10)]
    assert kinds == ["article.added", "article.rescored"]


def test_without_kept_text_everything_but_the_body_is_there(store: Store) -> None:
    newsroom = Newsroom(FakeAssessor(), store, keep_text=False)
    (first,) = ingest(newsroom, WIRE)
    with store.read() as connection:
        record = find_articles(connection, [first.article_id])[first.article_id]
    assert record.article is None
    assert record.title == WIRE.title
    assert Newsroom(NewModel(), store).rescore([first.article_id]) == 0
    assert not ingest(newsroom, WIRE)[0].created


def test_writers_at_once_never_double_a_story(store: Store) -> None:
    """Eight writers bring copies of the same eight stories in different orders."""
    texts = [
        " ".join(f"word{(17 * story + index * (story + 3)) % 997} chip" for index in range(120))
        for story in range(8)
    ]
    barrier = threading.Barrier(8)
    found: list[tuple[int, str]] = []
    faults: list[BaseException] = []

    def write(writer: int) -> None:
        newsroom = Newsroom(FakeAssessor(), store)
        barrier.wait()
        try:
            for step in range(8):
                story = (writer + step) % 8
                article = Article(title=f"Story {story}", text=texts[story], source=f"source {writer}")
                (result,) = ingest(newsroom, article)
                found.append((story, result.story_id))
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert len(found) == 64
    assert len(set(found)) == 8
    with store.read() as connection:
        changes = changes_after(connection, 0, 1000)
    assert [change.sequence for change in changes] == list(range(1, 65))
