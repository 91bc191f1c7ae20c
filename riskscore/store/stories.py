"""Stories and their bands: found by band, made with their bands, shown with their articles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from riskscore.store import tables
from riskscore.stories import KnownStory

# A band in which so many stories meet (a boilerplate notice) tells nothing; it takes no more of them.
_MAX_STORIES_PER_BAND = 200


@dataclass(frozen=True, slots=True)
class NewStory:
    """A story about to be stored."""

    story_id: str
    title: str
    published_at: datetime
    signature: bytes
    bands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StoryRecord:
    """A stored story."""

    story_id: str
    title: str
    published_at: datetime
    created_at: datetime


class BandIndex:
    """What the database holds of some bands, kept up to date with the stories of one transaction."""

    def __init__(self, connection: Connection, wanted: Iterable[int]) -> None:
        self._connection = connection
        self._at: dict[int, list[str]] = {}
        self._next: dict[int, int] = {}
        self._stories: dict[str, KnownStory] = {}
        rows = connection.execute(
            select(
                tables.story_bands.c.band,
                tables.story_bands.c.ordinal,
                tables.stories.c.story_id,
                tables.stories.c.published_at,
                tables.stories.c.signature,
            )
            .join_from(tables.story_bands, tables.stories)
            .where(tables.story_bands.c.band.in_(sorted(set(wanted))))
        )
        for band, ordinal, story_id, published_at, signature in rows:
            if story_id not in self._stories:
                self._stories[story_id] = KnownStory(story_id, published_at, signature)
            self._at.setdefault(band, []).append(story_id)
            self._next[band] = max(self._next.get(band, 0), ordinal + 1)

    def candidates(self, bands: Iterable[int]) -> list[KnownStory]:
        """Stories that share one of these bands."""
        ids = dict.fromkeys(story_id for band in bands for story_id in self._at.get(band, ()))
        return [self._stories[story_id] for story_id in ids]

    def add(self, story: NewStory, now: datetime) -> None:
        """Store a story.

        Raises
        ------
        sqlalchemy.exc.IntegrityError
            Another writer took a band's next place meanwhile: look again, its story may be this one.
        """
        self.add_all([story], now)

    def add_all(self, stories: Sequence[NewStory], now: datetime) -> None:
        """Store several; errors as of `add`."""
        for story in stories:
            self.note(story)
        self.flush(stories, now)

    def note(self, story: NewStory) -> None:
        """Let a story that is about to be stored be found by the articles after it."""
        self._stories[story.story_id] = KnownStory(story.story_id, story.published_at, story.signature)
        for band in story.bands:
            self._at.setdefault(band, []).append(story.story_id)

    def flush(self, stories: Sequence[NewStory], now: datetime) -> None:
        """Store the stories that were noted; errors as of `add`."""
        if not stories:
            return
        self._connection.execute(
            insert(tables.stories),
            [
                {
                    "story_id": story.story_id,
                    "title": story.title,
                    "published_at": story.published_at,
                    "created_at": now,
                    "signature": story.signature,
                }
                for story in stories
            ],
        )
        rows = []
        for story in stories:
            for band in story.bands:
                ordinal = self._next.get(band, 0)
                if ordinal < _MAX_STORIES_PER_BAND:
                    self._next[band] = ordinal + 1
                    rows.append({"band": band, "ordinal": ordinal, "story_id": story.story_id})
        # In one order for all writers, so that two of them never wait for each other.
        rows.sort(key=lambda row: (row["band"], row["ordinal"]))
        if rows:
            self._connection.execute(insert(tables.story_bands), rows)


def find_story(connection: Connection, story_id: str) -> StoryRecord | None:
    """The story of that id."""
    columns = tables.stories.c
    row = connection.execute(
        select(columns.story_id, columns.title, columns.published_at, columns.created_at).where(
            columns.story_id == story_id
        )
    ).one_or_none()
    return None if row is None else StoryRecord(*row)


def count_copies(connection: Connection, story_ids: Iterable[str]) -> dict[str, tuple[int, int]]:
    """By story: its articles, and the distinct sources among them."""
    columns = tables.articles.c
    rows = connection.execute(
        select(columns.story_id, func.count(), func.count(columns.source.distinct()))
        .where(columns.story_id.in_(list(story_ids)))
        .group_by(columns.story_id)
    )
    return {story_id: (articles, sources) for story_id, articles, sources in rows}
