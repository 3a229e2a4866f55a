"""JSON Web Keys: parsed strictly, public keys only."""
