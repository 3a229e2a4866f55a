"""Derived facts that several rules use: the course, the dose, the HER2 status, rows of label tables."""
