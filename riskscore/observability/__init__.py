"""What the operators see of a running process: logs, metrics, traces. Never a word of an article."""
