"""An article and its assessment in, what a person reads in a terminal out (rich renderables).

Meaning never hangs on colour alone: highlighted sentences carry the regime's name, bars their number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from riskscore.harmless import harmless
from riskscore.settings import Settings, printed, setting_docs
from riskscore.types import (
    SEVERITY_NAMES,
    Article,
    Assessment,
    Field,
    Instrument,
    Regime,
    RegimeScore,
    Verification,
)

if TYPE_CHECKING:
    from riskscore.dossier.directory import Listed

_COLOURS: dict[Regime, str] = {"chips": "cyan", "cloud_data": "magenta", "outbound_investment": "yellow"}
_BAR_CELLS = 20
_LONGEST_SHOWN = 12_000  # characters of a body that are printed whole; of longer ones, the evidence alone
_MOST_CONTRIBUTIONS = 8

Mark = tuple[int, int, Regime]


def assessment_view(article: Article, assessment: Assessment) -> Group:
    """Everything about one article, most important first."""
    parts: list[RenderableType] = [_header(article, assessment)]
    if not assessment.abstained:
        parts.append(_regime_table(assessment))
        parts.append(_article(article, assessment))
        flagged = [score for score in assessment.regimes.values() if score.flagged]
        strongest = max(assessment.regimes.values(), key=lambda score: score.score)
        parts += [_contribution_table(score) for score in flagged or [strongest]]
        parts += _reason_codes(flagged)
        if assessment.companies or assessment.imported:
            parts.append(_company_table(assessment))
        if assessment.verification:
            parts.append(_verification_table(assessment.verification))
    parts += [Text(f"Warning: {warning}", style="yellow") for warning in assessment.warnings]
    spaced = [line for part in parts for line in (part, Text(""))]
    spaced.append(
        Text(f"Model {assessment.model_version} · knowledge {assessment.knowledge_hash[:12]}", style="dim")
    )
    return Group(*spaced)


def _header(article: Article, assessment: Assessment) -> Panel:
    body = Text()
    if assessment.abstained or assessment.score is None:
        body.append("Not scored", style="bold")
        body.append(f": {assessment.abstain_reason}")
    else:
        body.append(f"Score {assessment.score:.0f} of 100", style="bold")
        if assessment.stage:
            body.append(f"   stage: {assessment.stage}   direction: {assessment.direction}")
    origin = " · ".join(
        part for part in (article.source, str(article.published_at or ""), article.url) if part
    )
    if origin:
        body.append(f"\n{harmless(origin)}", style="dim")
    return Panel(body, title=Text(harmless(article.title) or "Untitled"), title_align="left")


def _regime_table(assessment: Assessment) -> Table:
    table = _table("Regime", "Score", "Probability", "Severity", "Flagged")
    for regime, score in assessment.regimes.items():
        table.add_row(
            Text(regime, style=f"bold {_COLOURS[regime]}"),
            Text(f"{_bar(score.score / 100)} {score.score:3.0f}", style=_COLOURS[regime]),
            f"{score.probability:.2f} (threshold {score.threshold:.2f})",
            SEVERITY_NAMES[score.severity],
            "yes" if score.flagged else "no",
        )
    return table


def _bar(share: float) -> str:
    filled = round(min(max(share, 0.0), 1.0) * _BAR_CELLS)
    return "█" * filled + "░" * (_BAR_CELLS - filled)


def _article(article: Article, assessment: Assessment) -> RenderableType:
    """The text with its evidence highlighted; for HTML and very long texts, the evidence sentences alone."""
    scores = assessment.regimes.values()
    if article.text is None or len(article.text) > _LONGEST_SHOWN:
        return _evidence_list(scores)
    parts = [highlighted(article.text, _marks(scores, "text"))]
    if title_marks := _marks(scores, "title"):
        parts.insert(0, highlighted(article.title, title_marks))
    return Panel(Group(*parts), title="Evidence", title_align="left", border_style="dim")


def _marks(scores: Collection[RegimeScore], field: Field) -> list[Mark]:
    return [
        (sentence.span.start, sentence.span.end, score.regime)
        for score in scores
        for sentence in score.evidence
        if sentence.span.field == field
    ]


def highlighted(text: str, marks: Sequence[Mark]) -> Text:
    """`text` with each marked range in its regime's colour, and the regime's name behind it."""
    plain = harmless(text)
    result = Text()
    bounds = sorted({0, len(text), *(mark[0] for mark in marks), *(mark[1] for mark in marks)})
    for start, end in pairwise(bounds):
        regimes = [regime for first, last, regime in marks if first <= start and end <= last]
        result.append(plain[start:end], style=f"bold {_COLOURS[regimes[0]]}" if regimes else None)
        closing = [regime for _, last, regime in marks if last == end]
        if closing:
            result.append(f" [{', '.join(closing)}]", style="dim")
    return result


def _evidence_list(scores: Collection[RegimeScore]) -> Panel:
    lines = [
        Text.assemble((f"{score.regime}: ", f"bold {_COLOURS[score.regime]}"), harmless(sentence.text))
        for score in scores
        for sentence in score.evidence
    ]
    return Panel(Group(*lines or [Text("none")]), title="Evidence", title_align="left", border_style="dim")


def _contribution_table(score: RegimeScore) -> Table:
    """The strongest contributions with signed bars; right of the middle speaks for exposure."""
    table = _table("Why", "against | for", "log-odds", title=score.regime)
    largest = max((abs(contribution.value) for contribution in score.contributions), default=1.0) or 1.0
    half = _BAR_CELLS // 2
    for contribution in score.contributions[:_MOST_CONTRIBUTIONS]:
        cells = "█" * round(abs(contribution.value) / largest * half)
        bar = f"{'':{half}}|{cells}" if contribution.value >= 0 else f"{cells:>{half}}|"
        colour = _COLOURS[score.regime] if contribution.value >= 0 else "bright_black"
        table.add_row(
            Text(harmless(contribution.description)), Text(bar, style=colour), f"{contribution.value:+.2f}"
        )
    rest = score.decision_value - score.intercept
    rest -= sum(contribution.value for contribution in score.contributions[:_MOST_CONTRIBUTIONS])
    table.add_row("all other features", "", f"{rest:+.2f}", style="dim")
    table.add_row("starting point, before any feature", "", f"{score.intercept:+.2f}", style="dim")
    table.add_row("decision value", "", f"{score.decision_value:+.2f}", style="bold")
    return table


def _reason_codes(scores: Sequence[RegimeScore]) -> list[RenderableType]:
    codes = [(score.regime, code) for score in scores for code in score.reason_codes]
    if not codes:
        return []
    table = _table("Rule", "Citation", "Status", "As of", title="Rules")
    for regime, code in codes:
        table.add_row(
            Text(code.name, style=_COLOURS[regime]),
            code.citation or Text("unverified", style="dim"),
            code.status,
            code.as_of or "",
        )
    return [table]


def _company_table(assessment: Assessment) -> Table:
    table = _table("Company", "Role", "Exposure", "Relevance", "Mentions", title="Companies")
    for company in (*assessment.companies, *assessment.imported):
        table.add_row(
            company.name,
            Text("exposed", style="bold red") if company.exposed else Text("bystander", style="dim"),
            f"{company.exposure_probability:.2f}",
            f"{company.relevance:.2f}",
            str(company.mentions),
        )
    return table


def _verification_table(verification: Mapping[Regime, Verification]) -> Table:
    """By how much each probability falls when sentences are taken away."""
    table = _table(
        *("Regime", "Without the evidence", "Without random sentences", "With the evidence alone", "Deleted"),
        title="Test of the evidence: fall of the probability",
    )
    for regime, test in verification.items():
        table.add_row(
            Text(regime, style=_COLOURS[regime]),
            f"{test.comprehensiveness:+.2f}",
            f"{test.random_comprehensiveness:+.2f}",
            f"{test.sufficiency:+.2f}",
            f"{len(test.deleted)} of {test.sentences} sentences",
        )
    return table


def companies_view(companies: Sequence[Listed]) -> Table:
    """Companies found by a search."""
    table = _table("Id", "Name", "Tickers", "Country", "Chinese name", "Roles", "From")
    for listed in companies:
        company = listed.company
        table.add_row(
            Text(harmless(company.company_id)),
            Text(harmless(company.name)),
            Text(harmless(", ".join(company.tickers))),
            company.country,
            Text(harmless(company.chinese_name or "")),
            ", ".join(company.roles),
            ", ".join(listed.origins),
        )
    return table


def instruments_view(instruments: Sequence[Instrument]) -> Table:
    """Rules of the knowledge files; a citation only where it was verified."""
    table = _table("Id", "Regime", "Rule", "Citation", "Status")
    for instrument in instruments:
        table.add_row(
            instrument.instrument_id,
            Text(instrument.regime, style=_COLOURS[instrument.regime]),
            instrument.name,
            instrument.citation if instrument.citation_verified else Text("unverified", style="dim"),
            instrument.status,
        )
    return table


def settings_view(settings: Settings) -> Table:
    """Every setting with its value in force."""
    table = _table("Variable", "Value", "Default", "Unit", "Meaning")
    for doc in setting_docs():
        table.add_row(
            doc.variable, printed(getattr(settings, doc.name)), doc.default, doc.unit, doc.description
        )
    return table


def _table(*headings: str, title: str | None = None) -> Table:
    return Table(*headings, title=title, title_justify="left", box=None, pad_edge=False)
