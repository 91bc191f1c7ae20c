"""Models in production: which are loaded, which answers, how that changes, what a challenger would say."""
