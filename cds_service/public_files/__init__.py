"""The knowledge held against files as agencies publish them: what is missing, wrong, ended or new."""
