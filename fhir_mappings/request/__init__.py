"""A CDS Hooks request: envelope, prefetch, queries, orders, chart."""
