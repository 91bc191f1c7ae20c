"""The commands that store news or read the store; `riskscore.cli` puts them together."""
