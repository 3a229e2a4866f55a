"""What a site has set: thresholds within their bounds, and for each topic whether it is shown and how urgent it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from cards.facts.outcomes import Indicator
    from cards.facts.topics import Topic
    from cards.knowledge.schema import Knowledge


class Mode(StrEnum):
    """What becomes of a topic's findings."""

    LIVE = "live"
    SHADOW = "shadow"
    """Evaluated and not shown."""
    OFF = "off"


class PlannedDoses(StrEnum):
    """For which planned doses tests are asked for that age."""

    NEXT = "next"
    """For the next one; each later one is judged when it is dispatched."""
    EVERY = "every"
    """For each, as for a client that does not call at dispatch."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that the judgement and the wording depend on."""

    thresholds: Mapping[str, Decimal | None]
    modes: Mapping[Topic, Mode] = field(default_factory=dict)
    indicators: Mapping[Topic, Indicator] = field(default_factory=dict)
    planned_doses: PlannedDoses = PlannedDoses.NEXT

    def mode(self, topic: Topic) -> Mode:
        """Give the mode of a topic; live unless the site says otherwise."""
        return self.modes.get(topic, Mode.LIVE)


def default_policy(known: Knowledge) -> Policy:
    """Give the policy of a site that has set nothing."""
    return Policy({name: threshold.default for name, threshold in known.thresholds.items()})
