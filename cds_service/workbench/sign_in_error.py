"""Why a sign-in failed; separate from the provider module, whose library is loaded only by sites with a provider."""

from __future__ import annotations


class SignInError(Exception):
    """The sign-in failed; ``code`` is stable and meant for the log, the text for the person at the screen."""

    def __init__(self, code: str, message: str, status: int) -> None:
        """Keep the message and the status."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
