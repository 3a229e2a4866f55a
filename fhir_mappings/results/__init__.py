"""Observations and what they say."""
