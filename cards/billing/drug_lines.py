"""The drug lines of a claim: units in the code's own unit, with JW or JZ, never both.

Source: Medicare contractors' text on JW and JZ. If drug is discarded, the administered line has no modifier and the
discarded units go on a JW line; if none is discarded, there is one JZ line; multi-dose vials have neither. A partial
unit is rounded up on the administered line, and less than one discarded unit is not billed.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from cards.billing.vials import Drawn
    from cards.knowledge.schema.billing import Modifiers


class Line(msgspec.Struct, frozen=True):
    """One line: units and modifier; an empty modifier means that the line has none."""

    units: int
    modifier: str
    is_discarded: bool = False


class DrugLines(msgspec.Struct, frozen=True):
    """The drug lines, and the units of the dose and of the discarded drug."""

    administered_units: int
    discarded_units: int
    lines: tuple[Line, ...]

    @property
    def billed_units(self) -> int:
        """The billing units of all drug lines together."""
        return sum(line.units for line in self.lines)


def units(amount_mg: Decimal, unit_mg: Decimal) -> int:
    """Count the billing units of an administered amount; a partial unit counts as one."""
    return int((amount_mg / unit_mg).to_integral_value(ROUND_CEILING))


def drug_lines(dose_mg: Decimal, unit_mg: Decimal, drawn: Drawn, modifiers: Modifiers) -> DrugLines:
    """Write the drug lines for a dose from the vials it is drawn from."""
    administered = units(dose_mg, unit_mg)
    if drawn.multi_dose:
        return DrugLines(administered, 0, (Line(administered, ""),))
    held = int((drawn.contents_mg / unit_mg).to_integral_value(ROUND_FLOOR))
    discarded = max(held - administered, 0)
    if not discarded:
        return DrugLines(administered, 0, (Line(administered, modifiers.nothing_discarded),))
    return DrugLines(
        administered, discarded, (Line(administered, ""), Line(discarded, modifiers.discarded, is_discarded=True))
    )
