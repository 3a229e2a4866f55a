"""JSON Web Keys: read strictly, public keys alone."""
