"""Example answers about labels and review for the OpenAPI document, worked out on their own store."""

from __future__ import annotations

from typing import Any

from riskscore.api.articles import store
from riskscore.api.labels import LabelsQuery, labelled, listed_labels
from riskscore.api.records import Records
from riskscore.api.requests import Limits
from riskscore.api.review import AgreementQuery, QueueQuery, analysts_agreement, review_queue
from riskscore.examples import example_request
from riskscore.wire.encoding import decode_json

_LABEL = {"labels": {"chips": 0, "cloud_data": 0, "outbound_investment": 0}, "note": "Only an example."}


def label_examples(records: Records, limits: Limits) -> dict[tuple[str, str], Any]:
    """One answer by (path, method)."""
    article = example_request()
    content, _ = store(records, limits, {**article, "source": f"{article.get('source', '')} (review)"}, None)
    stored: Any = decode_json(content)
    queue = review_queue(records, QueueQuery.model_validate({"limit": 1, "author": "a.nalyst"}))
    labels = [
        labelled(records, stored["article_id"], {**_LABEL, "author": author})
        for author in ("a.nalyst", "s.econd")
    ]
    return {
        ("/v1/articles/{article_id}/labels", "post"): labels[0],
        ("/v1/labels", "get"): listed_labels(records, LabelsQuery.model_validate({"limit": 1})),
        ("/v1/review/queue", "get"): queue,
        ("/v1/review/agreement", "get"): analysts_agreement(records, AgreementQuery.model_validate({})),
    }
