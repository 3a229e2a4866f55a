"""People who write, approve and publish versions of the policy, for the tests that need some."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cds_service.configuration.policy_content import read_content
from cds_service.configuration.roles import Role
from cds_service.policies.lifecycle import StepKind, Wish
from cds_service.policies.people import Person

if TYPE_CHECKING:
    from cds_service.policies.library import Library
    from cds_service.policies.views import Version

EVERYTHING = frozenset(Role)
ANN = Person("https://idp.example|ann", "Ann", EVERYTHING)
BOB = Person("https://idp.example|bob", "Bob", EVERYTHING)
CLEO = Person("https://idp.example|cleo", "Cleo", EVERYTHING)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Watch:
    """A clock that a test sets."""

    def __init__(self) -> None:
        """Begin at a fixed moment."""
        self.time = START

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.time

    def later(self, **by: float) -> datetime:
        """Let time pass, and tell it."""
        self.time += timedelta(**by)
        return self.time


def take(library: Library, person: Person, version: Version, kind: StepKind, **more: Any) -> Version:
    """Take a step with a version as it was read."""
    content = more.pop("content", None)
    return library.step(person, version.number, version.last.id, Wish(kind, **more), content)


def approved(library: Library, text: str, title: str = "A change") -> Version:
    """Return a version that Ann has written and Bob has approved."""
    version = library.draft(ANN, title, read_content(text))
    version = take(library, ANN, version, StepKind.SUBMITTED)
    return take(library, BOB, version, StepKind.APPROVED)


def published(library: Library, text: str, title: str = "A change", **when: datetime) -> Version:
    """Return a version that is published, now or for a time."""
    return take(library, BOB, approved(library, text, title), StepKind.PUBLISHED, **when)


def tried(library: Library, text: str, title: str = "A change") -> Version:
    """Return a version that is on trial."""
    return take(library, BOB, approved(library, text, title), StepKind.TRIAL_BEGUN)


def retire(library: Library, number: int) -> Version:
    """Take a version out of force."""
    return take(library, BOB, library.version(number), StepKind.RETIRED, comment="Too many cards")
