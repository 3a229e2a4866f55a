"""Authentication of callers: a signed token from a listed EHR, for this address, valid and not used before (ADR 8)."""
