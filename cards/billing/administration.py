"""The administration codes of a dose, by route and infusion time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cards.knowledge.schema import Route

if TYPE_CHECKING:
    from cards.knowledge.schema import InfusionTimes, Product
    from cards.knowledge.schema.billing import Administration, ProcedureCode

HOUR = 60


class Given(msgspec.Struct, frozen=True):
    """The administration code of a dose, the number of further hours, and the source of the infusion time.

    ``minutes`` is ``None`` for an injection; ``infusion`` is the label's time, ``ordered``: the order states another.
    """

    code: ProcedureCode
    minutes: int | None = None
    further_hours: int = 0
    infusion: InfusionTimes | None = None
    ordered: bool = False


def given(known: Administration, product: Product, minutes: int | None, *, dose: int) -> Given:
    """Choose the administration codes of a dose by its number; ``minutes`` is the order's infusion time, if stated."""
    infusion = product.infusion
    if product.route is Route.SUBCUTANEOUS or infusion is None:
        return Given(known.subcutaneous)
    long = infusion.minutes_at(dose) if minutes is None else minutes
    return Given(
        known.first_hour, long, further_hours(long, known.further_hour.over_minutes), infusion, minutes is not None
    )


def further_hours(minutes: int, over: int) -> int:
    """Count the further hours: each full one, and a last part longer than ``over`` minutes.

    A 90-minute infusion has none: the time beyond the first hour is not longer than 30 minutes.
    """
    beyond = max(minutes - HOUR, 0)
    return beyond // HOUR + (beyond % HOUR > over)
