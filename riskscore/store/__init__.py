"""Everything that speaks SQL: tables, migrations, and one module per aggregate.

`open_store(url)` gives a `Store`; the functions of the aggregates take one of its connections, so that the
caller decides what is one transaction.
"""

from riskscore.store.engine import Store, connect
from riskscore.store.schema import open_store

__all__ = ["Store", "connect", "open_store"]
