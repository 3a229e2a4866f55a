"""Which drugs in scope a patient is on, according to the chart, and when the next dose is due.

A dose within the product's interval and the site's margin counts; so does an active order that is newer than the last
dose and not too old. A forgotten order from before the last dose does not.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from cards.facts.order import DrugOrder
from cards.facts.patient import TreatmentState
from cards.identification.identity import Identity
from cards.knowledge.label_doses import regimens_for
from cards.knowledge.schema import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from cards.facts.patient import Patient, Treatment
    from cards.knowledge.schema import Knowledge, Product


def on_treatment(
    patient: Patient, known: Knowledge, thresholds: Mapping[str, Decimal | None], today: date
) -> tuple[tuple[DrugOrder, Identity], ...]:
    """Return an order for the next dose of each drug that the patient is on.

    Its origin is the dose or order that is the evidence; its start is the day of the next dose if that is near.
    """
    found = []
    for product in known.products:
        own = [each for each in patient.treatments if each.product == product.id]
        if own and product.scope is Scope.CHECKED:
            interval = _interval(product, patient)
            shown_by = _shown_by(own, interval, thresholds, today)
            if shown_by is not None:
                planned = today if product.is_oral else _next_dose(own, interval, thresholds, today)
                start = _near(planned, thresholds, today)
                order = DrugOrder(shown_by.origin, interval_days=None, start=start)
                found.append((order, Identity.of(product)))
    return tuple(found)


def _interval(product: Product, patient: Patient) -> int:
    cancers = frozenset(diagnosis.cancer for diagnosis in patient.diagnoses)
    return max(each.interval_days for each in regimens_for(product, cancers, None) or product.regimens)


def _days(thresholds: Mapping[str, Decimal | None], name: str) -> int:
    return int(thresholds[name] or 0)


def _last_dose(own: list[Treatment], today: date) -> Treatment | None:
    """Return the newest dose on record; if none was recorded, a completed order counts as one."""
    past = [each for each in own if each.on is not None and each.on <= today]
    given = [each for each in past if each.state is TreatmentState.GIVEN]
    stand_ins = [each for each in past if each.state is TreatmentState.COMPLETED]
    return max(given or stand_ins, key=_day, default=None)


def _day(treatment: Treatment) -> date:
    return treatment.on or date.min


def _shown_by(
    own: list[Treatment], interval: int, thresholds: Mapping[str, Decimal | None], today: date
) -> Treatment | None:
    """Return the evidence that the patient is on the drug: the last dose if recent, else a current order."""
    last = _last_dose(own, today)
    if last is not None and _is_recent(last, interval, thresholds, today):
        return last
    return max(_current_orders(own, last, thresholds, today), key=_day, default=None)


def _is_recent(last: Treatment, interval: int, thresholds: Mapping[str, Decimal | None], today: date) -> bool:
    margin = _days(thresholds, "on_treatment_margin_days")
    return last.on is not None and (today - last.on).days <= interval + margin


def _current_orders(
    own: list[Treatment], last: Treatment | None, thresholds: Mapping[str, Decimal | None], today: date
) -> list[Treatment]:
    """List the active orders after which no dose has been given and that are not too old."""
    limit = today - timedelta(days=_days(thresholds, "on_treatment_order_days"))
    after = last.on if last is not None else None
    return [
        each
        for each in own
        if each.is_active(today)
        and (after is None if each.on is None else each.on >= limit and (after is None or each.on > after))
    ]


def _next_dose(
    own: list[Treatment], interval: int, thresholds: Mapping[str, Decimal | None], today: date
) -> date | None:
    """Return the day of the next dose: that of an order if in the future, else one interval after the last dose.

    If no dose is recent, an order from the last interval is assumed to be still outstanding.
    """
    last = _last_dose(own, today)
    orders = [each.on for each in _current_orders(own, last, thresholds, today) if each.on is not None]
    if ahead := [on for on in orders if on > today]:
        return min(ahead)
    if last is not None and last.on is not None and _is_recent(last, interval, thresholds, today):
        return last.on + timedelta(days=interval)
    return today if any((today - on).days <= interval for on in orders) else None


def _near(planned: date | None, thresholds: Mapping[str, Decimal | None], today: date) -> date | None:
    """Return the day of the next dose if its tests are due now, or today if it is late."""
    if planned is None:
        return None
    ahead = min(_days(thresholds, "monitoring_ahead_days"), _days(thresholds, "lab_max_age_days"))
    return max(planned, today) if (planned - today).days <= ahead else None
