"""The databases of tests/store, for tests of the whole contract."""

from __future__ import annotations

from tests.store.conftest import database_url, postgres_url

__all__ = ["database_url", "postgres_url"]
