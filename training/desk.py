"""A service's database in, what retraining wants of it out: champion, labels, a note of what was decided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from riskscore.auditing.trail import process_trail
from riskscore.models.choice import recorded_choice, wanted_of
from riskscore.reviewing.exporting import Export
from riskscore.store import Store, open_store
from riskscore.store.labels import LabelFilter
from riskscore.wire.encoding import encode_json
from training.retrain import Decision, FeedbackError


@dataclass(frozen=True)
class Desk:
    """Where analysts work; `store` is None where no database was named."""

    store: Store | None = None
    champion: str | None = None  # that answers there

    def exported(self, folder: Path) -> Path:
        """A file with the labels that are in force.

        Raises
        ------
        FeedbackError
            There is no database to take them from.
        """
        if self.store is None:
            raise FeedbackError(
                "give the labels (--with-feedback) or the database that holds them (--database-url)"
            )
        path = folder / "labels.jsonl"
        with path.open("wb") as file:
            file.writelines(encode_json(one) + b"\n" for one in Export(self.store, LabelFilter()).records())
        return path

    def note(self, decision: Decision) -> None:
        """Put a decision into the audit ledger."""
        if self.store is None:
            return
        process_trail(self.store).record(
            "model.judged",
            decision.version,
            made=decision.gate,
            detail={
                "passed": decision.passed,
                "published": decision.published,
                "against": decision.against or "",
                "labels": decision.labels,
                "labels_sha256": decision.labels_sha256,
                **({"reasons": list(decision.reasons)} if decision.reasons else {}),
            },
        )


@contextmanager
def opened_desk(database_url: str | None, model_dir: Path) -> Iterator[Desk]:
    """The desk on a database; one without any for None.

    Raises
    ------
    SettingsError, StoreError, ArtifactError
    """
    if database_url is None:
        yield Desk()
        return
    store = open_store(database_url)
    try:
        yield Desk(store, wanted_of(model_dir, None, recorded_choice(database_url)).version)
    finally:
        store.close()
