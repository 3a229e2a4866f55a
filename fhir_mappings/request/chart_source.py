"""When a chart is read, and from which server; an entry dated later than that is not a result."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cards.facts.origins import Gap
from cards.facts.results import Her2Result, LabResult, Lvef, Mutation, PregnancyTest, Weight
from fhir_mappings.results.observations import NotFinal

if TYPE_CHECKING:
    from fhir_mappings.results.observations import Fact

_ABOUT = {
    Weight: "weight",
    Lvef: "lvef",
    Her2Result: "her2-interpretation",
    PregnancyTest: "pregnancy-test",
    Mutation: "erbb2-mutation",
}


class ChartSource(NamedTuple):
    """The base address of the chart's server, and the day on which it is read; either may be unknown."""

    server: str = ""
    today: date | None = None

    @property
    def latest(self) -> date:
        """The last day on which a result can have been taken: some time zone already has the day after ``today``."""
        return self.today + timedelta(days=1) if self.today is not None else date.max


UNKNOWN_SOURCE = ChartSource()


def future_as_gap(fact: Fact) -> Fact:
    """Set aside a result that is dated later than it can have been taken: on which day it was is not known."""
    if isinstance(fact, Gap | NotFinal):
        return fact
    about = fact.test if isinstance(fact, LabResult) else _ABOUT.get(fact.__class__)
    if about is None:
        return fact
    value = str(fact.kg) if isinstance(fact, Weight) else getattr(fact, "as_reported", "")
    return Gap(about, fact.origin.path, "future", fact.on, (("value", value),))
