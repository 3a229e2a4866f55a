"""What the record teaches: trials in the shadow, what becomes of cards, and rules that went silent or loud."""
