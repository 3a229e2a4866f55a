"""Who does a step: a person, and what that person may do."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.configuration.roles import Role

SUBJECT_LIMIT = 512
NAME_LIMIT = 256


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has proved who he or she is.

    ``subject`` says it for good, issuer and id together ("https://idp.example|abc"): the same person has the same
    subject, and nobody else has it. ``name`` is for the eye alone, and may change.
    """

    subject: str
    name: str
    roles: frozenset[Role]

    def __post_init__(self) -> None:
        """Refuse a person who cannot be told from another.

        Raises:
            ValueError: the subject is empty, too long or holds what does not print.

        """
        if not self.subject.strip() or len(self.subject) > SUBJECT_LIMIT or not self.subject.isprintable():
            raise ValueError(f"a subject is one line of 1 to {SUBJECT_LIMIT} characters")
