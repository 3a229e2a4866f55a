"""Whether the left ventricular ejection fraction has been measured, and recently enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.outcomes import CannotTell, Clear, Evidence, Fired, Missing, NotApplicable, OrderTests, Outcome
from cards.facts.topics import Topic
from cards.readings.case import with_date
from cards.values.calendar_months import months_before

if TYPE_CHECKING:
    from decimal import Decimal

    from cards.readings.case import Case

_LVEF = frozenset({"lvef"})
# A number with an unknown unit, comparator or code system is reported with its value, not as missing.
_MEASURED = frozenset({"comparator", "unit-unknown", "unit-missing", "code-system"})
_NOT_REQUIRED = NotApplicable("the label asks for no LVEF")


def lvef_missing(case: Case) -> Outcome:
    """Fire when the label requires an ejection fraction and none is on record."""
    wanted = case.product.monitoring.lvef
    if wanted is None:
        return _NOT_REQUIRED
    if case.patient.lvefs:
        return Clear()
    if _is_unread(case):
        return CannotTell((no_lvef(case),))
    future = case.in_future(_LVEF)
    return Fired(
        values={"date": future},
        evidence=case.unusable(_LVEF),
        cited=(wanted.by,),
        variant="unread" if case.unread(_LVEF) else "future" if future else "default",
        fixes=(OrderTests(("lvef",)),),
    )


def lvef_overdue(case: Case) -> Outcome:
    """Fire when the newest ejection fraction is older than the product's interval.

    The interval is the site's own if set, else the label's; without either the rule does not apply.
    """
    wanted = case.product.monitoring.lvef
    if wanted is None:
        return _NOT_REQUIRED
    months = _interval(case)
    if months is None:
        return NotApplicable("the label names no interval")
    newest = next((lvef for lvef in case.patient.lvefs if lvef.on is not None), None)
    if newest is None or newest.on is None:
        if case.patient.lvefs:
            values = {"lvef": case.patient.lvefs[0].quoted}
            return CannotTell((Missing("lvef-day", values=values, is_urgent=True),))
        return CannotTell((no_lvef(case),))
    if newest.on >= months_before(case.planned, months):
        return Clear()
    return Fired(
        values={
            "lvef": newest.quoted,
            "date": newest.on.isoformat(),
            "age": str(case.age_in_days(newest.on)),
            "months": str(months),
            "planned": case.planned.isoformat(),
        },
        evidence=(Evidence("lvef", with_date(newest, newest.as_reported), newest.origin),),
        cited=(wanted.by,),
        variant="ahead" if case.is_for_later_day else "default",
        fixes=(OrderTests(("lvef",)),),
    )


def no_lvef(case: Case) -> Missing:
    """Report that there is no usable ejection fraction, and which topic covers that."""
    return Missing("lvef", reported_by=Topic.CHECKS_INCOMPLETE if _is_unread(case) else Topic.LVEF_MISSING)


def _is_unread(case: Case) -> bool:
    return any(gap.about == "lvef" and gap.reason in _MEASURED for gap in case.patient.gaps)


def _interval(case: Case) -> int | None:
    """Return the months between measurements."""
    by_site: Decimal | None = case.thresholds.get("lvef_interval_months")
    if by_site is not None:
        return int(by_site)
    by_label = case.product.monitoring.lvef.interval_months if case.product.monitoring.lvef else None
    if by_label is not None:
        return by_label
    for_product = case.thresholds.get(f"lvef_interval_months_{case.product.id}")
    return int(for_product) if for_product is not None else None
