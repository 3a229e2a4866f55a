"""The contents of a claim for an order: units, vials, lines, codes, payment. Pure, like the rest of ``cards``."""
