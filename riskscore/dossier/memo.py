"""A company's risk answer in, a file note out: question, answer, evidence, method and limits.

The note is a list of blocks, so that Markdown, HTML and PDF cannot say different things. Its hash is that
of the blocks: the same answer gives the same hash in every format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from riskscore.wire.risk_schemas import CompanyRiskAnswer, ScopeRiskAnswer, StoryEvidence

_REGIME_NAMES = {
    "chips": "Chips",
    "cloud_data": "Cloud and data",
    "outbound_investment": "Outbound investment",
}
_MOST_SENTENCES = 3

METHOD = (
    "Each article is scored by a linear model whose features can be read; near-duplicates form one story, "
    "which counts once, by the copy published first. A story's weight is the probability that the measure "
    "touches the company, times how far the article is about it, times expected severity (0 to 1), times "
    "0.35 for easing and 0.75 for mixed news, halved each {half_life:g} days. The strength S is the root of "
    "the sum of squared weights; the score is 100 S / (S + 0.5)."
)
LIMITS = (
    "The score says how much the stored news speaks of US-China measures that touch the company. It is not "
    "legal advice, nor a finding that the company did or did not break a rule. No news is not clearance. "
    "Names are matched by a list of known companies and by those that were imported; a company outside both "
    "is not seen, and one that news calls otherwise is missed. Entries of official lists are shown as facts "
    "and are no part of the score; check them against the list itself before you rely on them."
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's title."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of an article, word for word."""

    text: str
    origin: str


@dataclass(frozen=True, slots=True)
class Link:
    """An address; shown as it is."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Quote | Link | Grid


@dataclass(frozen=True, slots=True)
class Memo:
    """A file note."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def sha256(self) -> str:
        """Of title and blocks."""
        content = [self.title, *([type(block).__name__, block] for block in self.blocks)]
        return hashlib.sha256(orjson.dumps(content)).hexdigest()


def write_memo(answer: CompanyRiskAnswer, knowledge_hash: str) -> Memo:
    """The note on one answer.

    Parameters
    ----------
    knowledge_hash : str
        Of the knowledge files that rules and citations were taken from.
    """
    name = answer["company"]["name"]
    blocks: list[Block] = [
        *_question(answer),
        *_answer(answer),
        *_evidence(answer["evidence"]),
        *_rules(answer),
        *_lists(answer),
        *_coverage(answer),
        Heading("Method, model and limits"),
        Paragraph(METHOD.format(half_life=answer["half_life_days"])),
        Paragraph(
            f"Model: {', '.join(answer['models']) or 'none needed'}. Knowledge files: {knowledge_hash[:16]}."
        ),
        Paragraph(LIMITS),
    ]
    blocks += [Paragraph(f"Note: {warning}.") for warning in answer["warnings"]]
    return Memo(f"Regulatory exposure of {name}: file note", tuple(blocks))


def _question(answer: CompanyRiskAnswer) -> Iterator[Block]:
    name = answer["company"]["name"]
    yield Heading("Question")
    yield Paragraph(
        f"How exposed is {name} ({answer['company']['company_id']}) to US-China regulation of chips, cloud "
        f"and data, and outbound investment, as of {answer['as_of']}?"
    )
    if answer["since"]:
        yield Paragraph(f"Only news published since {answer['since']} counts.")
    if answer["basis"] == "published":
        yield Paragraph(
            "The answer rests on all news published by then, whenever it was stored, by the newest model."
        )
    elif answer["today"] is not None:
        yield Paragraph(
            "The answer is what was known then: news stored by then, scored by the model of then."
        )


def _answer(answer: CompanyRiskAnswer) -> Iterator[Block]:
    yield Heading("Answer")
    columns = ("", "Score", "Severity", "Trend", "30 days", "90 days", "Stories", "Latest measure")
    rows = [_row("Overall", answer["risk"])]
    rows += [_row(_REGIME_NAMES[regime], scope) for regime, scope in answer["regimes"].items()]
    yield Grid(columns, tuple(rows))
    if answer["today"] is not None:
        yield Paragraph("The same news by today's model:")
        rows = [_row("Overall", answer["today"]["risk"])]
        rows += [_row(_REGIME_NAMES[regime], scope) for regime, scope in answer["today"]["regimes"].items()]
        yield Grid(columns, tuple(rows))


