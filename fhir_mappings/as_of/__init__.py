"""A chart as it stood at an earlier moment, from the resources of an export."""
