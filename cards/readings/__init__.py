"""What several rules ask of the facts: the course, the dose, the HER2 status, rows of tables."""
