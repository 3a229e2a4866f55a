"""The alert policy as versions, each written by one person and approved by another, and their publication."""
