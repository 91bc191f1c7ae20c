"""A scored archive in, one self-contained HTML page about it out: months, severities, companies, stories."""

from __future__ import annotations

import heapq
import html
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from riskscore.archive.figures import by_month, ranking, regime_title, severity_mix
from riskscore.archive.sources import Fault, find_sources, read_chunks
from riskscore.errors import ArchiveError
from riskscore.knowledge import load_knowledge
from riskscore.types import REGIMES, SEVERITY_NAMES, Regime
from riskscore.wire.encoding import decode_json

_TOP_COMPANIES = 20
_TOP_STORIES = 25


@dataclass(slots=True)
class _Month:
    articles: int = 0
    flagged: Counter[str] = field(default_factory=Counter)
    scores: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Findings:
    """What the page shows; of a size that does not grow with the archive (months and companies aside)."""

    scored: int = 0
    abstained: int = 0
    months: dict[str, _Month] = field(default_factory=dict)
    severities: dict[str, Counter[int]] = field(default_factory=lambda: {name: Counter() for name in REGIMES})
    exposed: Counter[str] = field(default_factory=Counter)
    stories: list[tuple[float, int, Mapping[str, Any]]] = field(default_factory=list)
    titles: set[str] = field(default_factory=set)  # of the stories held
    models: set[str] = field(default_factory=set)

    def count(self, row: Mapping[str, Any]) -> None:
        if row["abstained"] in (True, "true"):
            self.abstained += 1
            return
        self.scored += 1
        month = self.months.setdefault((row["published_at"] or "")[:7], _Month())
        month.articles += 1
        for regime in REGIMES:
            self.severities[regime][int(row[f"{regime}_severity"])] += 1
            month.scores[regime] += float(row[f"{regime}_score"])  # type: ignore[assignment]
            month.flagged[regime] += row[f"{regime}_flagged"] in (True, "true")
        exposed = row["exposed_companies"]
        self.exposed.update(exposed.split("; ") if isinstance(exposed, str) and exposed else exposed or ())
        self.models.add(row["model_version"])
        self._keep(row)

    def _keep(self, row: Mapping[str, Any]) -> None:
        """Hold the row if it is among the highest scores; copies of a story share a title."""
        score, title = float(row["score"]), (row["title"] or "").casefold()
        full = len(self.stories) >= _TOP_STORIES
        if (full and score <= self.stories[0][0]) or title in self.titles:
            return
        self.titles.add(title)
        entry = (score, -self.scored, row)  # the earlier of two equals stays
        if full:
            _, _, dropped = heapq.heapreplace(self.stories, entry)
            self.titles.discard((dropped["title"] or "").casefold())
        else:
            heapq.heappush(self.stories, entry)


def write_report(scored: Path, page: Path) -> None:
    """Write the page.

    Parameters
    ----------
    scored : Path
        What `score_archive` has written, in any of its formats, or a folder of it.
    page : Path
        Appears when it is whole.

    Raises
    ------
    ArchiveError
        `scored` is no such file, is unfinished or holds no scored row.
    """
    findings = _Findings()
    try:
        for row in _rows(scored):
            findings.count(row)
    except (KeyError, TypeError, ValueError) as error:
        raise ArchiveError(f"{scored} was not written by `riskscore archive score` ({error!r})") from None
    if not findings.scored:
        raise ArchiveError(f"{scored} holds no scored article")
    written = page.with_name(f".{page.name}.writing")
    written.write_text(_page(scored.name, findings), encoding="utf-8")
    written.replace(page)


def _rows(scored: Path) -> Iterator[Mapping[str, Any]]:
    if not scored.exists():
        unfinished = scored.with_name(scored.name + ".partial").exists()
        raise ArchiveError(f"{scored} " + ("is not finished yet" if unfinished else "does not exist"))
    sources = [
        source
        for source in find_sources(str(scored))
        if not source.name.endswith((".errors.jsonl", ".run.json"))
    ]
    for chunk in read_chunks(sources):
        for raw in chunk.rows:
            if isinstance(raw, Fault):
                raise ArchiveError(f"{chunk.file}: {raw.reason}")
            if isinstance(raw, bytes):
                row: Any = decode_json(raw)
            else:
                row = dict(zip(chunk.names or (), raw, strict=True)) if isinstance(raw, list) else raw
            yield row


