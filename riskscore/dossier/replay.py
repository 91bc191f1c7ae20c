"""A stored assessment in, whether the recorded model still gives it out, byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from riskscore.errors import ArtifactError, InputError
from riskscore.service import STORED_CONTRIBUTIONS, STORED_EVIDENCE, Scores
from riskscore.store.assessments import AssessmentRecord
from riskscore.types import Article
from riskscore.wire.answers import assessment_answer
from riskscore.wire.encoding import encode_json

_MAX_DIFFERENCES = 20


@dataclass(frozen=True, slots=True)
class Replay:
    """The outcome; `identical` is None where it could not be tried, and `reason` then says why."""

    identical: bool | None
    reason: str | None = None
    differences: tuple[str, ...] = ()
    knowledge_hash: str | None = None
    sha256: str | None = None


def replay(record: AssessmentRecord, article: Article | None, assessor_of: Callable[[str], Scores]) -> Replay:
    """Score the article again with the model and the knowledge of the record.

    Parameters
    ----------
    article : Article or None
        As stored; None where its text was not kept.
    assessor_of : callable
        Gives the assessor of a model version, or raises an ArtifactError.
    """
    if article is None:
        return Replay(None, "the article's text was not kept (keep_text), or was pruned")
    try:
        assessor = assessor_of(record.model_version)
    except ArtifactError as error:
        return Replay(None, f"model {record.model_version} cannot be loaded: {error}")
    if assessor.knowledge.hash != record.knowledge_hash:
        return Replay(
            None,
            f"the knowledge files have changed: recorded {record.knowledge_hash[:12]}, "
            f"here {assessor.knowledge.hash[:12]}; install the riskscore of that time",
            knowledge_hash=assessor.knowledge.hash,
        )
    try:
        again = assessor.assess(article, max_contributions=STORED_CONTRIBUTIONS, max_evidence=STORED_EVIDENCE)
    except InputError as error:
        return Replay(None, f"the article is refused now: {error}")
    answer = encode_json(assessment_answer(again))
    digest = hashlib.sha256(answer).hexdigest()
    if answer == record.answer:
        return Replay(True, knowledge_hash=assessor.knowledge.hash, sha256=digest)
    differences = []
    for path in _differences(record.content, orjson.loads(answer), ""):
        differences.append(path)
        if len(differences) == _MAX_DIFFERENCES:
            break
    return Replay(
        False,
        "the same model and knowledge give another answer: the code between them has changed",
        tuple(differences),
        assessor.knowledge.hash,
        digest,
    )


def _differences(before: Any, after: Any, path: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            yield from _differences(before.get(name), after.get(name), f"{path}.{name}" if path else name)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differences(one, other, f"{path}.{index}")
    elif before != after:
        yield path
