"""Preparation and administration: route, diluent and infusion time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.outcomes import (
    CannotTell,
    Clear,
    Evidence,
    Fired,
    Indicator,
    Missing,
    NotApplicable,
    Outcome,
    RemoveOrder,
)
from cards.knowledge.label_doses import near
from cards.knowledge.schema import LevelRole, Route
from cards.readings.case import shortened
from cards.readings.parts_of_dose import judged_levels
from cards.values.quantities import plain

if TYPE_CHECKING:
    from cards.knowledge.schema import Cited
    from cards.readings.case import Case


def route_wrong(case: Case) -> Outcome:
    """Fire when a product is ordered by a wrong route, such as subcutaneous, intramuscular or intrathecal.

    The form of the Medication counts too, as a warning: it may be that of another product.
    """
    ordered, wanted, by = case.order.route, case.product.route, case.product.route_by
    written = case.order.route_written
    if ordered is None and written and wanted is not None:
        return CannotTell((Missing("route", values={"written": shortened(written), "wanted": str(wanted)}),))
    by_form = case.recognizer.route_of_form(case.order.form) if case.order.form else None
    if (ordered is None and by_form is None) or wanted is None or by is None:
        return NotApplicable("no route on the order")
    if ordered in (wanted, None):
        if by_form not in (wanted, None):
            return _form_wrong(case, wanted, by)
        if case.order.route_in_text:
            values = {"written": shortened(case.order.route_in_text), "ordered": str(wanted)}
            return CannotTell((Missing("route-in-text", values=values, is_urgent=True),))
        return Clear()
    said = shortened(written) if ordered is Route.OTHER else str(ordered)
    return Fired(
        values={"ordered": said[:1].lower() + said[1:], "wanted": str(wanted)},
        evidence=(Evidence("route", said, case.order.origin),),
        cited=(by,),
        fixes=(RemoveOrder(),),
    )


def _form_wrong(case: Case, wanted: Route, by: Cited) -> Fired:
    form = shortened(case.order.form)
    return Fired(
        values={"form": form, "wanted": str(wanted)},
        evidence=(Evidence("form", form, case.order.origin),),
        cited=(by,),
        variant="form",
        indicator=Indicator.WARNING,
        fixes=(RemoveOrder(),),
    )


def diluent_incompatible(case: Case) -> Outcome:
    """Fire when the order names a diluent that the label forbids, or a volume other than the label's (a warning)."""
    if not case.product.forbidden_diluents:
        return NotApplicable("the label forbids no diluent on file")
    if not case.order.diluents:
        return NotApplicable("no diluent on the order")
    for forbidden in case.product.forbidden_diluents:
        if forbidden.diluent in case.order.diluents:
            return Fired(
                values={"diluent": str(forbidden.diluent), "instead": forbidden.instead},
                evidence=(Evidence("diluent", str(forbidden.diluent), case.order.origin),),
                cited=(forbidden.by,),
                fixes=(RemoveOrder(),),
            )
    return _other_volume(case) or Clear()


def _other_volume(case: Case) -> Fired | None:
    """Fire on a bag of another volume than the label's; half a bag for one part of the dose may be right."""
    wanted, ordered = case.product.diluent_volume, case.order.diluent_ml
    if wanted is None or ordered is None or case.order.is_part:
        return None
    if near(ordered, wanted.ml, wanted.tolerance_percent):
        return None
    return Fired(
        values={"ordered": plain(ordered), "wanted": plain(wanted.ml)},
        evidence=(Evidence("diluent", f"{plain(ordered)} mL", case.order.origin),),
        cited=(wanted.by,),
        variant="volume",
        indicator=Indicator.WARNING,
    )


def infusion_rate(case: Case) -> Outcome:
    """Fire when an infusion is ordered as a push or bolus, or faster than the label's time for this dose.

    A loading dose takes as long as a first dose; a maintenance dose without a dose on record counts as a later one,
    because courses may begin elsewhere. Of several times the longest counts, those of fields before those in words.
    """
    times = case.product.infusion
    if times is None:
        return NotApplicable("the label gives no infusion time on file")
    roles = {level.role for _, level in judged_levels(case) if level is not None}
    is_loading = LevelRole.LOADING in roles
    begun_elsewhere = case.is_first_dose and LevelRole.MAINTENANCE in roles and not is_loading
    number = 1 if is_loading else len(case.history) + (2 if begun_elsewhere else 1)
    wanted = times.minutes_at(number)
    values = {"minutes": str(wanted), "number": str(number)}
    if case.order.is_push:
        return Fired(
            values=values,
            evidence=(Evidence("push", "", case.order.origin),),
            cited=(times.by,),
            variant="push",
            fixes=(RemoveOrder(),),
        )
    ordered = max(case.order.set_minutes or case.order.infusion_minutes, default=None)
    if ordered is None:
        return NotApplicable("no infusion time on the order")
    if ordered >= wanted:
        return _shorter_besides(case, min(each.minutes for each in times.steps), ordered)
    return Fired(
        values={**values, "ordered": str(ordered)},
        evidence=(
            Evidence("infusion-time", str(ordered), case.order.origin),
            Evidence("count", str(len(case.history))),
        ),
        cited=(times.by,),
        variant="loading" if is_loading and case.history else "first" if number == 1 else "later",
        indicator=Indicator.WARNING,
    )


def _shorter_besides(case: Case, shortest: int, ordered: int) -> Outcome:
    """Say that the order also has a time that is too short for any dose of the product."""
    short = min((*case.order.set_minutes, *case.order.infusion_minutes), default=ordered)
    if short >= shortest:
        return Clear()
    values = {"short": f"{short} min", "ordered": f"{ordered} min"}
    return CannotTell((Missing("infusion-times", values=values, is_urgent=True),))
