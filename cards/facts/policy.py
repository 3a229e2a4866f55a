"""A site's alert policy: thresholds within their bounds, and for each topic its mode and indicator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from cards.values.caching import lazy

if TYPE_CHECKING:
    from decimal import Decimal

    from cards.facts.outcomes import Indicator
    from cards.facts.topics import TopicCode
    from cards.knowledge.schema import Knowledge


class Mode(StrEnum):
    """What happens to a topic's findings."""

    LIVE = "live"
    SHADOW = "shadow"
    """Evaluated but not shown."""
    OFF = "off"


class PlannedDoses(StrEnum):
    """For which planned doses to ask for tests that expire."""

    NEXT = "next"
    """For the next dose; later ones are judged when they are dispatched."""
    EVERY = "every"
    """For every dose, for clients that do not call at dispatch."""


class ProductThresholds(Mapping[str, "Decimal | None"]):
    """Thresholds for one product: a value set for that product overrides the general one."""

    def __init__(self, thresholds: Mapping[str, Decimal | None], product: str) -> None:
        """Wrap the thresholds; ``product`` is the one whose own values take precedence."""
        self._thresholds = thresholds
        self._suffix = f".{product}"
        self._own = frozenset(name for name in thresholds if name.endswith(self._suffix))

    def __getitem__(self, name: str) -> Decimal | None:
        """Return the value for the product."""
        own = f"{name}{self._suffix}"
        return self._thresholds[own if own in self._own else name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, leaving out those set for one product."""
        return (name for name in self._thresholds if "." not in name)

    def __len__(self) -> int:
        """Count the names."""
        return sum(1 for _ in self)


@dataclass(frozen=True)
class Policy:
    """The settings that the judgment and the wording depend on."""

    thresholds: Mapping[str, Decimal | None]
    modes: Mapping[TopicCode, Mode] = field(default_factory=dict)
    indicators: Mapping[TopicCode, Indicator] = field(default_factory=dict)
    planned_doses: PlannedDoses = PlannedDoses.NEXT

    def mode(self, topic: TopicCode) -> Mode:
        """Return the mode of a topic; live unless the site says otherwise."""
        return self.modes.get(topic, Mode.LIVE)

    def thresholds_for(self, product_id: str | None) -> Mapping[str, Decimal | None]:
        """Return the thresholds for a product; its own values override those for all products.

        A threshold that is set for one product has the name ``<threshold>.<product>``.
        """
        if product_id is None or product_id not in self._own:
            return self.thresholds
        return ProductThresholds(self.thresholds, product_id)

    @lazy
    def _own(self) -> frozenset[str]:
        """The products with a threshold of their own."""
        return frozenset(name.rpartition(".")[2] for name in self.thresholds if "." in name)


def default_policy(known: Knowledge) -> Policy:
    """Return the policy of a site that has set nothing."""
    return Policy({name: threshold.default for name, threshold in known.thresholds.items()})
