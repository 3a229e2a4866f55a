"""What a configuration would have said about the orders of the past: each replayed as of its own time."""
