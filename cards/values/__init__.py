"""Quantities, codes and calendar arithmetic; caching that no answer depends on."""
