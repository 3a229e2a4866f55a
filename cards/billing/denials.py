"""Reasons why a payer would deny the claim, as far as the order, the session and the chart show them in advance.

Each finding is a line of evidence whose label is a key of the wording.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.billing.administration import given
from cards.billing.claim_sheet import codes
from cards.billing.diagnoses import primary_codes, receptor_codes, secondary_codes
from cards.coverage.payers import may_steer
from cards.facts.outcomes import Evidence, Fired
from cards.knowledge.schema import Setting
from cards.knowledge.schema.billing import Where
from cards.readings.case import dated
from cards.readings.her2 import her2_of
from cards.rules.dose import dose_above_maximum
from cards.rules.her2 import erbb2_mutation_missing
from cards.values.codes import ndc_readings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.billing.bill import Bill
    from cards.coverage.view import View
    from cards.facts.billing import ClaimLine

# Evaluation and management (E/M) visits.
_VISIT = "99"
_CLAIM_FORM = re.compile(r"\d{11}|\d{5}-\d{4}-\d{2}")


def denials(view: View, billed: Bill) -> tuple[Evidence, ...]:
    """List everything that would lead to a denial."""
    lines = claim_lines(view)
    return (
        *_dose(view),
        *_ndcs(view),
        *_drug_lines(view, billed, lines),
        *_modifiers(view, billed, [line for line in lines if _is_own(line, billed)]),
        *_misplaced(view, billed, lines),
        *_administration(view, lines),
        *_premedication(view, lines),
        *_places(view, lines),
        *_diagnoses(view),
        *_her2(view),
    )


def has_both_modifiers(view: View, billed: Bill) -> bool:
    """Return whether the session's drug lines say both that drug was discarded (JW) and that none was (JZ)."""
    known = view.known.modifiers
    stated = {modifier for line in claim_lines(view) if _is_own(line, billed) for modifier in line.modifiers}
    return {known.discarded, known.nothing_discarded} <= stated


def claim_lines(view: View) -> list[ClaimLine]:
    """List the session's lines for the order: linked ones, and all others if it is the only order."""
    supplied = view.facts.supplied.get(view.case.order.origin.path)
    alone = not any(order.in_focus and identity.in_scope for order, identity in view.case.others)
    return [line for line in supplied.lines if line.linked or alone] if supplied else []


def _dose(view: View) -> Iterator[Evidence]:
    """Yield a dose above the label's maximum, which payers do not cover without justification."""
    outcome = dose_above_maximum(view.case)
    if isinstance(outcome, Fired):
        yield Evidence("denial-dose", outcome.values["dose"], values=(("maximum", outcome.values["maximum"]),))


def _is_own(line: ClaimLine, billed: Bill) -> bool:
    return line.code in {entry.code for entry in billed.entries}


def _ndcs(view: View) -> Iterator[Evidence]:
    """Look for an NDC that is not in claim format."""
    recognizer = view.case.recognizer
    for ndc in view.case.order.ndcs:
        if _CLAIM_FORM.fullmatch(ndc.text.strip()):
            continue
        known = [reading for reading in ndc_readings(ndc.text) if recognizer.ndc(reading) is not None]
        wanted = known[0] if len(known) == 1 else ""
        yield Evidence("denial-ndc" if wanted else "denial-ndc-unread", ndc.text, values=(("wanted", wanted),))


def _drug_lines(view: View, billed: Bill, lines: list[ClaimLine]) -> Iterator[Evidence]:
    """Look for a drug code on the order or in the session for another drug, or for no specific drug."""
    own = {entry.code for entry in billed.entries}
    for written in view.case.order.billing:
        meaning = view.case.recognizer.hcpcs.get(written.code)
        if not written.on_the_order or written.code in own:
            continue
        if meaning is not None:
            other = view.case.recognizer.product(meaning.target.product).name
            yield Evidence("denial-other-drug", written.code, written.holder, values=(("other", other),))
        elif written.code in view.case.recognizer.unspecific and own:
            yield Evidence("denial-unspecific", written.code, written.holder, values=(("wanted", codes(billed)),))
    for line in lines:
        meaning = view.case.recognizer.hcpcs.get(line.code)
        if meaning is not None and not _is_own(line, billed) and (line.linked or _is_look_alike(view, line.code)):
            other = view.case.recognizer.product(meaning.target.product).name
            yield Evidence("denial-other-drug", line.code, line.origin, values=(("other", other),))


def _is_look_alike(view: View, code: str) -> bool:
    """Return whether an unlinked code is for a look-alike of this drug, and not for another order."""
    product = view.case.recognizer.hcpcs[code].target.product
    ordered = {identity.product.id for _, identity in view.case.others if identity.product}
    return product in view.case.product.look_alikes and product not in ordered


def _modifiers(view: View, billed: Bill, own: list[ClaimLine]) -> Iterator[Evidence]:
    """Check the modifiers of the drug lines against the discarded amount; a bare code is an order, not a claim line."""
    stated = [line for line in own if line.quantity is not None or line.modifiers]
    modifiers = {modifier for line in stated for modifier in line.modifiers}
    if not stated:
        return
    known, where = view.known.modifiers, stated[0].origin
    jw, jz = known.discarded in modifiers, known.nothing_discarded in modifiers
    if known.ended.code in modifiers:
        yield Evidence(
            "denial-340b", known.ended.code, where, values=(("instead", known.ended.instead),), by=known.ended.by
        )
    if jw and jz:
        yield Evidence("denial-both-modifiers", "", where)
        return
    if not billed.doses or billed.doses[0].lines is None:
        return
    drawn, discarded = billed.doses[0].drawn, billed.doses[0].lines.discarded_units
    if drawn.multi_dose:
        if jw or jz:
            yield Evidence("denial-multi-dose", "", where)
    elif discarded and jz:
        yield Evidence("denial-jz-with-waste", str(discarded), where)
    elif discarded and not jw:
        yield Evidence("denial-no-jw", str(discarded), where)
    elif not discarded and jw:
        yield Evidence("denial-jw-without-waste", "", where)
    elif not discarded and not jz:
        yield Evidence("denial-no-jz", "", where)


