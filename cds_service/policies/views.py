"""The results of the library's queries: a version, what is in force, and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cds_service.configuration.overlay import PublishedPolicy
from cds_service.configuration.policy_content import PolicyContent, stored_content
from cds_service.policies import lifecycle

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cds_service.policies.lifecycle import Step, VersionState

SectionName = Literal["cards", "thresholds", "shadow"]
Place = tuple[SectionName, str]
"""A place in a content: the section, and the topic or threshold."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version in its current state. ``contents`` are canonical JSON by hash, if they were asked for."""

    number: int
    title: str
    created_at: datetime
    based_on: int | None
    state: VersionState
    steps: tuple[Step, ...]
    contents: Mapping[str, str]

    @property
    def last(self) -> Step:
        """The last step, which whoever decides on the next one has seen."""
        return self.steps[-1]

    @property
    def content_hash(self) -> str:
        """The hash of the current content."""
        return self.last.content_hash

    @property
    def content(self) -> PolicyContent:
        """The current content.

        Raises:
            ConfigurationError: this release does not accept it any more, for example with narrower bounds.

        """
        return self.content_of(self.last)

    def content_of(self, step: Step) -> PolicyContent:
        """Return the content that a step was about.

        Raises:
            ConfigurationError: this release does not accept it any more.

        """
        return stored_content(self.contents[step.content_hash], f"version {self.number}")

    @property
    def authors(self) -> dict[str, str]:
        """Everyone who wrote content, names by subject."""
        subjects = lifecycle.authors(self.steps)
        return {step.actor: step.actor_name for step in self.steps if step.actor in subjects}

    @property
    def schedule(self) -> Step | None:
        """The step that sets its begin and end, if it is published."""
        found = lifecycle.schedules(self.steps)
        return found[0] if found else None

    def taken(self, kind: str) -> Step | None:
        """Return the last step of a kind, given by its name in a page."""
        return next((step for step in reversed(self.steps) if step.kind == kind), None)


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """A version with its content as it is stored: canonical JSON."""

    version: int
    hash: str
    text: str

    @property
    def content(self) -> PolicyContent:
        """The content.

        Raises:
            ConfigurationError: this release does not accept it.

        """
        return stored_content(self.text, f"version {self.version}")

    @property
    def published(self) -> PublishedPolicy:
        """The version as it is laid over the files.

        Raises:
            ConfigurationError: this release does not accept its content.

        """
        return PublishedPolicy(self.content, self.version, self.hash)


@dataclass(frozen=True, slots=True)
class Trial(StoredPolicy):
    """The version on trial, with the step that began the trial."""

    begun: Step


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one topic or threshold by a version coming into force.

    ``version`` is in force since then, ``None`` for only the configuration files; ``because`` gives the cause, and
    ``by`` who took the step, empty if a version expired. An invalid value is left to the files.
    """

    at: datetime
    version: Version | None
    because: Literal["published", "retired", "ended"]
    by: Step | None
    before: Any
    after: Any


class UnknownVersionError(LookupError):
    """There is no version with this number."""
