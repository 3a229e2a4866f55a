"""A chart as of an earlier time, from the resources of an export."""