def _administration(view: View, lines: list[ClaimLine]) -> Iterator[Evidence]:
    """Look for infusion codes other than those for chemotherapy."""
    never = {each.code for each in view.known.administration.never}
    wanted = view.known.administration.first_hour.code
    for line in lines:
        if line.code in never:
            yield Evidence("denial-administration", line.code, line.origin, values=(("wanted", wanted),))
    supplied = view.facts.supplied.get(view.case.order.origin.path)
    minutes = supplied.infusion_minutes if supplied else None
    doses = given(view.known.administration, view.case.product, minutes, dose=len(view.case.history) + 1)
    for line in lines:
        if line.code == view.known.administration.further_hour.code and not doses.further_hours:
            long = "" if doses.minutes is None else str(doses.minutes)
            yield Evidence("denial-further-hour", line.code, line.origin, values=(("minutes", long),))


def _misplaced(view: View, billed: Bill, lines: list[ClaimLine]) -> Iterator[Evidence]:
    """Look for visit modifiers on other lines, and for procedure modifiers on the drug's own lines."""
    for known in view.known.modifiers.on_lines:
        is_of_visit = known.belongs_on is Where.VISIT
        for line in lines:
            is_wrong = not line.code.startswith(_VISIT) if is_of_visit else _is_own(line, billed)
            for modifier in line.modifiers:
                if is_wrong and modifier in known.codes:
                    label = f"denial-modifier-{known.belongs_on}"
                    yield Evidence(label, modifier, line.origin, values=(("code", line.code),), by=known.by)


def _premedication(view: View, lines: list[ClaimLine]) -> Iterator[Evidence]:
    """Look for codes for additional drugs without any additional drug ordered."""
    known = view.known.administration
    if any(not identity.in_scope for _, identity in view.case.others):
        return
    code = given(known, view.case.product, None, dose=len(view.case.history) + 1).code
    route = "injection" if code == known.subcutaneous else "infusion"
    further = {each.code: each.by for each in known.premedication}
    for line in lines:
        if line.code in further:
            values = (("wanted", code.code), ("route", route))
            yield Evidence("denial-premedication", line.code, line.origin, values=values, by=further[line.code])


def _places(view: View, lines: list[ClaimLine]) -> Iterator[Evidence]:
    """Look for a place of service that commercial payers steer away from after the first doses."""
    if not may_steer(view):
        return
    given = len(view.case.history)
    for site in view.known.site_of_care:
        if view.case.product.id not in site.products:
            continue
        away = {
            code
            for place in site.places
            if place.steered_away_after is not None and given >= place.steered_away_after
            for code in place.codes
        }
        for line in lines:
            for place in line.places:
                if place in away:
                    yield Evidence("denial-place", place, line.origin, values=(("given", str(given)),))


def _diagnoses(view: View) -> Iterator[Evidence]:
    """Check the recorded diagnosis codes: incomplete, of the other sex, against the HER2 result, or missing."""
    known, case = view.known.diagnoses, view.case
    primary = primary_codes(view.facts.codes, known, case.patient.sex)
    if not primary:
        history = next((each for each in view.facts.codes if each.code == known.history.code), None)
        if history is not None:
            yield Evidence("denial-history-alone", history.code, history.origin)
        else:
            yield Evidence("denial-no-diagnosis", "")
    if primary and case.setting is Setting.METASTATIC and not secondary_codes(view.facts.codes, known):
        yield Evidence("denial-no-secondary", " / ".join(known.secondary))
    for checked in primary:
        if checked.fault is not None:
            yield Evidence(f"denial-code-{checked.fault}", checked.recorded.code, checked.recorded.origin)
    for recorded, _, fault in receptor_codes(view.facts.codes, known, her2_of(case)):
        if fault is not None:
            yield Evidence(f"denial-code-{fault}", recorded.code, recorded.origin)


def _her2(view: View) -> Iterator[Evidence]:
    """Check the pathology that every payer asks for: missing, IHC 2+ without ISH, or a tier that does not qualify."""
    case = view.case
    if isinstance(erbb2_mutation_missing(case), Fired):
        yield Evidence("denial-mutation-none", case.drug, parts=_billed_under("erbb2-mutation", view))
    rows = [row for row in case.eligibility if not case.cancers or not case.cancers.isdisjoint(row.cancers)]
    tiers = {tier for row in rows for tier in row.tiers}
    if not tiers:
        return
    status = her2_of(case)
    lines = tuple(Evidence("her2-result", dated(r.as_reported, r.on), r.origin) for r in status.results)
    if not status.possible:
        yield Evidence("denial-her2-none", "", parts=_billed_under("her2-ihc", view))
    elif status.needs_ish:
        yield Evidence("denial-her2-ish", "", parts=(*lines, *_billed_under("her2-ish", view)))
    elif status.possible.isdisjoint(tiers):
        yield Evidence("denial-her2-tier", case.drug, parts=lines)


def _billed_under(test: str, view: View) -> tuple[Evidence, ...]:
    """Return the billing codes of a missing test, which is billed separately from the drug."""
    wanted = (each for each in view.known.test_codes if each.test == test)
    return tuple(Evidence("test-codes", " / ".join(each.codes), by=each.by) for each in wanted)
