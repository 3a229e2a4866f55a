"""Topics that one person has stopped in an emergency, laid over everything else that sets their mode.

A stop makes a topic quieter and does nothing else: what would be shown goes into the shadow, what is off stays off,
and no threshold and no indicator changes. It lies over files, variables, versions and profiles: the value that shows a
wrong card may stand in any of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.policy import Mode
from cds_service.configuration.policy_settings import TopicSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cds_service.configuration.policy_content import PolicyContent
    from cds_service.configuration.policy_settings import ProfileSettings
    from cds_service.configuration.settings import Settings
    from cds_service.configuration.stop import Stop


def with_stops(settings: Settings, stops: Iterable[Stop]) -> Settings:
    """Return the settings with these topics in the shadow, for every call; the same settings where none is stopped."""
    found = tuple(stops)
    if not found:
        return settings
    topics = {stop.topic for stop in found}
    cards = {**settings.cards, **{topic: settings.cards.get(topic, TopicSettings()) for topic in topics}}
    profiles = {name: _quiet_profile(profile, topics) for name, profile in settings.profiles.items()}
    return settings.changed(
        {"cards": _quiet(cards, topics), "profiles": profiles},
        layers={("cards", stop.topic): stop.layer for stop in found},
        places={place: stop.says for stop in found for place in _places(settings, stop.topic)},
    ).with_stopped(found)


def _places(settings: Settings, topic: str) -> list[tuple[str, ...]]:
    """Return where the mode of a topic stands: for every call, and in each profile that sets it."""
    named = [
        ("profiles", name, "cards", topic, "mode")
        for name, profile in settings.profiles.items()
        if topic in profile.cards and "mode" in profile.cards[topic].model_fields_set
    ]
    return [("cards", topic, "mode"), *named]


def unsettled_by(content: PolicyContent, stops: Iterable[Stop]) -> tuple[Stop, ...]:
    """Return the stops that a version would leave as they are: it does not say which mode their topics have."""
    named = {str(topic) for topic, setting in content.cards.items() if "mode" in setting.model_fields_set}
    return tuple(stop for stop in stops if stop.topic not in named)


def _quiet_profile(profile: ProfileSettings, topics: set[str]) -> ProfileSettings:
    return profile.model_copy(update={"cards": _quiet(profile.cards, topics, only_set=True)})


def _quiet(cards: Mapping[str, TopicSettings], topics: set[str], *, only_set: bool = False) -> dict[str, TopicSettings]:
    """Put topics into the shadow; ``only_set``: where the mode is set at all, so that a profile goes by the others."""
    return {
        topic: setting.model_copy(update={"mode": Mode.SHADOW})
        if topic in topics and setting.mode is Mode.LIVE and (not only_set or "mode" in setting.model_fields_set)
        else setting
        for topic, setting in cards.items()
    }
