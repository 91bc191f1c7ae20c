"""A form about a label in, the body that the API takes out; a label or an assessment back into its fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from riskscore.api.label_schemas import LabelAnswer
from riskscore.dashboard.forms import Form
from riskscore.dashboard.words import REGIME_NAMES
from riskscore.labels.label import MAX_SEVERITY
from riskscore.labels.reading import ReadText
from riskscore.types import REGIMES, Article
from riskscore.wire.schemas import AssessmentAnswer, ExposureAnswer

_MOST_EVIDENCE = 3  # of the model's sentences, ticked from the beginning

# How a company that the model found stands to the measure, as the form has it.
EXPOSED, NAMED, ABSENT = "exposed", "named", "absent"


def label_of(form: Form, read: ReadText) -> dict[str, Any]:
    """The label as filled in.

    Where every severity is none, stage and direction are not asked for, and what is marked of a regime counts
    only where it has a severity: so changing one's mind is one key.
    """
    labels = {regime: _severity(form.text(f"severity_{regime}")) for regime in REGIMES}
    positive = any(labels.values())
    evidence = {regime: _spans(form, regime, read) for regime in REGIMES if labels[regime]}
    return {
        "labels": labels,
        "stage": (form.text("stage") or None) if positive else None,
        "direction": (form.text("direction") or None) if positive else None,
        "companies": list(_companies(form)),
        "evidence": evidence,
        "genre": form.text("genre") or None,
        "note": form.body("note").strip() or None,
        "author": form.text("author") or None,
        "assessment_id": form.text("assessment_id") or None,
    }


def missing(label: dict[str, Any]) -> str:
    """What a label as filled in still lacks, in a sentence; "" where it lacks nothing."""
    lacking = [
        f"mark what speaks for {REGIME_NAMES[regime]}"
        for regime in REGIMES
        if label["labels"][regime] and not label["evidence"].get(regime)
    ]
    if any(label["labels"].values()):
        lacking += [f"choose a {name}" for name in ("stage", "direction") if label[name] is None]
    told = "; ".join(lacking)
    return f"{told[0].upper()}{told[1:]}." if told else ""


def _severity(written: str) -> int:
    """What was chosen; a made-up value becomes one that the API refuses."""
    if not written:
        return 0
    return int(written) if written.isdecimal() and len(written) == 1 else MAX_SEVERITY + 1


def _spans(form: Form, regime: str, read: ReadText) -> list[str]:
    """The sentences that are marked, then the quotations that were typed."""
    marked = set(form.texts(f"evidence_{regime}"))
    spans = [one.text for at, one in enumerate(read.passages) if str(at) in marked]
    return list(dict.fromkeys((*spans, *_lines(form, f"span_{regime}"))))


def _companies(form: Form) -> Iterable[dict[str, Any]]:
    seen: set[str] = set()
    found = zip(form.texts("company"), form.texts("company_state"), strict=False)
    named = [(name, state == EXPOSED) for name, state in found if state in {EXPOSED, NAMED}]
    named += [(name, True) for name in _lines(form, "more_exposed")]
    named += [(name, False) for name in _lines(form, "more_named")]
    for name, exposed in named:
        if name not in seen:
            seen.add(name)
            yield {"name": name, "exposed": exposed}


def _lines(form: Form, name: str) -> list[str]:
    return [line.strip() for line in form.body(name).splitlines() if line.strip()]


def fields_of_label(label: LabelAnswer, read: ReadText) -> Form:
    """What the form must hold to give this label again."""
    fields: dict[str, list[str]] = {
        "stage": [label["stage"] or ""],
        "direction": [label["direction"] or ""],
        "genre": [label["genre"] or ""],
        "note": [label["note"] or ""],
        "company": [one["name"] for one in label["companies"]],
        "company_state": [EXPOSED if one["exposed"] else NAMED for one in label["companies"]],
    }
    for regime in REGIMES:
        fields[f"severity_{regime}"] = [str(label["labels"][regime])]
        spans = label["evidence"].get(regime, [])
        marked = _places(spans, read)
        fields[f"evidence_{regime}"] = [str(at) for at in marked.values()]
        fields[f"span_{regime}"] = ["\n".join(span for span in spans if span not in marked)]
    return Form(fields)


def fields_of_assessment(answer: AssessmentAnswer, article: Article, read: ReadText) -> Form:
    """The form filled in as the model would have it."""
    named = {_as_written(one, article, read): one["exposed"] for one in answer["companies"]}
    named.pop(None, None)
    fields: dict[str, list[str]] = {
        "stage": [answer["stage"] or ""],
        "direction": [answer["direction"] or ""],
        "company": [name for name in named if name is not None],
        "company_state": [EXPOSED if exposed else NAMED for exposed in named.values()],
    }
    for regime, scored in answer["regimes"].items():
        fields[f"severity_{regime}"] = [str(scored["severity"])]
        speaks = [one["text"] for one in scored["evidence"] if one["contribution"] > 0]
        marked = _places(speaks[:_MOST_EVIDENCE] if scored["flagged"] else [], read)
        fields[f"evidence_{regime}"] = [str(at) for at in marked.values()]
    return Form(fields)


def _places(spans: Iterable[str], read: ReadText) -> dict[str, int]:
    """Of these spans, those that are whole sentences, with the sentence's place."""
    places = {one.text: at for at, one in reversed(list(enumerate(read.passages)))}
    return {span: places[span] for span in spans if span in places}


def _as_written(company: ExposureAnswer, article: Article, read: ReadText) -> str | None:
    """A company's name as the text that is read has it; None where it has none."""
    body = article.html if article.html is not None else article.text or ""
    written = [article.title[start:end] for start, end in company["title_spans"]]
    written += [body[start:end] for start, end in company["spans"]]
    found = (read.verbatim(name) for name in (*written, company["name"]))
    return next((name for name in found if name is not None), None)
