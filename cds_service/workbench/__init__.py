"""The pages of those who own the alerts: what is set, what a change would do, and who stands behind it."""
