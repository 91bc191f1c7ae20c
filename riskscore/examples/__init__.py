"""The example article that ships with riskscore, as a request to score it. The company is invented."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def example_request() -> dict[str, Any]:
    """The example as a body of `POST /v1/score`."""
    article: dict[str, Any] = json.loads((files(__name__) / "article.json").read_bytes())
    return article


def example_batch() -> dict[str, Any]:
    """A body of `POST /v1/score/batch`: the example, and a second item that asks for less rationale."""
    first = {"id": "quellmark", **example_request()}
    second = {
        "id": "harbour",
        "title": "Lindqvist Foods opens second bakery in Malmö",
        "text": "Lindqvist Foods opened its second bakery in Malmö on Monday and said it would hire 40 "
        "people by the spring. The family company, which supplies supermarkets in southern Sweden, paid for "
        "the site from its own funds and expects sales to rise by about a tenth this year.",
        "options": {"contributions": 5, "evidence": 1},
    }
    return {"items": [first, second]}
