"""Payer policies, and how far an order and a chart meet their criteria. None of this affects a clinical card."""
