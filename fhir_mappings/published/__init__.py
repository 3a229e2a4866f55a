"""What the service publishes as FHIR R4: the codes it uses, and the knowledge with its version."""
