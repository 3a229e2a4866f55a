"""Statements of coverage on the order of the EHR, and what a policy still asks as a form."""
