"""What one actor does in, entries of the ledger out.

`note` is for what changes something: its entry stands or falls with the transaction. The rest is for what
only reads or scores, which has none. Whoever acts for somebody is handed a `Trail`; there is no global one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from riskscore.audit.entry import Action, Actor, Entry, article_hash, canonical, digest, plain, process_actor
from riskscore.errors import StoreError
from riskscore.store import Store
from riskscore.store.ledger import append, last_entry
from riskscore.store.times import utc_now
from riskscore.types import Article, Assessment
from riskscore.wire.encoding import encode_json

Sink = Callable[[Sequence[Entry]], None]  # writes entries down in a transaction of their own


@dataclass(frozen=True, slots=True)
class Trail:
    """Records for one actor.

    Parameters
    ----------
    sink : callable or None
        None: nothing is recorded, as the setting `audit` has it.
    keep_query_text : bool
        Whether what was asked is written down, and not only its hash.
    model_version, knowledge_hash : str or None
        What the actor's questions are answered with.
    """

    actor: Actor
    sink: Sink | None
    request_id: str | None = None
    keep_query_text: bool = False
    model_version: str | None = None
    knowledge_hash: str | None = None
    clock: Callable[[], datetime] = utc_now

    def note(
        self,
        connection: Connection,
        action: Action,
        subject: object = None,
        *,
        given: object = None,
        made: object = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Record a change in its transaction.

        Parameters
        ----------
        subject : object
            Id of what is changed.
        given, made : object
            What was asked for, and what then stands: pydantic models, JSON values or bytes. Only their hashes
            are kept.
        """
        if self.sink is not None:
            append(connection, self._change(action, subject, given, made, detail))

    def record(
        self,
        action: Action,
        subject: object = None,
        *,
        given: object = None,
        made: object = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Record what has no transaction of its own; parameters as of `note`, errors as of `asked`."""
        if self.sink is not None:
            self.sink([self._change(action, subject, given, made, detail)])

    def note_scores(
        self,
        connection: Connection,
        action: Action,
        scores: Iterable[tuple[str, Article, Assessment, bytes]],
    ) -> None:
        """Record stored scores in their transaction: (article's id, article, assessment, answer) each."""
        if self.sink is not None:
            append(
                connection,
                *(
                    self._score(action, article_id, article, assessment, answer)
                    for article_id, article, assessment, answer in scores
                ),
            )

    def scored(
        self,
        article: Article,
        assessment: Assessment,
        answer: bytes,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Record a score that is not stored.

        Parameters
        ----------
        answer : bytes
            As the caller gets it.
        options : mapping or None
            What of the caller's wishes decided the answer.

        Raises
        ------
        BusyStoreError
            It cannot be recorded; do not answer.
        """
        if self.sink is not None:
            entry = self._score(
                "article.scored", assessment.assessment_id, article, assessment, answer, options=options
            )
            self.sink([entry])

    def asked(
        self,
        action: Action,
        subjects: Iterable[str | None],
        question: Mapping[str, Any],
        answer: object,
    ) -> None:
        """Record a question: one entry for each company that it names.

        Parameters
        ----------
        subjects : iterable of str or None
            Ids of things that exist, never words of the caller; None for a question about none of them.
        question : mapping
            All that decides the answer.
        answer : object
            JSON value, or bytes.

        Raises
        ------
        BusyStoreError
            It cannot be recorded; do not answer.
        """
        if self.sink is None:
            return
        input_hash, output_hash = _hash_in(question), _hash_out(answer)
        kept = {"question": _plain(question)} if self.keep_query_text else None
        self.sink(
            [
                self._entry(action, subject, input_hash=input_hash, output_hash=output_hash, detail=kept)
                for subject in subjects
            ]
        )

    def _change(
        self, action: Action, subject: object, given: object, made: object, detail: Mapping[str, Any] | None
    ) -> Entry:
        return self._entry(
            action,
            None if subject is None else str(subject),
            input_hash=None if given is None else _hash_in(given),
            output_hash=None if made is None else _hash_out(made),
            detail=detail,
        )

    def _score(
        self,
        action: Action,
        subject: str,
        article: Article,
        assessment: Assessment,
        answer: bytes,
        options: Mapping[str, Any] | None = None,
    ) -> Entry:
        detail: dict[str, Any] = dict(options or {})
        if subject != assessment.assessment_id:
            detail["assessment_id"] = assessment.assessment_id
        if assessment.abstained:
            detail["abstained"] = True
        if assessment.portfolio is not None:
            detail["portfolio"] = assessment.portfolio
        return self._entry(
            action,
            subject,
            input_hash=article_hash(article),
            output_hash=digest(answer),
            detail=detail,
            model_version=assessment.model_version,
            knowledge_hash=assessment.knowledge_hash,
        )

    def _entry(
        self,
        action: Action,
        subject: str | None,
        *,
        input_hash: str | None,
        output_hash: str | None,
        detail: Mapping[str, Any] | None,
        model_version: str | None = None,
        knowledge_hash: str | None = None,
    ) -> Entry:
        return Entry(
            occurred_at=self.clock(),
            actor=self.actor.name,
            action=action,
            key_id=self.actor.key_id,
            subject=subject,
            request_id=self.request_id,
            input_hash=input_hash,
            output_hash=output_hash,
            model_version=model_version or self.model_version,
            knowledge_hash=knowledge_hash or self.knowledge_hash,
            detail=detail or None,
        )


def _hash_in(value: object) -> str:
    """Of canonical JSON, which anyone can write again."""
    if isinstance(value, bytes):
        return digest(value)
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", exclude_unset=True)
    return digest(canonical(_plain(value)))


def _hash_out(value: object) -> str:
    """Of the bytes that the API answers with."""
    return digest(value if isinstance(value, bytes) else encode_json(value))


def _plain(value: Any) -> Any:
    """The value without what an entry cannot hold."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return {plain(name): _plain(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    return value


def at_once(store: Store) -> Sink:
    """Writes entries down before it returns, in a transaction for each call; for commands."""

    def write(entries: Sequence[Entry]) -> None:
        try:
            store.in_transaction(lambda connection: append(connection, *entries))
        except OperationalError as error:
            raise StoreError(
                f"this cannot be recorded in the audit ledger, so it is not answered: {error.orig}. "
                "RISKSCORE_AUDIT=false does without the ledger"
            ) from error

    return write


def process_trail(
    store: Store,
    *,
    audit: bool = True,
    keep_query_text: bool = False,
    clock: Callable[[], datetime] = utc_now,
) -> Trail:
    """The trail of whoever runs this process."""
    sink = at_once(store) if audit else None
    return Trail(process_actor(), sink, keep_query_text=keep_query_text, clock=clock)


def note_model(store: Store, trail: Trail, model_version: str, knowledge_hash: str) -> None:
    """Record it if the last process recorded another model or other knowledge."""
    if trail.sink is None:
        return
    now = (model_version, knowledge_hash)

    def unchanged(connection: Connection) -> bool:
        last = last_entry(connection, "model.changed")
        return last is not None and (last.model_version, last.knowledge_hash) == now

    with store.read() as connection:
        if unchanged(connection):
            return

    def work(connection: Connection) -> None:
        if not unchanged(connection):
            changed = replace(trail, model_version=model_version, knowledge_hash=knowledge_hash)
            changed.note(connection, "model.changed", model_version[:200])

    store.in_transaction(work)
