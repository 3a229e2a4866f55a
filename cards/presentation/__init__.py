"""From findings to cards and the words on them."""
