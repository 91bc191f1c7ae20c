"""Rich views for the terminal."""
