"""Applies a published policy version over the settings from files, and adds one on trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cds_service.configuration.policy_settings import TopicSettings
from cds_service.configuration.settings import Published
from cds_service.configuration.site_content import with_texts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from cds_service.configuration.policy_content import PolicyContent
    from cds_service.configuration.settings import Settings


class PublishedPolicy(NamedTuple):
    """A policy version applied over the files: in force, or on trial."""

    content: PolicyContent
    version: int
    hash: str


def with_policy(settings: Settings, policy: PublishedPolicy) -> Settings:
    """Return the settings with a published policy over the files; environment variables still take precedence.

    A trial set up in the files by ``shadow.configuration`` takes precedence over the trial of the policy.

    Raises:
        ConfigurationError: its changes to the site's knowledge, wording or rules cannot be used here.

    """
    content = policy.content
    layer = f"version {policy.version}"
    cards = dict(settings.cards)
    places: dict[tuple[str, ...], str] = {}
    layers: dict[tuple[str, str], str] = {}
    for topic, setting in content.cards.items():
        before = cards.get(topic, TopicSettings())
        fixed = {each for each in before.model_fields_set if settings.is_by_variable("cards", topic, each)}
        given = {each: getattr(setting, each) for each in setting.model_fields_set - fixed}
        cards[topic] = before.model_copy(update=given)
        places |= {("cards", str(topic), each): layer for each in given}
        if setting.judgment - fixed and not before.judgment & fixed:
            layers["cards", str(topic)] = layer
    thresholds = _not_fixed(settings, content.thresholds, settings.thresholds, "thresholds")
    places |= {("thresholds", name): layer for name in thresholds}
    layers |= {("thresholds", name): layer for name in thresholds}
    shadow = settings.shadow
    if settings.candidate is None:
        tried = _not_fixed(settings, content.shadow, shadow.thresholds, "shadow", "thresholds")
        shadow = shadow.model_copy(update={"thresholds": {**shadow.thresholds, **tried}})
        places |= {("shadow", "thresholds"): layer} if tried else {}
    update = {"cards": cards, "thresholds": {**settings.thresholds, **thresholds}, "shadow": shadow}
    published = Published(policy.version, policy.hash)
    above = with_texts(settings.site_layer, content.site, layer)
    return settings.changed(update, layers=layers, places=places, published=published, site_layer=above)


def with_trial(settings: Settings, tried: Settings) -> Settings:
    """Return the settings with other settings on trial, which replace any shadow thresholds."""
    return settings.changed({}, candidate=tried)


def _not_fixed(
    settings: Settings, given: Mapping[str, Decimal | None], here: Mapping[str, Decimal | None], *section: str
) -> dict[str, Decimal | None]:
    """Leave out the thresholds that an environment variable sets."""
    return {
        name: value for name, value in given.items() if not (name in here and settings.is_by_variable(*section, name))
    }
