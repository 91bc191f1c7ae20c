"""Who may do what, and how often: keys, scopes and limits, and how keys are made."""
