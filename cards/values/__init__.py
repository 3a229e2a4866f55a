"""Quantities, codes, calendar arithmetic, and caching that does not affect answers."""
