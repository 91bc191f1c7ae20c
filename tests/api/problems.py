"""What every problem answer must look like, whatever went wrong."""

from __future__ import annotations

from typing import Any

import httpx

PROBLEM_KEYS = {"type", "title", "status", "detail", "instance", "request_id", "errors"}


def assert_problem(response: httpx.Response, status: int, field: str | None = None) -> dict[str, Any]:
    """Check the one shape; with `field`, that an error names it. Returns the problem."""
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert set(problem) == PROBLEM_KEYS
    assert problem["status"] == status
    assert problem["type"].startswith("urn:riskscore:problem:")
    assert problem["instance"] == response.request.url.raw_path.decode().partition("?")[0]
    assert problem["request_id"] == response.headers["x-request-id"]
    assert problem["title"]
    assert problem["detail"]
    for error in problem["errors"]:
        assert {"field", "message"} <= set(error) <= {"field", "message", "input"}
    if field is not None:
        assert field in [error["field"] for error in problem["errors"]], problem
    return problem
