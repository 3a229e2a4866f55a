"""Recorded decisions for other readers: exports, explanations, reports."""
