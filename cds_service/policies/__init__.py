"""The alert policy as versions that two people stand behind, and their publication to every process."""
