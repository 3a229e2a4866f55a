"""CDS Hooks as such: services, callers, cards as JSON, errors, feedback."""
