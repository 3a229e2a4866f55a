"""Made-up courses of treatment with errors of a known kind in them, as a Bulk FHIR export with labels."""
