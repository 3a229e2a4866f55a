"""FHIR R4 JSON into the facts that ``cards`` judges, and findings back into FHIR actions.

What cannot be read becomes a gap: never a guess, and never an exception that reaches a client.
"""
