"""Coverage statements on the EHR's order, and a policy's open questions as a form."""
