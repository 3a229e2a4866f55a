"""How much of what real systems write is read, refused, or read wrong: one table of texts for each vocabulary."""
