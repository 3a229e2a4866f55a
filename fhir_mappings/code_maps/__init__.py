"""A site's code maps: its local codes and units, and the standard ones they map to."""
