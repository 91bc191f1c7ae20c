"""English items in, what they teach of the concepts out: weights that the Chinese heads start from.

The concepts, and so the names of the concept, role and order features, are the same in every language.
Thousands of English items say what "[us] & [restrict] & [chips]" means; some hundred Chinese ones cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from riskscore.features import FeatureReader
from training.config import FitConfig
from training.corpus import Record
from training.estimator import FLAG_FAMILIES, FamilyKeys, Teacher, head_tasks


@dataclass(frozen=True)
class _Family:
    keys: tuple[str, ...]
    X: sparse.csr_matrix


def fit_teacher(records: Sequence[Record], reader: FeatureReader, config: FitConfig) -> Teacher:
    """Fit every head on the concept, role and order features alone.

    Parameters
    ----------
    records : sequence of Record
        Of the language of `reader`.
    config : FitConfig
        Of the language that is to be taught.
    """
    readings = [reader.read(record.document) for record in records]
    found = {}
    for family in FLAG_FAMILIES:
        vectorizer = CountVectorizer(
            analyzer=FamilyKeys(reader, family), binary=True, min_df=config.min_df[family], dtype=np.float64
        )
        X = vectorizer.fit_transform(readings)
        found[family] = _Family(tuple(vectorizer.get_feature_names_out()), X)
    scales = np.concatenate(
        [np.full(len(found[family].keys), config.teacher_scales[family]) for family in FLAG_FAMILIES]
    )
    X = (sparse.hstack([found[family].X for family in FLAG_FAMILIES]) @ sparse.diags(scales)).tocsr()
    weights = {}
    for task in head_tasks(records, config):
        head = LogisticRegression(
            C=config.teacher_C, solver="liblinear", class_weight="balanced", random_state=config.seed
        )
        weights[task.name] = head.fit(X[task.rows], task.y).coef_[0] * scales
    return Teacher({family: found[family].keys for family in FLAG_FAMILIES}, weights)
