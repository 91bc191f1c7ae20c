"""Analysts' labels: what they are, of which articles they are wanted, how far readers agree (pure)."""
