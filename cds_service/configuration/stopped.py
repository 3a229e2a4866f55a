"""Applies emergency stops of topics over everything else that sets their mode.

A stop only makes a topic quieter: a live topic goes into the shadow, a topic that is off stays off, and no threshold or
indicator changes. It overrides files, variables, versions and profiles, because the value that makes a wrong card
appear may be in any of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.policy import Mode
from cds_service.configuration.policy_settings import TopicSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cds_service.configuration.policy_content import PolicyContent
    from cds_service.configuration.profile_settings import ProfileSettings
    from cds_service.configuration.settings import Settings
    from cds_service.configuration.stop import Stop


def with_stops(settings: Settings, stops: Iterable[Stop]) -> Settings:
    """Return the settings with these topics in the shadow, for every call; the same settings if none is stopped."""
    found = tuple(stops)
    if not found:
        return settings
    topics = {stop.topic for stop in found}
    cards = {**settings.cards, **{topic: settings.cards.get(topic, TopicSettings()) for topic in topics}}
    profiles = {name: _profile_to_shadow(profile, topics) for name, profile in settings.profiles.items()}
    return settings.changed(
        {"cards": _to_shadow(cards, topics), "profiles": profiles},
        layers={("cards", stop.topic): stop.layer for stop in found},
        places={place: stop.says for stop in found for place in _places(settings, stop.topic)},
    ).with_stopped(found)


def _places(settings: Settings, topic: str) -> list[tuple[str, ...]]:
    """Return the places that set a topic's mode: for all calls, and in each profile that sets it."""
    named = (("profiles", name, "cards", topic, "mode") for name in profiles_with_mode(settings, topic))
    return [("cards", topic, "mode"), *named]


def profiles_with_mode(settings: Settings, topic: str) -> list[str]:
    """Return the profiles that set a topic's mode."""
    return [
        name
        for name, profile in settings.profiles.items()
        if topic in profile.cards and "mode" in profile.cards[topic].model_fields_set
    ]


def unsettled_by(content: PolicyContent, stops: Iterable[Stop]) -> tuple[Stop, ...]:
    """Return the stops that a version does not settle, because it does not set their topics' mode."""
    named = {str(topic) for topic, setting in content.cards.items() if "mode" in setting.model_fields_set}
    return tuple(stop for stop in stops if stop.topic not in named)


def _profile_to_shadow(profile: ProfileSettings, topics: set[str]) -> ProfileSettings:
    return profile.model_copy(update={"cards": _to_shadow(profile.cards, topics, only_set=True)})


def _to_shadow(
    cards: Mapping[str, TopicSettings], topics: set[str], *, only_set: bool = False
) -> dict[str, TopicSettings]:
    """Put topics into the shadow; ``only_set``: only if the mode is set, so that a profile keeps inheriting it."""
    return {
        topic: setting.model_copy(update={"mode": Mode.SHADOW})
        if topic in topics and setting.mode is Mode.LIVE and (not only_set or "mode" in setting.model_fields_set)
        else setting
        for topic, setting in cards.items()
    }
