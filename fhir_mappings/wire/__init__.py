"""JSON on the wire: resources taken apart, lenient reading, references."""
