"""Figures in, the tables and the model card that people read out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from riskscore.types import REGIMES, Regime
from training.evaluate import Evaluation
from training.metrics import Figure

_FIGURES = ("average_precision", "roc_auc", "f1", "precision", "recall", "ece", "severity_qwk")


def as_json(value: Any) -> Any:
    """An evaluation with its figures as {value, low, high}, rounded to 4 places."""
    if isinstance(value, Figure):
        return {name: round(number, 4) for name, number in asdict(value).items()}
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    return value


def manifest_metrics(evaluation: Evaluation) -> dict[str, Any]:
    """The figures that an artifact keeps."""
    figures: dict[str, Any] = as_json(evaluation)
    figures.pop("mistakes", None)  # ids of held-out data belong in a report, not in the artifact
    return figures


def markdown(evaluation: Evaluation) -> str:
    """The evaluation as Markdown tables."""
    lines = [
        f"Data: `{evaluation['data']}`, {evaluation['items']} items, {evaluation['abstained']} abstained on "
        f"(counted as probability 0). Intervals: 95 % bootstrap, {evaluation['samples']} resamples of items.",
        "",
        *table(
            ["", *REGIMES],
            [[name, *(str(evaluation["regimes"][regime][name]) for regime in REGIMES)] for name in _FIGURES],
        ),
        "",
        *table(
            ["average precision of", *REGIMES],
            [
                [name, *(str(figures[regime]["average_precision"]) for regime in REGIMES)]
                for name, figures in evaluation["baselines"].items()
            ],
        ),
        "",
        *table(
            ["ours less theirs, average precision", *REGIMES],
            [
                [name, *(str(figures[regime]["difference"]) for regime in REGIMES)]
                for name, figures in evaluation["baselines"].items()
            ],
        ),
        "",
        *table(
            ["other outputs", "figure"],
            [
                *([name.replace("_", " "), str(figure)] for name, figure in evaluation["classes"].items()),
                *(
                    [f"company exposure: {name.replace('_', ' ')}", str(figure)]
                    for name, figure in evaluation["exposure"].items()
                ),
                *(
                    [f"mean change on a swap of names, {regime}, {over} items", f"{change[regime]:.3f}"]
                    for over, change in evaluation["name_swap"].items()
                    for regime in REGIMES
                ),
            ],
        ),
        "",
        *_rationale_tables(evaluation),
    ]
    return "\n".join(lines) + "\n"


def _rationale_tables(evaluation: Evaluation) -> list[str]:
    """How well evidence agrees with people's marks, and how much of the probability hangs on it."""
    evidence = evaluation["evidence"]
    lines = [
        "Rationales (ERASER). Evidence: the strongest sentence against the spans that people marked.",
        "Faithfulness: fall of the probability of a flagged regime when the strongest fifth of the",
        "sentences is deleted (comprehensiveness), when as many random ones are, and when nothing else",
        "is kept (sufficiency).",
        "",
        *table(
            ["evidence", *REGIMES],
            [
                [title, *(_of(evidence, regime, name) for regime in REGIMES)]
                for title, name in (("token F1", "token_f1"), ("span IOU F1", "span_iou_f1"))
            ],
        ),
    ]
    for length, title in (
        ("longer", "texts of three sentences and more"),
        ("short", "texts of one or two sentences, where deleting one leaves next to nothing"),
    ):
        figures = evaluation["faithfulness"][length]
        names = list(dict.fromkeys(name for of_regime in figures.values() for name in of_regime))
        rows = [
            [name.replace("_", " "), *(_of(figures, regime, name) for regime in REGIMES)] for name in names
        ]
        lines += ["", *table([title, *REGIMES], rows)]
    return lines


def _of(figures: dict[Regime, dict[str, Figure]], regime: Regime, name: str) -> str:
    figure = figures.get(regime, {}).get(name)
    return "–" if figure is None else f"{figure.value:.0f}" if name == "texts" else str(figure)


def confusion_list(evaluation: Evaluation, regime: Regime, limit: int = 20) -> str:
    """The surest mistakes of a regime, by record id: no text of the data is repeated."""
    rows = evaluation["mistakes"][regime][:limit]
    return "\n".join(
        table(["item", "expected", "probability"], [[str(cell) for cell in row] for row in rows])
    )


def table(header: list[str], rows: list[list[str]]) -> list[str]:
    """Lines of a Markdown table; none without rows."""
    if not rows:
        return []
    return [
        "| " + " | ".join(header) + " |",
        "|" + "---|" * len(header),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
