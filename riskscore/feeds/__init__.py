"""News from outside into the write path: feeds, folders, files."""
