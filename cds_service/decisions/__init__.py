"""From a request to its decision."""
