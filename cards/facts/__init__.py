"""The facts about an order and a patient for the rules: typed, in canonical units, each with its origin."""
