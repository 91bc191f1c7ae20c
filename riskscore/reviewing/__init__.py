"""Labels and what is stored: the queue for review, the export for training, agreement."""
