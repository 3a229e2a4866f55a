"""Why nobody was signed in; apart from the provider, whose library only a site with one loads."""

from __future__ import annotations


class SignInError(Exception):
    """Nobody was signed in; ``code`` is stable and for the log, the text for the person at the screen."""

    def __init__(self, code: str, message: str, status: int) -> None:
        """Keep what to say and how to answer."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
