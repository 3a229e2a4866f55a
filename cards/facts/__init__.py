"""What is known about an order and a patient, as the rules see it: typed, in canonical units, each with its origin."""
