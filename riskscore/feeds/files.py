"""Archives and dropped files in, stored articles out, through the one write path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from riskscore.archive.columns import Columns, Item
from riskscore.archive.sources import Format, find_sources, read_chunks
from riskscore.archive.work import item_of
from riskscore.errors import InputError
from riskscore.service import Ingested, Newsroom
from riskscore.types import Article

_BATCH = 64
_MOST_FAULTS = 100

Progress = Callable[[int, float], None]  # rows read, part of the input


@dataclass
class Tally:
    """What became of the rows."""

    added: int = 0
    known: int = 0
    abstained: int = 0
    bad: int = 0
    stories: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)  # the first hundred

    def count(self, result: Ingested | InputError, place: str) -> None:
        """Add the result of one article."""
        if isinstance(result, InputError):
            self.refuse(place, result)
        elif result.created:
            self.added += 1
            self.abstained += result.assessment.abstained
            self.stories.add(result.story_id)
        else:
            self.known += 1

    def add(self, other: Tally) -> None:
        """Add another tally to this one."""
        self.added += other.added
        self.known += other.known
        self.abstained += other.abstained
        self.bad += other.bad
        self.stories |= other.stories
        self.faults += other.faults[: _MOST_FAULTS - len(self.faults)]

    def refuse(self, place: str, error: InputError) -> None:
        """Add a row that could not be taken."""
        self.bad += 1
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(f"{place}: {error}")


def ingest_archive(
    newsroom: Newsroom,
    where: str,
    *,
    columns: Columns | None = None,
    format: Format | None = None,
    progress: Progress | None = None,
) -> Tally:
    """Store the articles of files, a folder, a glob or standard input ("-").

    Running it again after any interruption stores the rest: what is there already is told apart by content.

    Raises
    ------
    ArchiveError
        There is nothing to read.
    """
    tally = Tally()
    columns = columns or Columns()
    rows = 0
    for chunk in read_chunks(find_sources(where, format)):
        items: list[tuple[str, Item]] = []
        for number, raw in enumerate(chunk.rows, chunk.first_row):
            place = f"{chunk.file}, row {number}"
            try:
                items.append((place, item_of(raw, chunk.names, columns)))
            except InputError as error:
                tally.refuse(place, error)
        for batch in _batches(items):
            results = newsroom.ingest([item.article for _, item in batch])
            for (place, _), result in zip(batch, results, strict=True):
                tally.count(result, place)
        rows += len(chunk.rows)
        if progress is not None:
            progress(rows, chunk.progress)
    return tally


def _batches(items: Sequence[tuple[str, Item]]) -> Iterator[Sequence[tuple[str, Item]]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]


def ingest_file(newsroom: Newsroom, path: Path, source: str | None = None) -> Tally:
    """Store a dropped file: an archive, or one article as .txt or .html.

    Raises
    ------
    InputError, ArchiveError
        The file cannot be read at all.
    """
    if path.suffix.lower() not in {".txt", ".html", ".htm"}:
        return ingest_archive(newsroom, str(path))
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8 text: invalid byte at offset {error.start}") from None
    if path.suffix.lower() == ".txt":
        title, _, text = content.partition("\n")
        article = Article(title=title.strip()[:2_000], text=text, source=source)
    else:
        article = Article(html=content, source=source)
    tally = Tally()
    for result in newsroom.ingest([article]):
        tally.count(result, path.name)
    return tally
