"""Turns findings into cards and their texts."""
