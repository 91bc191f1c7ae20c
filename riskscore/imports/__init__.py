"""Companies and list entries from files that others publish, and from the user's own list."""
