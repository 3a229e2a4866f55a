"""Compares the knowledge with files that agencies publish: what is missing, wrong, ended or new."""
