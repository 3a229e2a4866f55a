"""What is known about the drugs: YAML with sources, and the loader that checks it."""
