"""The user's own companies: their names found in text and looked up, kept in step with the store."""