def _row(label: str, scope: ScopeRiskAnswer) -> tuple[str, ...]:
    measure = scope["latest_measure"]
    return (
        label,
        f"{scope['score']:.1f}",
        scope["severity_name"],
        scope["trend"],
        f"{scope['change_30_days']:+.1f}",
        f"{scope['change_90_days']:+.1f}",
        str(scope["independent_stories"]),
        "none" if measure is None else f"{measure['stage']}, {measure['published_at'][:10]}",
    )


def _evidence(stories: Sequence[StoryEvidence]) -> Iterator[Block]:
    yield Heading("Evidence, by weight")
    if not stories:
        yield Paragraph("No stored article speaks of a measure that touches the company.")
    for number, story in enumerate(stories, 1):
        origin = f"{story['source'] or 'unknown source'}, {story['published_at'][:10]}"
        copies = f"; {story['copies']} copies from {story['sources']} sources" if story["copies"] > 1 else ""
        yield Paragraph(
            f"{number}. {story['title'] or 'Untitled'} ({origin}{copies}). Weight {story['weight']:.3f}: "
            f"relevance {story['relevance']:.2f}, exposure probability {story['exposure_probability']:.2f}; "
            f"stage {story['stage'] or 'unknown'}, direction {story['direction'] or 'unknown'}."
        )
        if len(story["path"]) > 1:
            yield Paragraph(
                "Counted through " + " > ".join(company["name"] for company in story["path"]) + "."
            )
        told: set[str] = set()
        for regime, evidence in story["regimes"].items():
            for sentence in evidence["sentences"][:_MOST_SENTENCES]:
                if sentence["text"] not in told:
                    told.add(sentence["text"])
                    place = f"{sentence['field']} {sentence['start']}-{sentence['end']}"
                    yield Quote(sentence["text"], f"{_REGIME_NAMES[regime]}; {origin}; {place}")
        if story["url"]:
            yield Link("Source", story["url"])
        yield Paragraph(f"Assessment {story['assessment_id']}, model {story['model_version']}.")


def _rules(answer: CompanyRiskAnswer) -> Iterator[Block]:
    if answer["instruments"]:
        yield Heading("Rules that the evidence speaks of")
        if answer["basis"] == "published" or answer["today"] is not None:
            yield Paragraph("Their status is that of today's knowledge files, not of the date asked about.")
        yield Grid(
            ("Rule", "Citation", "Status", "Regime", "Stories"),
            tuple(
                (
                    rule["name"],
                    rule["citation"] or "unverified",
                    rule["status"],
                    _REGIME_NAMES[rule["regime"]],
                    str(rule["stories"]),
                )
                for rule in answer["instruments"]
            ),
        )


def _lists(answer: CompanyRiskAnswer) -> Iterator[Block]:
    if answer["lists"]:
        yield Heading("Official lists (facts, no part of the score)")
        yield Grid(
            ("List", "Entry", "Listed on", "Source", "Retrieved"),
            tuple(
                (
                    entry["list_code"],
                    entry["name"],
                    entry["listed_on"] or "unknown",
                    entry["source"],
                    entry["retrieved_at"][:10],
                )
                for entry in answer["lists"]
            ),
        )


def _coverage(answer: CompanyRiskAnswer) -> Iterator[Block]:
    coverage = answer["coverage"]
    yield Heading("Coverage")
    age = coverage["days_since_newest"]
    yield Paragraph(
        f"{coverage['articles']} articles in {coverage['stories']} stories name the company, from "
        f"{coverage['oldest'] or 'never'} to {coverage['newest'] or 'never'}"
        + ("" if age is None else f", {age:,.0f} days before the moment asked about")
        + f". {coverage['note']}"
    )
    if coverage["sources"]:
        listed = ", ".join(f"{source['source']} ({source['articles']})" for source in coverage["sources"])
        yield Paragraph(f"Sources: {listed}.")
    for gap in coverage["gaps"]:
        yield Paragraph(f"No news from {gap['start'][:10]} to {gap['end'][:10]} ({gap['days']:.0f} days).")
