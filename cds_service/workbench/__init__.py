"""The pages for alert owners: what is set, what a change would do, and who approved it."""
