"""A site's code maps: its own codes and units, and the standard ones they stand for."""
