"""Medications, doses, infusions, billing data; findings back as FHIR actions."""
