"""The patient, conditions and staging."""
