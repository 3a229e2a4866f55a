"""Made-up courses of treatment with known errors, as a Bulk FHIR export with labels."""
