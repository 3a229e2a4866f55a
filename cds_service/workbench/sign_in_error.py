"""Why nobody was signed in; kept apart from the provider module, whose library only sites with a provider load."""

from __future__ import annotations


class SignInError(Exception):
    """The sign-in failed; ``code`` is stable and meant for the log, the text for the person at the screen."""

    def __init__(self, code: str, message: str, status: int) -> None:
        """Keep what to say and how to answer."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
