"""The lines of the billing card, one function per section. Labels are keys of the wording; numbers have sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.billing.administration import HOUR, given
from cards.billing.bill import packages_for, uses_same_unit
from cards.billing.diagnoses import hormone_of_codes, primary_codes, receptor_code, receptor_codes, secondary_codes
from cards.coverage.payers import may_steer
from cards.facts.billing import BillingFacts, RecordedCode
from cards.facts.outcomes import Evidence
from cards.knowledge.schema import Cited, Confidence
from cards.readings.her2 import her2_of
from cards.values.quantities import plain, precise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from cards.billing.bill import Bill
    from cards.billing.vials import Drawn
    from cards.coverage.view import View
    from cards.knowledge.prices import PriceList
    from cards.knowledge.schema.billing import BillingKnowledge
    from cards.readings.case import Case

_YEAR = 365
PRICES = Cited(source="cms-asp", section="payment limits", confidence=Confidence.PRIMARY)


def vials(drawn: Drawn) -> str:
    """Write vials as a pharmacist would: ``1x160 + 1x100 mg``."""
    return " + ".join(f"{number}x{size}" for size, number in drawn.vials) + " mg"


def codes(billed: Bill) -> str:
    """Write the codes that may fit."""
    return " / ".join(entry.code for entry in billed.entries)


def code_lines(case: Case, billed: Bill, known: BillingKnowledge) -> tuple[Evidence, ...]:
    """Return the codes with descriptor and unit, and what a unit of a combination product counts."""
    if not billed.entries:
        return (Evidence("no-hcpcs", ""),)
    listed = tuple(
        _line("hcpcs", entry.code, entry.by, descriptor=entry.descriptor, unit=plain(entry.unit_mg))
        for entry in billed.entries
    )
    if case.product.component_doses_mg:
        return (*listed, Evidence("counts-both", billed.code, by=known.supply(case.product.id).by))
    return listed if billed.code else (Evidence("code-of-brand", ""), *listed)


def written_claim_lines(billed: Bill, known: BillingKnowledge) -> tuple[Evidence, ...]:
    """Return the drug lines of each dose: no modifier beside JW, JZ alone, neither for a multi-dose vial."""
    lines = []
    code = billed.code or "?"
    for each in billed.doses:
        if each.lines is None:
            continue
        for line in each.lines.lines:
            label = f"line-{line.modifier.casefold() or ('multi-dose' if each.drawn.multi_dose else 'administered')}"
            by = known.modifiers.multi_dose if each.drawn.multi_dose else known.modifiers.by
            if not line.is_discarded and not each.lines.discarded_units and each.drawn.discarded_mg:
                label, by = "line-less-than-a-unit", known.modifiers.rounding
            lines.append(_line(label, code, by, units=str(line.units), dose=str(each.dose)))
    if lines:
        revenue = known.revenue_code
        lines.append(_line("revenue", revenue.code, revenue.by, meaning=revenue.meaning))
        boxes = "; ".join(f"{each.box}: {each.holds}" for each in known.claim_boxes)
        lines.append(Evidence("claim-boxes", boxes, by=known.claim_boxes[-1].by))
    return tuple(lines)


def authorization_lines(view: View, billed: Bill) -> tuple[Evidence, ...]:
    """Return the number of a prior authorization on record for the drug, and the box that it goes into."""
    box = view.known.authorization_box
    codes_ = {entry.code for entry in billed.entries}
    return tuple(
        Evidence("authorization", each.number, each.origin, values=(("box", box.box),), by=box.by)
        for each in view.facts.approvals
        if each.is_for(codes_, view.case.planned)
    )


def record_lines(view: View, billed: Bill) -> tuple[Evidence, ...]:
    """List what to keep with the claim: times, lot numbers, and why these vials were chosen."""
    by = view.known.records
    lines = [] if view.case.product.infusion is None else [Evidence("record-times", "", by=by)]
    lines.append(Evidence("record-lots", "", by=by))
    lines += [
        _line("record-waste", vials(each.drawn), by, left=plain(each.drawn.discarded_mg))
        for each in billed.doses
        if each.drawn.discarded_mg and not each.drawn.multi_dose
    ]
    return tuple(lines)


def vial_lines(case: Case, billed: Bill, known: BillingKnowledge) -> tuple[Evidence, ...]:
    """Return the vials of each dose, and the packages with quantity and unit for the claim."""
    supply = known.supply(case.product.id)
    unit = next(each for each in known.ndc_units if each.form is supply.form)
    volumes = {vial.contents_mg: vial.volume_ml for vial in supply.vials}
    lines = []
    for each in billed.doses:
        drawn = each.drawn
        label = "drawn-multi-dose" if drawn.multi_dose else "drawn"
        amounts = {"dose": str(each.dose), "drawn": str(drawn.contents_mg), "left": plain(drawn.left_mg)}
        lines.append(_line(label, vials(drawn), supply.by, **amounts))
        for size, number in drawn.vials:
            volume = volumes.get(size)
            quantity = str(number) if volume is None else plain(number * volume)
            found = packages_for(case, billed.brand, size, multi_dose=drawn.multi_dose) if billed.brand else ()
            counted = {"size": str(size), "unit": unit.unit, "quantity": quantity}
            if not found:
                lines.append(_line("package-unknown", str(size), unit.by, **counted))
            elif len(found) > 1:
                # If a vial has several NDCs, the claim needs the dispensed one.
                numbers = " / ".join(package.ndc for package in found)
                lines.append(_line("package-one-of", numbers, found[0].by, **counted))
            else:
                digits = found[0].ndc.replace("-", "")
                lines.append(_line("package", found[0].ndc, found[0].by, digits=digits, **counted))
            lines += [
                _line("package-carton", package.ndc, package.by, vials=str(package.vials))
                for package in found
                if package.vials > 1
            ]
    if billed.doses:
        lines.append(Evidence(f"ndc-{supply.form}", unit.unit, by=unit.by))
    return tuple(lines)


def administration_lines(view: View) -> tuple[Evidence, ...]:
    """Return the administration codes; a further hour is a caution, with the minutes that it requires."""
    known, case = view.known.administration, view.case
    supplied = view.facts.supplied.get(case.order.origin.path)
    minutes = supplied.infusion_minutes if supplied else None
    doses = given(known, case.product, minutes, dose=len(case.history) + 1)
    lines = [Evidence("procedure", doses.code.code, values=(("meaning", doses.code.meaning),), by=doses.code.by)]
    if doses.infusion is not None:
        which = "first" if not case.history else "later"
        label = "infusion-ordered" if doses.ordered else f"infusion-{which}"
        lines.append(Evidence(label, str(doses.minutes), by=None if doses.ordered else doses.infusion.by))
        further = "further-hours" if doses.further_hours else "no-further-hour"
        hours = (("hours", str(doses.further_hours)), ("minutes", str(HOUR + known.further_hour.over_minutes)))
        lines.append(Evidence(further, known.further_hour.code, values=hours, by=known.further_hour.by))
        if any(not identity.in_scope for _, identity in case.others):
            said = ", ".join(f"{each.code} {each.meaning}" for each in known.premedication)
            lines.append(Evidence("premedication", said, by=known.premedication[0].by))
        if any(identity.in_scope for _, identity in case.others):
            lines.append(Evidence("second-drug", known.second_drug.code, by=known.second_drug.by))
    never = " / ".join(each.code for each in known.never)
    lines.append(Evidence("never-procedure", never, by=known.never[0].by))
    return tuple(lines)


def diagnosis_lines(view: View) -> tuple[Evidence, ...]:
    """Return the recorded diagnosis codes, and the receptor code that the results support."""
    known, facts, case = view.known.diagnoses, view.facts, view.case
    lines = [
        Evidence(
            "primary-code" if checked.says else "primary-code-plain",
            _with_words(checked.recorded),
            checked.recorded.origin,
            values=(("says", checked.says),),
            by=checked.by,
        )
        for checked in primary_codes(facts.codes, known, case.patient.sex)
    ]
    if not lines:
        lines.append(Evidence("no-primary-code", "", by=known.breast.by))
    lines += [
        Evidence("secondary-code", _with_words(each), each.origin) for each in secondary_codes(facts.codes, known)
    ]
    lines += _approval_lines(case)
    lines += _receptor_lines(view, facts)
    encounter = " / ".join(each.code for each in known.encounter)
    lines.append(Evidence("encounter-code", encounter, by=known.encounter[0].by))
    return tuple(lines)


def _approval_lines(case: Case) -> Iterator[Evidence]:
    """Yield the labeled use if every one for the cancer has an accelerated approval, which payers ask about."""
    rows = case.eligibility_for_cancers if case.cancers else ()
    cited = [row.accelerated for row in rows if row.accelerated is not None]
    if rows and len(cited) == len(rows):
        uses = "; ".join(dict.fromkeys(row.wording for row in rows))
        yield Evidence(
            "approval-accelerated", uses, by=min(cited, key=lambda by: by.confidence is not Confidence.PRIMARY)
        )


def _with_words(recorded: RecordedCode) -> str:
    """Write a recorded code with its description, if any."""
    return recorded.code if recorded.label == recorded.code else f"{recorded.code} {recorded.label}"


def _receptor_lines(view: View, facts: BillingFacts) -> Iterator[Evidence]:
    """Yield the recorded receptor codes, and the one that the results support, for breast cancer."""
    known = view.known.diagnoses
    recorded = receptor_codes(facts.codes, known, her2_of(view.case))
    for each, meaning, _ in recorded:
        said = (("meaning", meaning.meaning if meaning else each.label),)
        yield Evidence("receptor-on-record", each.code, each.origin, values=said)
    if "breast" not in view.case.cancers or view.case.planned < known.receptors_since:
        return
    allowed = receptor_code(known, her2_of(view.case), facts.receptors, coded=hormone_of_codes(facts.codes, known))
    if allowed is None:
        yield Evidence("receptor-open", "")
    elif allowed.code not in {each.code for each, _, _ in recorded}:
        yield Evidence("receptor-allowed", allowed.code, values=(("meaning", allowed.meaning),), by=allowed.by)


def payment_lines(case: Case, billed: Bill, known: BillingKnowledge, prices: PriceList | None) -> tuple[Evidence, ...]:
    """Return the payment limit of the site's price file, with its quarter and age; nothing without such a file."""
    if prices is None or not billed.code:
        return ()
    price = prices.prices.get(billed.code)
    period = (("quarter", prices.quarter), ("until", prices.until.isoformat()))
    if price is None:
        return (Evidence("price-unknown", billed.code, values=period, by=PRICES),)
    if not uses_same_unit(price, billed.entries[0]):
        return (Evidence("price-other-unit", price.dosage, values=(("code", billed.code), *period), by=PRICES),)
    lines = [Evidence("price", precise(price.limit), values=(("code", billed.code), *period), by=PRICES)]
    for each in billed.doses:
        if each.lines is not None:
            amount = price.limit * each.lines.billed_units
            billed_units = (("units", str(each.lines.billed_units)), ("dose", str(each.dose)))
            lines.append(Evidence("payment", f"{amount:,.2f}", values=billed_units, by=PRICES))
            lines += _course_payment(case, amount)
    if price.coinsurance is not None and price.coinsurance != known.usual_coinsurance.percent:
        lines.append(Evidence("price-coinsurance", precise(price.coinsurance), values=period, by=PRICES))
    if (expired := prices.days_expired(case.planned)) > 0:
        lines.append(Evidence("price-expired", str(expired), values=period, by=PRICES))
    elif case.planned < prices.since:
        lines.append(Evidence("price-early", prices.since.isoformat(), values=period, by=PRICES))
    return tuple(lines)


