"""Orders of one patient are not independent: a course with an error fires at every visit, for months.

Limits that treat such orders as independent are too narrow, and a single patient without a test looks like a change at
the whole site. Here counts are divided by their design effect: how much more they vary than independent orders would.
Sources: L. Kish, *Survey Sampling* (1965), for the design effect by the correlation within clusters; J. N. K. Rao and
A. J. Scott, Biometrics 48 (1992), 577-585, for the division of counts by it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

LEAST_PATIENTS = 5
"""A topic is loud only on five or more patients: fewer are individual courses, not a change at the site."""
_PATIENTS_TO_ESTIMATE = 10
"""With findings on fewer patients the correlation cannot be estimated, and is assumed to be complete."""


@dataclass(frozen=True, slots=True)
class _Together:
    """The orders of some periods: how many each patient has, the total, and the sum of squares."""

    of: Mapping[str, int]
    orders: int
    squares: int

    @property
    def size(self) -> float:
        """How many orders the patient of an average order has: one if every order is from a different patient."""
        return self.squares / self.orders if self.orders else 1.0


@dataclass(slots=True)
class Patients:
    """The orders of each patient, period by period."""

    orders: Mapping[date, Mapping[str, int]]
    _known: dict[tuple[date, ...], _Together] = field(default_factory=dict)

    def together(self, periods: tuple[date, ...]) -> _Together:
        """Combine the orders of some periods; cached."""
        found = self._known.get(periods)
        if found is None:
            of = added(self.orders, periods)
            found = _Together(of, sum(of.values()), sum(count * count for count in of.values()))
            self._known[periods] = found
        return found


def added(by_period: Mapping[date, Mapping[str, int]], periods: Sequence[date]) -> Counter[str]:
    """Add up each patient's orders in some periods."""
    found: Counter[str] = Counter()
    for period in periods:
        found.update(by_period.get(period, {}))
    return found


def correlation(hits: Mapping[str, int], known: _Together) -> float:
    """Estimate how alike the orders of one patient are in having a finding: 0 not at all, 1 all or none of them.

    From the variance of the share over patients (Rao and Scott), which is ``1 + correlation * (size - 1)`` times what
    independent orders have.
    """
    total, orders = sum(hits.values()), known.orders
    if len(hits) < _PATIENTS_TO_ESTIMATE or known.size <= 1 or total >= orders:
        return 1.0
    share = total / orders
    squares = sum(count * count for count in hits.values())
    both = sum(count * known.of[patient] for patient, count in hits.items())
    patients = len(known.of)
    spread = (squares - 2 * share * both + share * share * known.squares) * patients / max(1, patients - 1)
    effect = spread / (orders * share * (1 - share))
    return min(1.0, max(0.0, (effect - 1) / (known.size - 1)))
