"""Stored labels in, records of the training corpus out: one of each article, by its last label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from riskscore.errors import InputError
from riskscore.labels.reading import read_text
from riskscore.labels.record import corpus_record, is_disputed
from riskscore.store import Store
from riskscore.store.articles import find_articles
from riskscore.store.labels import LabelFilter, labels_of, last_key, last_words

_BATCH = 200


@dataclass(slots=True)
class Export:
    """Labels as they stood when it was begun.

    The last label of an article decides. Where another reader's, still in force, has other regimes, the
    record weighs half. Articles whose text was not kept, or from whose text the evidence is gone, are left
    out and counted in `left_out`, by reason.
    """

    store: Store
    wanted: LabelFilter
    left_out: Counter[str] = field(default_factory=Counter)
    _after: int = 0
    _upto: int | None = None

    def batch(self) -> list[dict[str, Any]] | None:
        """The next records; None at the end. A batch may be empty before that."""
        with self.store.read() as connection:
            if self._upto is None:
                self._upto = last_key(connection)
            last = last_words(connection, self.wanted, _BATCH, self._after, self._upto)
            ids = [one.article_id for one in last]
            articles, everyone = find_articles(connection, ids), labels_of(connection, ids)
        if not last:
            return None
        self._after = last[-1].label_key
        records = []
        for one in last:
            article = articles[one.article_id].article
            if article is None:
                self.left_out["the text is not kept"] += 1
                continue
            try:
                read = read_text(article)
            except InputError:
                self.left_out["the text cannot be read"] += 1
                continue
            disputed = is_disputed(one.label, (other.label for other in everyone.get(one.article_id, ())))
            made = corpus_record(one.article_id, one.story_id, read, one.label, one.genre, disputed=disputed)
            if made is None:
                self.left_out["the evidence is not in the text as it is read now"] += 1
                continue
            made["provenance"] = {
                "label_id": one.label_id,
                "author": one.author.name,
                "key_id": one.author.key_id,
                "labelled_at": one.labelled_at.isoformat().replace("+00:00", "Z"),
                "corrected": one.model_version,
                "readers": len(everyone.get(one.article_id, ())),
            }
            records.append(made)
        return records

    def records(self) -> Iterator[dict[str, Any]]:
        """All of them."""
        while (batch := self.batch()) is not None:
            yield from batch
