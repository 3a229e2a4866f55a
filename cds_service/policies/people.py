"""The people who take steps, and their roles."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.configuration.roles import Role

SUBJECT_LIMIT = 512
NAME_LIMIT = 256


@dataclass(frozen=True, slots=True)
class Person:
    """An authenticated person.

    ``subject`` is the permanent identifier, issuer and id together ("https://idp.example|abc"): unique to one person.
    ``name`` is only for display, and may change.
    """

    subject: str
    name: str
    roles: frozenset[Role]

    def __post_init__(self) -> None:
        """Check the subject.

        Raises:
            ValueError: the subject is empty, too long or has non-printable characters.

        """
        if not self.subject.strip() or len(self.subject) > SUBJECT_LIMIT or not self.subject.isprintable():
            raise ValueError(f"a subject is one line of 1 to {SUBJECT_LIMIT} characters")
