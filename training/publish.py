"""A fitted model in, a versioned artifact folder out: compiled, checked against scikit-learn, hashed.

The folder is written under a temporary name and renamed when whole, so a partly written artifact
never looks like one.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as replaced
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from riskscore.artifact.capacity import manifest_entry
from riskscore.artifact.gate import GateReport, write_gate
from riskscore.artifact.model import SCHEMA, LinearHeads, load_model, model_identity, names_hash, pack_names
from riskscore.drift.reference import manifest_reference
from riskscore.features import WEIGHTED_FAMILIES
from riskscore.knowledge import Knowledge
from riskscore.scorer import Scorer
from riskscore.types import REGIMES
from training.corpus import corpus_hash
from training.estimator import RiskClassifier
from training.fit import FittedModel, feature_reader

HASHED_FILES = ("scorer.npz", "model.joblib", "MODEL_CARD.md")
LIBRARIES = ("scikit-learn", "numpy", "scipy")
TOLERANCE = 1e-9  # log-odds; between the compiled scorer and scikit-learn


class PublishError(RuntimeError):
    """The compiled scorer does not reproduce the fitted model, or the version stands already."""


@dataclass(frozen=True)
class OtherHeads:
    """A head set of another language than English."""

    fitted: FittedModel
    published: bool  # good enough to be served; else articles in the language are abstained on
    metrics: dict[str, Any]


def _compiled(fitted: FittedModel) -> tuple[dict[str, Any], dict[str, Any]]:
    """Arrays of one head set, and what the manifest says of it."""
    document, idf = compile_document_heads(fitted.classifier)
    exposure = LinearHeads(
        heads=("exposed",),
        features=fitted.exposure.features,
        coef=fitted.exposure.head.coef_.T.astype(np.float32),
        intercept=fitted.exposure.head.intercept_,
    )
    arrays = {
        "document_features": pack_names(document.features),
        "document_coef": document.coef,
        "document_intercept": document.intercept,
        "idf": idf,
        "exposure_features": pack_names(exposure.features),
        "exposure_coef": exposure.coef,
        "exposure_intercept": exposure.intercept,
    }
    entry = {
        "config": fitted.config.as_dict(),
        "document": {"heads": document.heads, "features_sha256": names_hash(document.features)},
        "exposure": {
            "heads": exposure.heads,
            "features_sha256": names_hash(exposure.features),
            "threshold": fitted.exposure.threshold,
        },
        "families": Counter(name.partition(":")[0] for name in document.features),
        "thresholds": fitted.thresholds,
        "operating_points": manifest_entry(fitted.curves),
        "items": len(fitted.records),
        # Each from a fold that held the item's group out: what drift in production is measured against.
        "reference": manifest_reference(
            {
                regime: fitted.classifier.out_of_fold_[:, column].tolist()
                for column, regime in enumerate(REGIMES)
            }
        ),
    }
    return arrays, entry


def compile_document_heads(classifier: RiskClassifier) -> tuple[LinearHeads, np.ndarray]:
    """The classifier as flat arrays: linear heads and the inverse document frequencies.

    Raises
    ------
    PublishError
        For a vectorizer setting that `riskscore.scorer` does not reproduce.
    """
    union = classifier.features_.named_steps["families"]
    if tuple(family for family, _ in union.transformer_list) != classifier.reader.language.families:
        raise PublishError("families are not those of the language, in their order")
    idf = []
    for family, vectorizer in union.transformer_list:
        settings = vectorizer.get_params()
        expected: dict[str, Any] = (
            {"sublinear_tf": True, "norm": "l2", "use_idf": True, "binary": False}
            if family in WEIGHTED_FAMILIES
            else {"binary": True}
        )
        for name, value in expected.items():
            if settings[name] != value:
                raise PublishError(f"{family}: the scorer does not reproduce {name}={settings[name]!r}")
        known = len(vectorizer.vocabulary_)
        idf.append(vectorizer.idf_ if family in WEIGHTED_FAMILIES else np.ones(known))
    heads = LinearHeads(
        heads=tuple(classifier.heads_),
        features=tuple(classifier.feature_names()),
        coef=np.vstack([head.coef_ for head in classifier.heads_.values()]).T.astype(np.float32),
        intercept=np.concatenate([head.intercept_ for head in classifier.heads_.values()]),
    )
    return heads, np.concatenate(idf)


def publish(
    fitted: FittedModel,
    knowledge: Knowledge,
    corpus_paths: Sequence[Path],
    model_dir: Path,
    version: str,
    *,
    metrics: dict[str, Any],
    card: str,
    replace: bool = False,
    others: Mapping[str, OtherHeads] | None = None,
    gate: GateReport | None = None,
) -> Path:
    """Write ``model_dir/version/`` and prove that it gives scikit-learn's numbers.

    Parameters
    ----------
    others : mapping of str to OtherHeads, optional
        Further head sets, by language code.
    gate : GateReport, optional
        Of the same fit; put beside the artifact, with the hash of what is published.

    Raises
    ------
    PublishError
        Nothing is left behind under the version's name.
    """
    target = model_dir / version
    if target.exists() and not replace:
        raise PublishError(f"{target} stands already; choose another version or say --replace")
    arrays, entry = _compiled(fitted)
    languages = {}
    for language, other in (others or {}).items():
        own, section = _compiled(other.fitted)
        arrays |= {f"{language}_{name}": array for name, array in own.items()}
        languages[language] = section | {
            "published": other.published,
            "knowledge": {"hash": knowledge.hash, "lexical_hash": knowledge.chinese_lexical_hash},
            "metrics": other.metrics,
        }
    model_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=model_dir, prefix=".writing-") as scratch:
        folder = Path(scratch) / version
        folder.mkdir()
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        (folder / "scorer.npz").write_bytes(buffer.getvalue())
        for_people: dict[str, Any] = {"classifier": fitted.classifier, "exposure": fitted.exposure}
        for language, other in (others or {}).items():
            for_people[language] = {"classifier": other.fitted.classifier, "exposure": other.fitted.exposure}
        joblib.dump(for_people, folder / "model.joblib", compress=3)
        (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
        manifest = {
            "schema": SCHEMA,
            "version": version,
            "seed": fitted.config.seed,
            "files": {name: _sha256(folder / name) for name in HASHED_FILES},
            **entry,
            "languages": languages,
            "knowledge": {"hash": knowledge.hash, "lexical_hash": knowledge.lexical_hash},
            "corpus": {
                "sha256": corpus_hash(corpus_paths),
                "files": [path.name for path in corpus_paths],
                "items": len(fitted.records),
                "groups": len(set(fitted.groups.tolist())),
            },
            "libraries": {name: library_version(name) for name in LIBRARIES}
            | {"python": platform.python_version(), "platform": f"{sys.platform}-{platform.machine()}"},
            "metrics": metrics,
        }
        text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True)
        (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
        if gate is not None:
            write_gate(folder, replaced(gate, identity=model_identity(Path(scratch), version)))
        check_against_sklearn(fitted, knowledge, Path(scratch), version)
        for other in (others or {}).values():
            check_against_sklearn(other.fitted, knowledge, Path(scratch), version)
        if target.exists():
            shutil.rmtree(target)
        folder.rename(target)
    return target


def check_against_sklearn(
    fitted: FittedModel,
    knowledge: Knowledge,
    model_dir: Path,
    version: str,
    tolerance: float = TOLERANCE,
) -> float:
    """Largest difference in log-odds between the written artifact and scikit-learn on the corpus.

    Raises
    ------
    PublishError
        The difference is over `tolerance`.
    """
    model = load_model(model_dir, version, lexical_hash=knowledge.lexical_hash)
    language = fitted.classifier.reader.language
    model = model.others.get(language.code, model)
    reader = feature_reader(knowledge, language)
    scorer = Scorer(model, reader)
    texts = [record.document for record in fitted.records]
    expected = fitted.classifier.decision_function(texts)
    found = np.array([scorer.decide(scorer.vectorise(reader.read(text))) for text in texts])
    worst = float(np.abs(found - expected).max())
    if not worst <= tolerance:
        at = int(np.abs(found - expected).max(axis=1).argmax())
        raise PublishError(
            f"the compiled scorer differs from scikit-learn by {worst:.3g} on {fitted.records[at].id}"
        )
    return worst


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
