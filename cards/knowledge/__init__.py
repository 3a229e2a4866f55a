"""The knowledge about the drugs: YAML with sources, and the loader that validates it."""
