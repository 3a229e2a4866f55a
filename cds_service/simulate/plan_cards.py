"""How many cards a whole plan gets at signing: without an error, and with one error of each kind."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cds_service.decisions.decider import Decider
from cds_service.simulate.cohort.plans import plan_resources
from fhir_mappings.as_of.history import PatientHistory
from fhir_mappings.as_of.searches import searches

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from cds_service.configuration.settings import Settings
    from cds_service.simulate.cohort.plans import Plan


@dataclass(slots=True)
class CardsOfPlans:
    """The cards of the plans with one kind of error: how many per plan, and how many plans have each topic."""

    error: str
    counts: list[int] = field(default_factory=list)
    topics: dict[str, int] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """The median number of cards."""
        return statistics.median(self.counts)

    @property
    def most(self) -> int:
        """The largest number of cards."""
        return max(self.counts)


def cards_of_plans(plans: Iterable[Plan], settings: Settings) -> list[CardsOfPlans]:
    """Sign each plan and count its cards, by kind of error; plans without an error come first."""
    today: list[date] = []
    decider = Decider(settings, lambda: today[-1], suggestions=False)
    wanted, zone = searches(decider.templates), ZoneInfo(settings.site.timezone)
    found: dict[str, CardsOfPlans] = {}
    for plan in plans:
        lines = [json.dumps(resource).encode() for resource, _ in plan_resources(plan)]
        history = PatientHistory(plan.course.patient, lines, wanted, zone)
        session = history.sessions[-1]
        today.append(session.moment.day)
        decision = decider.decide(history.request(session))
        of_error = found.setdefault(plan.error, CardsOfPlans(plan.error))
        of_error.counts.append(len(decision.cards))
        for topic in {str(card["source"]["topic"]["code"]) for card in decision.cards}:
            of_error.topics[topic] = of_error.topics.get(topic, 0) + 1
    return [found[error] for error in sorted(found)]
