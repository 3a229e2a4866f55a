"""What a configuration would have said about past orders, each replayed as of its own time."""
