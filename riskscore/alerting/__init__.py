"""Alerts over the store: what to raise, whom to tell, the queue they leave by."""
