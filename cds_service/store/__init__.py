"""The service's database: decisions, feedback on their cards, policy versions and used tokens."""
