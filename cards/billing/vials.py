"""Which vials to draw a dose from: least discarded, then least drawn, then fewest vials. Exact, in whole milligrams."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

import msgspec

from cards.values.text_cache import cached_by_key

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_VIALS = 100
"""No dose needs more; one that would is a decimal point error."""


class Drawn(msgspec.Struct, frozen=True):
    """Vials of one kind, largest first, with their counts, and the milligrams left in them."""

    vials: tuple[tuple[int, int], ...]
    contents_mg: int
    left_mg: Decimal
    multi_dose: bool = False

    @property
    def count(self) -> int:
        """The number of vials."""
        return sum(number for _, number in self.vials)

    @property
    def discarded_mg(self) -> Decimal:
        """The discarded milligrams; the rest in a multi-dose vial is kept for the next dose."""
        return Decimal(0) if self.multi_dose else self.left_mg


def draw(dose_mg: Decimal, single_dose: Iterable[int], multi_dose: Iterable[int] = ()) -> Drawn | None:
    """Choose the vials for a dose; nothing if no size is stocked or the dose is beyond any plausible number of vials.

    Single-dose and multi-dose vials are not mixed in one dose: their claim lines differ.
    """
    choices = [
        Drawn(vials, sum(size * number for size, number in vials), _left(vials, dose_mg), multi_dose=is_multi_dose)
        for sizes, is_multi_dose in ((single_dose, False), (multi_dose, True))
        if (vials := _fewest(int(dose_mg.to_integral_value(ROUND_CEILING)), tuple(sorted(set(sizes)))))
    ]
    return min(choices, key=lambda each: (each.discarded_mg, each.contents_mg, each.count), default=None)


def _left(vials: tuple[tuple[int, int], ...], dose_mg: Decimal) -> Decimal:
    return sum(size * number for size, number in vials) - dose_mg


@cached_by_key(1024)
def _fewest(need_mg: int, sizes: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Find the smallest total that covers the dose with the fewest vials; on a tie, larger vials."""
    if not sizes or not 0 < need_mg <= MOST_VIALS * sizes[-1]:
        return ()
    most = need_mg + sizes[-1]
    # For each total in milligrams: the fewest vials, and the last vial added.
    fewest: dict[int, tuple[int, int]] = {0: (0, 0)}
    for total in range(1, most):
        before = [(fewest[total - size][0] + 1, -size) for size in sizes if total - size in fewest]
        if before:
            count, last = min(before)
            fewest[total] = (count, -last)
    total = min(each for each in fewest if each >= need_mg)
    chosen: Counter[int] = Counter()
    while total:
        size = fewest[total][1]
        chosen[size] += 1
        total -= size
    return tuple(sorted(chosen.items(), reverse=True))
