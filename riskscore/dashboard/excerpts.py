"""A story's evidence and its article in, each sentence with the words around it out."""

from __future__ import annotations

from dataclasses import dataclass

from riskscore.text import clean
from riskscore.text.markup import looks_like_html
from riskscore.types import REGIMES, Article, Regime, SourceSpan
from riskscore.wire.risk_schemas import StoryEvidence

_AROUND = 160  # characters before and after
_MOST = 2  # sentences of a story and regime


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A sentence in its place."""

    regime: Regime
    before: str
    sentence: str
    after: str
    contribution: float  # log-odds


def excerpts(story: StoryEvidence, article: Article | None) -> list[Excerpt]:
    """The sentences that speak for each regime, strongest first; bare where the text was not kept."""
    found: list[Excerpt] = []
    for regime in REGIMES:
        evidence = story["regimes"].get(regime)
        for sentence in (evidence["sentences"] if evidence else [])[:_MOST]:
            if sentence["contribution"] <= 0:
                continue
            span = SourceSpan(sentence["field"], sentence["start"], sentence["end"])
            before, after = _around(article, span, sentence["text"])
            found.append(Excerpt(regime, before, sentence["text"], after, sentence["contribution"]))
    return found


def _around(article: Article | None, span: SourceSpan, sentence: str) -> tuple[str, str]:
    if article is None or span.field == "title":
        return "", ""
    text, start, end = article.text or "", span.start, span.end
    if article.html is not None or looks_like_html(text):
        text = clean(article).text
        start = text.find(sentence)
        if start < 0:
            return "", ""
        end = start + len(sentence)
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    if start > _AROUND:
        before = "…" + before.partition(" ")[2]
    if end + _AROUND < len(text):
        after = after.rpartition(" ")[0] + "…"
    return before, after
