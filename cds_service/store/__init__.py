"""What the service keeps: every decision, the feedback on its cards, and the tokens it has seen."""
