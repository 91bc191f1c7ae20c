"""Text to company mentions: matching, context, search by name, tickers."""
