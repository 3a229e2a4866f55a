"""What is in force for this request, for the pages: the previewer, the content, and the last changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import current_app

from cds_service.configuration.diff import differences
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.overlay import PublishedPolicy, with_policy
from cds_service.configuration.policy_content import NOTHING, PolicyContent
from cds_service.configuration.stopped import unsettled_by, with_stops
from cds_service.policies.library import Library
from cds_service.web.answers import configuration, in_force, store
from cds_service.web.pages import say
from cds_service.workbench.callers import EVERY_CALLER, CallerPreviewer
from cds_service.workbench.previewing import Previewer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from cards.facts.topics import TopicCode
    from cds_service.configuration.diff import Difference
    from cds_service.configuration.settings import Settings
    from cds_service.configuration.stop import Stop
    from cds_service.policies.views import Change, Place
    from cds_service.workbench.topics import TopicRow

_TRIED = 0
"""A version number for previews, which no version has."""
_CONTENTS = 4
"""How many previewers for contents that are not in force are cached."""
_KEPT = "her2_cds_workbench_previewers"


@dataclass(frozen=True, slots=True)
class _Kept:
    """Cached for as long as the same settings are in force."""

    settings: Settings
    of_every_call: Previewer
    of_callers: dict[str, CallerPreviewer]
    of_contents: dict[tuple[str, ...], Previewer]


@dataclass(frozen=True, slots=True)
class LastChange:
    """The change of a topic or one of its thresholds when a version came into force, or the last one ended.

    ``number`` is the version in force since then, ``None`` for only the configuration files; ``because`` gives the
    cause, and ``by`` who did it, ``None`` where a publication began or ended by its time.
    """

    at: datetime
    number: int | None
    because: str
    by: str | None
    says: str


def library() -> Library:
    """Return the site's policy library."""
    return Library(store().engine, in_force().clock)


def base_settings() -> Settings:
    """Return the settings from files and environment variables."""
    return configuration().base_settings


def content_in_force() -> PolicyContent:
    """Return the content of the version in force, or of the one in its place if it is refused, or nothing."""
    found = library().in_force()
    try:
        return found.content if found is not None else NOTHING
    except ConfigurationError:
        policy = policy_here()
        return policy.content if policy is not None else NOTHING


def policy_here() -> PublishedPolicy | None:
    """Return the version in force in this process; a newer one may be published and refused by this release."""
    return configuration().policy


def today() -> date:
    """Return today's date at the site."""
    now = in_force()
    return now.clock().astimezone(ZoneInfo(now.decider.settings.site.timezone)).date()


def previewer() -> Previewer:
    """Return the previewer for what is in force, cached with its results."""
    return _kept().of_every_call


def previewer_for(profile: str) -> CallerPreviewer:
    """Return the previewer for what is in force and a profile's caller, also cached."""
    kept = _kept()
    if profile not in kept.of_callers:
        kept.of_callers[profile] = CallerPreviewer(kept.settings, today, profile)
    return kept.of_callers[profile]


def _kept() -> _Kept:
    settings = in_force().decider.settings
    kept: _Kept | None = current_app.extensions.get(_KEPT)
    if kept is None or kept.settings is not settings:
        kept = current_app.extensions[_KEPT] = _Kept(settings, Previewer(settings, today), {}, {})
    return kept


def settings_of(content: PolicyContent, approved_at: datetime | None = None) -> Settings:
    """Return the settings if a content were published: over the files, and under the stops that it does not settle.

    ``approved_at``: when the version was approved, if it was; it does not settle later stops.
    """
    left = stops_left(content, approved_at)
    return with_stops(with_policy(base_settings(), PublishedPolicy(content, _TRIED, content.hash)), left)


def stops_left(content: PolicyContent, approved_at: datetime | None = None) -> tuple[Stop, ...]:
    """Return the stops that would remain if a content were published."""
    every = configuration().stops
    later = {stop for stop in every if approved_at is not None and stop.at >= approved_at}
    return tuple(stop for stop in every if stop in later or stop in unsettled_by(content, every))


def previewer_of(content: PolicyContent, approved_at: datetime | None = None) -> Previewer:
    """Return the previewer for a content as if published over the files; the last few are cached."""
    kept = _kept().of_contents
    key = content.hash, *(str(stop.number) for stop in stops_left(content, approved_at))
    found = kept.pop(key, None)
    if found is None:
        found = Previewer(settings_of(content, approved_at), today)
    kept[key] = found
    for old in list(kept)[:-_CONTENTS]:
        kept.pop(old, None)
    return found


def previewer_of_caller(content: PolicyContent, profile: str) -> CallerPreviewer:
    """Return the previewer for a content as if published, and a profile's caller."""
    return CallerPreviewer(settings_of(content), today, profile)


def differences_to(
    content: PolicyContent, profile: str = EVERY_CALLER, approved_at: datetime | None = None
) -> list[Difference]:
    """List what a content would change in what is in force, or in a profile, in the words of ``config diff``."""
    now = content_in_force()
    before = with_policy(base_settings(), PublishedPolicy(now, _TRIED, now.hash))
    before, after = with_stops(before, configuration().stops), settings_of(content, approved_at)
    return differences(*(settings_in(each, profile) for each in (before, after)))


def settings_in(settings: Settings, profile: str) -> Settings:
    """Return the settings of a profile."""
    return settings if profile == EVERY_CALLER else settings.in_profile(profile)


def changes_of(rows: Sequence[TopicRow]) -> dict[TopicCode, list[LastChange]]:
    """List for each topic the changes to it and its thresholds by versions, newest first."""
    places: dict[TopicCode, list[Place]] = {
        row.topic: [("cards", str(row.topic)), *(("thresholds", each.name) for each in row.thresholds)] for row in rows
    }
    found = library().histories({place for own in places.values() for place in own})
    return {
        topic: sorted((_told(each, *place) for place in own for each in found[place]), key=_when, reverse=True)
        for topic, own in places.items()
    }


def _when(change: LastChange) -> datetime:
    return change.at


def _told(change: Change, section: str, name: str) -> LastChange:
    by = change.by.actor_name if change.by is not None else None
    number = change.version.number if change.version is not None else None
    before, after = _written(change.before), _written(change.after)
    says = say("{after} instead of {before}", after=after, before=before)
    said = f"{name}: {says}" if section == "thresholds" else says
    return LastChange(change.at, number, change.because, by, said)


def _written(value: Any) -> str:
    if value is None:
        return say("as in the files")
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items()) or say("as in the files")
    return str(value)
