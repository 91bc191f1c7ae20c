"""A label and the text that it is of in, a record of the training corpus out (codebook section 7; pure)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from riskscore.labels.label import Label
from riskscore.labels.reading import ReadText
from riskscore.types import REGIMES

# "fb-": `Record.file` of the corpus, by which a fit could take them for calibration. It does not by default:
# articles are chosen for review because they are hard, so they do not come as news does.
ID_PREFIX = "fb-"
DISPUTED_WEIGHT = 0.5  # of a record whose readers differ on a regime, beside 1


def corpus_record(
    article_id: str, story_id: str, read: ReadText, label: Label, genre: str | None, *, disputed: bool
) -> dict[str, Any] | None:
    """The record; None where a labelled regime has no evidence left that stands in the text as it is read.

    Parameters
    ----------
    story_id : str
        Becomes `event`: copies of a story stand on one side of every split.
    genre : str or None
        As labelled; else "headline" for a title alone, and "wire".
    disputed : bool
        Whether another reader of the article differs on a regime.
    """
    evidence = {regime: _found(read, label.evidence.get(regime, ())) for regime in sorted(label.flagged)}
    if not all(evidence.values()):
        return None
    named = [(read.verbatim(one.name), one.exposed) for one in label.companies]
    return {
        "id": f"{ID_PREFIX}{article_id}",
        "title": read.title,
        "text": read.text,
        "lang": read.language or "en",
        "genre": genre or ("wire" if read.text else "headline"),
        "labels": {regime: label.severity[regime] for regime in REGIMES},
        "stage": label.stage,
        "direction": label.direction,
        "companies": [{"name": name, "exposed": exposed} for name, exposed in named if name is not None],
        "evidence": evidence,
        "event": story_id,
        "weight": DISPUTED_WEIGHT if disputed else 1.0,
    }


def is_disputed(last: Label, others: Iterable[Label]) -> bool:
    """Whether any other reader labels other regimes."""
    return any(other.flagged != last.flagged for other in others)


def _found(read: ReadText, spans: Iterable[str]) -> list[str]:
    found = (read.verbatim(span) for span in spans)
    return list(dict.fromkeys(span for span in found if span is not None))
