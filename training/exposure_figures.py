"""Labelled companies and what a model made of them in, how good its exposure head is out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riskscore.assess import Assessor
from riskscore.types import REGIMES, Assessment
from training.corpus import Record
from training.exposure import flags
from training.fit import FittedModel
from training.metrics import Figure, Floats, Ints, binary_figures, mean_figure


def exposure_figures(
    assessor: Assessor, records: Sequence[Record], assessments: Sequence[Assessment], seed: int
) -> dict[str, Figure]:
    """As served, on the labelled companies that the knowledge files know.

    ``recall_of_names`` is the share of labelled companies that were found at all; of the others, see
    `company_figures`.
    """
    exposed, probability, found_names, flagged = [], [], [], []
    for record, assessment in zip(records, assessments, strict=True):
        by_id = {company.company_id: company for company in assessment.companies}
        of_article = any(score.flagged for score in assessment.regimes.values())
        for name, is_exposed in record.companies:
            ids = {mention.company_id for mention in assessor.companies.find(name)}
            known = next((by_id[company_id] for company_id in ids if company_id in by_id), None)
            found_names.append(known is not None)
            if known is not None:
                exposed.append(int(is_exposed))
                probability.append(known.exposure_probability)
                flagged.append(float(of_article))
    if not found_names:
        return {}
    threshold = float(assessor.model.manifest["exposure"]["threshold"])
    figures = company_figures(np.array(exposed), np.array(probability), np.array(flagged), threshold, seed)
    return figures | {"recall_of_names": mean_figure(np.array(found_names, dtype=float), seed)}


def out_of_fold_figures(fitted: FittedModel, seed: int) -> dict[str, dict[str, Figure]]:
    """On the corpus's labelled companies, each scored by a head that did not see its group.

    Returns
    -------
    dict
        ``all`` companies, and those of ``positive items`` alone: the harder question, since in a
        negative item no company is exposed.
    """
    model = fitted.exposure
    probability = 1.0 / (1.0 + np.exp(-model.out_of_fold))
    log_odds = fitted.classifier.out_of_fold_[:, : len(REGIMES)]
    flagged = np.array([float(bool(found)) for found in flags(log_odds, fitted.thresholds)])[model.records]
    positive = np.array([record.positive for record in fitted.records])[model.records]
    return {
        name: company_figures(model.exposed[rows], probability[rows], flagged[rows], model.threshold, seed)
        for name, rows in (("all", np.full(len(positive), True)), ("positive items", positive))
    }


def company_figures(
    exposed: Ints, probability: Floats, article_flagged: Floats, threshold: float, seed: int
) -> dict[str, Figure]:
    """What the labels allow to be measured.

    Figures that need exposed companies and bystanders are given only where both are labelled; a set
    that labels one kind alone says no more than how many of that kind came out right. The baseline
    ``f1_if_article_flagged`` calls every company of a flagged article exposed.
    """
    figures = {}
    called = probability >= threshold
    for name, kind in (("exposed_called_exposed", 1), ("bystanders_called_bystanders", 0)):
        of_kind = called[exposed == kind] == kind
        if len(of_kind):
            figures[name] = mean_figure(of_kind.astype(float), seed)
    if len(figures) == 2:
        figures |= binary_figures(exposed, probability, threshold, seed)
        figures["f1_if_article_flagged"] = binary_figures(exposed, article_flagged, 0.5, seed)["f1"]
    return figures