_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2733; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
p.about { color: #55606c; margin-top: .2rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #dde2e7; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
svg { width: 100%; height: auto; }
@media print { body { margin: 0; } h2 { break-after: avoid; } }
"""


def _page(name: str, findings: _Findings) -> str:
    companies = load_knowledge().companies
    months = sorted(month for month in findings.months if month)
    undated = findings.months.get("", _Month()).articles
    parts = [
        f"<p class=about>{findings.scored:,} articles scored, {findings.abstained:,} not judged"
        + (f", {months[0]} to {months[-1]}" if months else "")
        + f". Model {html.escape(', '.join(sorted(findings.models)))}.</p>"
    ]
    if months:
        flagged = {r: [float(findings.months[m].flagged[r]) for m in months] for r in REGIMES}
        means = {
            r: [findings.months[m].scores[r] / findings.months[m].articles for m in months] for r in REGIMES
        }
        parts += [
            "<h2>Articles flagged by month</h2>",
            by_month(months, flagged, "Flagged articles"),
            "<h2>Mean score by month</h2>",
            by_month(months, means, "Mean score (0–100)"),
        ]
    if undated:
        parts.append(f"<p>{undated:,} articles without a date are in no month.</p>")
    severities = {r: [findings.severities[r][level] for level in range(4)] for r in REGIMES}
    parts += ["<h2>Severity</h2>", severity_mix(severities), _severity_table(severities)]
    exposed = findings.exposed.most_common(_TOP_COMPANIES)
    if exposed:
        names = [companies[key].name if key in companies else key for key, _ in exposed]
        parts += [
            "<h2>Most exposed companies</h2>",
            ranking(
                names, [count for _, count in exposed], "Articles with a measure that touches the company"
            ),
        ]
    parts += ["<h2>Most exposed stories</h2>", _story_table(findings)]
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Exposure in {html.escape(name)}</title>\n<style>{_STYLE}</style>\n"
        f"<h1>Exposure to US–China regulation</h1>\n<p class=about>{html.escape(name)}</p>\n"
        + "\n".join(parts)
        + "\n</html>\n"
    )


def _severity_table(severities: Mapping[Regime, Sequence[int]]) -> str:
    head = "".join(f"<th class=number>{name}</th>" for name in SEVERITY_NAMES)
    body = "".join(
        f"<tr><td>{regime_title(regime)}</td>"
        + "".join(f"<td class=number>{count:,}</td>" for count in severities[regime])
        + "</tr>"
        for regime in REGIMES
    )
    return f"<table><tr><th>Regime</th>{head}</tr>{body}</table>"


def _story_table(findings: _Findings) -> str:
    body = []
    for score, _, row in sorted(findings.stories, key=lambda story: (-story[0], -story[1])):
        title = html.escape((row["title"] or "").strip() or "(untitled)")
        url = row["url"] or ""
        if url.startswith(("https://", "http://")):  # no javascript: from an archive of strangers
            title = f'<a href="{html.escape(url)}" rel="noopener noreferrer">{title}</a>'
        regimes = ", ".join(regime_title(r) for r in REGIMES if row[f"{r}_flagged"] in (True, "true"))
        body.append(
            f"<tr><td class=number>{score:.0f}</td><td>{title}</td>"
            f"<td>{html.escape((row['published_at'] or '')[:10])}</td>"
            f"<td>{html.escape(row['source'] or '')}</td><td>{regimes}</td></tr>"
        )
    return (
        "<table><tr><th class=number>Score</th><th>Story</th><th>Date</th><th>Source</th>"
        "<th>Regimes</th></tr>" + "".join(body) + "</table>"
    )
