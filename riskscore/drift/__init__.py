"""Drift of a model's scores, told from counts alone: no text is kept."""
