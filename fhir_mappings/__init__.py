"""Maps FHIR R4 JSON to the facts that ``cards`` judges, and findings back to FHIR actions.

What cannot be read becomes a gap: never a guess, and never an exception that reaches a client.
"""
