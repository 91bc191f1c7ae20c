"""Trains, evaluates and publishes the model that riskscore serves. Never imported by riskscore."""
