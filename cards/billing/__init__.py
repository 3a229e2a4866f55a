"""What a claim for an order would say: units, vials, lines, codes, payment. Pure, like the rest of the judgement."""
