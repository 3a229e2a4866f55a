"""Identifies the product of an order, an administered dose or a text."""
