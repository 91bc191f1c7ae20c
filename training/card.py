"""A fitted model and its evaluation in, the model card out (after Mitchell et al. 2019)."""

from __future__ import annotations

from collections import Counter

from riskscore.artifact.capacity import expected_precision
from riskscore.features import FAMILIES
from riskscore.knowledge import Knowledge
from riskscore.types import REGIMES
from training.estimator import stream_rows
from training.evaluate import Evaluation
from training.exposure_figures import out_of_fold_figures
from training.fit import FittedModel
from training.report import markdown, table

_BASE_RATES = (0.01, 0.02, 0.05, 0.2)

_TEMPLATE = """\
# Model card: riskscore {version}

**What it does.** Reads one English news item and gives, for each of three US–China regulation regimes
(`chips`, `cloud_data`, `outbound_investment`), the probability that the text reports, announces,
threatens or foreshadows a government measure of that regime, its severity (0–3), the measure's stage
and direction, and for each company named whether the measure touches it. Labels follow the project's
codebook; the label is what the text says, not what is known of the company.

**What it is.** Logistic regressions over {n_features:,} named features ({families}); lexicon of
{n_terms:,} terms in {n_concepts} concepts. Every decision value is an intercept plus one contribution
per feature, exactly; sigmoid calibration on held-out groups is folded into the coefficients. Company
names are masked before features are computed.

**Training data.** {items:,} items written by hand for this project ({negatives:,} negative), in
{groups:,} groups of pairs, events and near-duplicates; no real news. Positive items per regime:
{positives}. Seed {seed}. See `training/corpus/README.md`.

**Calibration and thresholds.** Both come from held-out values of {stream} alone: {stream_items:,} items
written as a keyword search over an archive would return them, positives at their own rate
({training_rates}, above that of a whole news feed); the rest of the corpus crowds the boundary.
Thresholds, the probability from which a regime is flagged (best F-beta, beta {recall_weight:g}):
{thresholds}; company exposure {exposure_threshold:.2f}.

## Measured

{evaluation}
Company exposure on the corpus itself, out of fold (real test sets label hardly any bystander):

{exposure}

Expected precision at the shipped thresholds by share of positives in the feed, from held-out items of the
corpus; its negatives are mostly near misses, so an ordinary feed gives fewer false alarms. For thresholds by
what you can read: `riskscore model capacity`.

{precision}

Reproduce: `python -m training evaluate --data FILE` on any file in the codebook's record format.

## Use it for, and not for

For triage and for a file note with reasons that a person checks. Not for a decision without a person;
not as a clearance: no news is not clearance, and an article outside the three regimes can still matter
under other rules. Not for other languages than English
and, where this card has a section on it and says that it is served, Chinese: it abstains.

## Known limits

- The corpus was written by one team in a short time: real feeds hold more kinds of noise, and the
  facts in its items are from memory and unchecked. It is training text, never a source.
- Probabilities are calibrated for a stream like the corpus, of which {training_rates} of the items concern a
  regime. In a general feed (1–3 %) they are too high; ranking is unaffected. The option `base_rate` shifts
  them to the share of positives in your stream; by default nothing is shifted.
- Boundaries on which two trained readers differ (a telecom ban or a chip measure; an aside or real
  background; severity of probes) are where it errs most.
- A name that is itself a lexicon term (TikTok, WeChat, DeepSeek: apps) is visible to the concepts, so
  swapping such a name for an unknown firm moves `cloud_data` more than other names do.
"""


def model_card(
    version: str,
    fitted: FittedModel,
    knowledge: Knowledge,
    evaluation: Evaluation | None,
    *,
    exposure: bool = True,
) -> str:
    """Markdown of the card.

    Parameters
    ----------
    exposure : bool
        Whether company exposure is measured on the corpus: a minute or more, for the intervals.
    """
    names = fitted.classifier.feature_names()
    per_family = Counter(name.partition(":")[0] for name in names)
    records = fitted.records
    return _TEMPLATE.format(
        version=version,
        n_features=len(names),
        families=", ".join(f"{per_family[family]:,} {family}" for family in FAMILIES),
        n_terms=sum(len(concept.terms) for concept in knowledge.concepts.values()),
        n_concepts=len(knowledge.concepts),
        items=len(records),
        negatives=sum(not record.positive for record in records),
        groups=len(set(fitted.groups.tolist())),
        positives=", ".join(
            f"{regime} {sum(record.severity[regime] > 0 for record in records):,}" for regime in REGIMES
        ),
        seed=fitted.config.seed,
        recall_weight=fitted.config.recall_weight,
        stream=", ".join(f"`{name}`" for name in fitted.config.stream) or "all items",
        stream_items=int(stream_rows(records, fitted.config).sum()),
        thresholds=", ".join(f"{regime} {fitted.thresholds[regime]:.2f}" for regime in REGIMES),
        exposure_threshold=fitted.exposure.threshold,
        evaluation=markdown(evaluation) if evaluation else "Not measured on held-out data.\n",
        exposure=_exposure_table(fitted) if exposure else "Not measured.\n",
        precision=_precision_table(fitted),
        training_rates=", ".join(f"{fitted.curves[regime].training_rate:.0%}" for regime in REGIMES),
    )


def _exposure_table(fitted: FittedModel) -> str:
    figures = out_of_fold_figures(fitted, seed=0)
    names = next(iter(figures.values()))
    rows = [
        [name.replace("_", " "), *(str(of_kind.get(name, "–")) for of_kind in figures.values())]
        for name in names
    ]
    return "\n".join(table(["company exposure", *figures], rows))


def _precision_table(fitted: FittedModel) -> str:
    rows = []
    for rate in _BASE_RATES:
        cells = []
        for regime in REGIMES:
            points = fitted.curves[regime].points
            point = min(points, key=lambda one: abs(one.threshold - fitted.thresholds[regime]))
            cells.append(f"{expected_precision(point, rate):.0%}")
        rows.append([f"{rate:.0%} positive", *cells])
    return "\n".join(table(["", *REGIMES], rows))
