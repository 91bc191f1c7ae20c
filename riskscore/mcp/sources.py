"""What an answer rests on in, its provenance and its citations out."""

from __future__ import annotations

from collections.abc import Iterable

from riskscore import __version__
from riskscore.api.records import Records
from riskscore.knowledge import Knowledge
from riskscore.mcp.schemas import Citation, InstrumentNamed, Provenance
from riskscore.types import Instrument


def provenance(records: Records, as_of: str, model_version: str | None = None) -> Provenance:
    """What answered.

    Parameters
    ----------
    as_of : str
        RFC 3339.
    model_version : str or None
        None for the model in force.
    """
    assessor = records.assessor
    return {
        "model_version": model_version or assessor.model.version,
        "knowledge_hash": assessor.knowledge.hash,
        "as_of": as_of,
        "software": f"riskscore {__version__}",
    }


def named(instrument: Instrument) -> InstrumentNamed:
    """An instrument in short; its citation only where it was checked."""
    return {
        "instrument_id": instrument.instrument_id,
        "regime": instrument.regime,
        "name": instrument.name,
        "citation": instrument.citation if instrument.citation_verified else None,
        "verified": instrument.verified,
        "status": instrument.status,
    }


def instrument_citations(knowledge: Knowledge, instrument_ids: Iterable[str]) -> list[Citation]:
    """Citations of instruments, each once, in order."""
    return [
        _instrument_citation(knowledge.instruments[instrument_id])
        for instrument_id in dict.fromkeys(instrument_ids)
    ]


def _instrument_citation(instrument: Instrument) -> Citation:
    checked = instrument.citation_verified
    words = instrument.citation if checked else "citation not checked against a primary source"
    return {
        "kind": "instrument",
        "id": instrument.instrument_id,
        "cite": f"{instrument.name} ({words}); status: {instrument.status}",
        "verified": checked,
        "url": instrument.source or None,
    }


def article_citation(article_id: str, assessment_id: str, published_at: str | None) -> Citation:
    """An article, without any word of its own: those are quoted elsewhere in the answer."""
    when = f", published {published_at}" if published_at else ""
    return {
        "kind": "article",
        "id": article_id,
        "cite": f"article {article_id}{when}; assessment {assessment_id}",
        "verified": None,
        "url": None,
    }


def list_citation(list_code: str, entry_id: str, retrieved_at: str) -> Citation:
    """An entry of an official list."""
    return {
        "kind": "list entry",
        "id": f"{list_code}/{entry_id}",
        "cite": f"list {list_code}, entry {entry_id}, retrieved {retrieved_at}",
        "verified": None,
        "url": None,
    }


def knowledge_citation(knowledge: Knowledge) -> Citation:
    """The knowledge files."""
    return {
        "kind": "knowledge",
        "id": knowledge.hash,
        "cite": f"riskscore knowledge files, SHA-256 {knowledge.hash}",
        "verified": None,
        "url": None,
    }


def model_citation(records: Records, version: str | None = None) -> Citation:
    """A model, by its card."""
    version = version or records.assessor.model.version
    return {
        "kind": "model",
        "id": version,
        "cite": f"riskscore model {version}; its card is the resource riskscore://model/card",
        "verified": None,
        "url": None,
    }
