"""Assessments and the spans that people marked in, how good the rationale is out.

Figures as in ERASER (DeYoung et al. 2020, https://aclanthology.org/2020.acl-main.408).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riskscore.types import REGIMES, Assessment, Regime, Verification
from training.corpus import Record
from training.metrics import Figure, Floats, bootstrap, mean_figure, span_iou_f1, token_f1

EVIDENCE_SENTENCES = 1
SHORT_TEXT_SENTENCES = 2  # title included; of so few, a deletion leaves next to nothing

Faithfulness = dict[str, dict[Regime, dict[str, Figure]]]  # by length of text, regime and figure


def evidence_figures(
    records: Sequence[Record], assessments: Sequence[Assessment], seed: int
) -> dict[Regime, dict[str, Figure]]:
    """The strongest evidence sentence against the human spans, per regime, on truly positive records.

    ``token_f1`` asks how many words the two share; ``span_iou_f1`` counts a span as found only where
    at least half of the words of span and sentence together are shared.
    """
    figures = {}
    for regime in REGIMES:
        tokens, spans = [], []
        for record, assessment in zip(records, assessments, strict=True):
            if record.severity[regime] and not assessment.abstained:
                found = [one.text for one in assessment.regimes[regime].evidence[:EVIDENCE_SENTENCES]]
                whole = record.title + "\n" + record.text
                tokens.append(token_f1(found, record.evidence[regime], whole))
                spans.append(span_iou_f1(found, record.evidence[regime], whole))
        if tokens:
            figures[regime] = {
                "token_f1": mean_figure(np.array(tokens), seed),
                "span_iou_f1": mean_figure(np.array(spans), seed),
            }
    return figures


def faithfulness_figures(assessments: Sequence[Assessment], seed: int) -> Faithfulness:
    """Mean falls of the probability when evidence is deleted, over flagged regimes.

    Parameters
    ----------
    assessments : sequence of Assessment
        Made with ``verify=True``.

    Returns
    -------
    dict
        ``longer`` and ``short`` texts apart; regimes that were never flagged are left out. Beside the
        fields of `Verification`: ``times_random``, comprehensiveness over that of random deletions,
        and ``texts``, their number.
    """
    found: Faithfulness = {"longer": {}, "short": {}}
    for regime in REGIMES:
        tests = [
            one.verification[regime] for one in assessments if one.verification and regime in one.verification
        ]
        short = [test for test in tests if test.sentences <= SHORT_TEXT_SENTENCES]
        longer = [test for test in tests if test.sentences > SHORT_TEXT_SENTENCES]
        for length, of_length in (("longer", longer), ("short", short)):
            if of_length:
                found[length][regime] = _of_tests(of_length, seed)
    return found


def _of_tests(tests: Sequence[Verification], seed: int) -> dict[str, Figure]:
    ours = np.array([test.comprehensiveness for test in tests])
    random = np.array([test.random_comprehensiveness for test in tests])
    return {
        "comprehensiveness": mean_figure(ours, seed),
        "random_comprehensiveness": mean_figure(random, seed),
        "times_random": _ratio(ours, random, seed),
        "sufficiency": mean_figure(np.array([test.sufficiency for test in tests]), seed),
        "texts": Figure(len(tests), len(tests), len(tests)),
    }


def _ratio(ours: Floats, random: Floats, seed: int) -> Figure:
    return bootstrap(
        lambda rows: float(ours[rows].sum() / random[rows].sum()) if random[rows].sum() > 0 else float("nan"),
        len(ours),
        seed,
        lambda rows: bool(random[rows].sum() > 0),
    )
