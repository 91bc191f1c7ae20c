"""What is done in, the audit ledger's entries out: in the transaction of a change, or gathered for reads."""
