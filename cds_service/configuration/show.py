"""The configuration in force, every value with the layer that set it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel

from cards.facts.topics import topics_of
from cds_service.configuration.diff import without_password
from cds_service.configuration.environment import SECRETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cds_service.configuration.settings import Settings

Line = tuple[tuple[str, ...], Any, str]
"""The way to a value, the value, and the layer that set it."""


def lines(settings: Settings) -> Iterator[Line]:
    """Yield every value except secrets, including topics and thresholds that nobody has set."""
    for name in type(settings).model_fields:
        if name not in ("cards", "thresholds", "extends"):
            yield from _value((name,), getattr(settings, name), settings)
    policy, wording = settings.policy(), settings.site_layer.wording
    for topic in topics_of(settings.site_layer.known):
        place = ("cards", str(topic))
        yield (*place, "mode"), str(policy.mode(topic)), settings.place_of(*place, "mode")
        indicator = policy.indicators.get(topic, wording.topics[topic].indicator)
        yield (*place, "indicator"), str(indicator), settings.place_of(*place, "indicator")
        if topic in settings.cards and settings.cards[topic].owner is not None:
            yield (*place, "owner"), settings.cards[topic].owner, settings.place_of(*place, "owner")
    for name in policy.thresholds:
        steps = ("thresholds", *name.split("."))
        yield steps, _plain(policy.thresholds[name]), settings.place_of(*steps)


def _value(place: tuple[str, ...], value: Any, settings: Settings) -> Iterator[Line]:
    if place in SECRETS:
        return
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _value((*place, name), getattr(value, name), settings)
    elif isinstance(value, dict) and value and place[0] == "profiles":
        for name, each in value.items():
            if place[-1] in ("cards", "thresholds") or settings.place_of(*place, str(name)) != "default":
                yield from _value((*place, str(name)), each, settings)
    elif place[0] != "profiles" or settings.place_of(*place) != "default":
        yield place, _plain(value), settings.place_of(*place)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, list):
        return [_plain(_written(each) if isinstance(each, BaseModel) else each) for each in value]
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return without_password(str(value))


def _written(entry: BaseModel) -> dict[str, Any]:
    """Format an entry of a list; keys read from a key file are not repeated."""
    return entry.model_dump(mode="json", exclude={"jwks"} if getattr(entry, "jwks_file", None) else None)


def as_yaml(settings: Settings) -> str:
    """Write the configuration as YAML that can be loaded again, with the layer of each value in a comment."""
    written: list[str] = []
    before: tuple[str, ...] = ()
    for place, value, layer in lines(settings):
        for depth, step in enumerate(place[:-1]):
            if place[: depth + 1] != before[: depth + 1]:
                written.append(f"{'  ' * depth}{step}:")
                before = ()
        text = f"{'  ' * (len(place) - 1)}{place[-1]}: {_flow(value)}"
        written.append(f"{text:<60}  # {layer}")
        before = place
    return "\n".join(written) + "\n"


def _flow(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("\n").removesuffix("\n...")
