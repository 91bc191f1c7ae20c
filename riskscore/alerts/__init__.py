"""When a stored assessment is worth telling someone, what is told, and how it is sent: no SQL in here."""
