"""The CDS Hooks protocol: services, callers, cards as JSON, errors, feedback."""
