"""The Model Context Protocol: assistants ask, and get dated answers with their sources; read-only."""
