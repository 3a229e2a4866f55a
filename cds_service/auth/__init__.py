"""Who calls: a signed token of an EHR that is on the list, for this address, now, and for the first time (ADR 8)."""
