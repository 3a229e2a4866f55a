"""The banners on all pages: a published version that is refused here, and a version on trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cds_service.configuration.layers import ConfigurationError
from cds_service.web.answers import in_force
from cds_service.web.pages import say
from cds_service.workbench.current import base_settings, library, policy_here

if TYPE_CHECKING:
    from datetime import datetime

    from cds_service.policies.views import StoredPolicy, Trial


@dataclass(frozen=True, slots=True)
class Refused:
    """A published version that this release does not accept; ``instead`` is in force, ``None`` for the files alone."""

    version: int
    problems: tuple[str, ...]
    instead: int | None


@dataclass(frozen=True, slots=True)
class OnTrial:
    """The version on trial. ``held_up``: why it is not tried here; ``aside``: thresholds that wait for its end."""

    number: int
    title: str
    since: datetime
    by: str
    held_up: str
    aside: tuple[str, ...]


def refused() -> Refused | None:
    """Return the version that should be in force but is refused by this release, if any."""
    found = library().in_force()
    problems = _problems(found) if found is not None else ()
    if found is None or not problems:
        return None
    policy = policy_here()
    return Refused(found.version, problems, policy.version if policy is not None else None)


def on_trial() -> OnTrial | None:
    """Return the version on trial, if any."""
    found = library().on_trial()
    if found is None:
        return None
    held_up = ""
    if problems := _problems(found):
        held_up = say("This release does not accept it: {problems}", problems="; ".join(problems))
    elif base_settings().shadow.configuration is not None:
        held_up = say("The configuration file here tries another file (shadow.configuration), which goes before it.")
    aside = () if held_up else tuple(sorted(in_force().decider.settings.shadow.thresholds))
    title = library().version(found.version).title
    return OnTrial(found.version, title, found.begun.at, found.begun.actor_name, held_up, aside)


def _problems(found: StoredPolicy | Trial) -> tuple[str, ...]:
    """Return why this release does not accept a content; empty if it does."""
    try:
        _ = found.content
    except ConfigurationError as error:
        return tuple(error.problems)
    return ()
