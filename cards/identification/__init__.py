"""Which product an order, a dose given or a text is for."""
