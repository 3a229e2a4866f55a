"""JSON parsing: resources, lenient reading, references."""
