"""Reading from FHIR servers."""
