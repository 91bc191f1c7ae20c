"""The audit ledger without a database: what an entry is, how entries are chained, how a chain is checked."""
