"""What the service publishes of itself as FHIR R4: the codes it uses, and the knowledge with its version."""