def _course_payment(case: Case, amount: Decimal) -> Iterator[Evidence]:
    """Yield the amount for the whole course at this dose: the label's course, else the order's, else a year."""
    limit = next(
        (
            each
            for each in case.product.cycle_limits
            if each.cycles is not None and each.setting is case.setting and not case.cancers.isdisjoint(each.cancers)
        ),
        None,
    )
    if limit is not None and limit.cycles is not None:
        total = f"{amount * limit.cycles:,.2f}"
        yield Evidence("payment-course", total, values=(("count", str(limit.cycles)),), by=limit.by)
        return
    if (planned := case.order.cycles or 1) > 1:
        yield Evidence("payment-planned", f"{amount * planned:,.2f}", values=(("count", str(planned)),), by=PRICES)
        return
    days = case.order.interval_days
    if days is not None and days >= 1:
        count = int(_YEAR // days)
        values = (("count", str(count)), ("days", plain(days)))
        yield Evidence("payment-year", f"{amount * count:,.2f}", values=values, by=PRICES)


def site_lines(view: View) -> tuple[Evidence, ...]:
    """Say which sites of care payers steer the product to, and how many doses are on record."""
    if not may_steer(view):
        return ()
    lines = []
    for site in view.known.site_of_care:
        if view.case.product.id not in site.products:
            continue
        for place in site.places:
            where = f"{place.meaning} (POS {', '.join(place.codes)})"
            after = place.steered_away_after
            label = "place" if after is None else "place-away" if after else "place-never"
            lines.append(_line(label, where, site.by, doses=str(after), given=str(len(view.case.history))))
    return tuple(lines)


def _line(label: str, text: str, by: Cited, **values: str) -> Evidence:
    return Evidence(label, text, values=tuple(values.items()), by=by)
