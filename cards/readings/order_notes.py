"""Drugs and doses in an order's notes other than its own; no rule guesses what a note means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.outcomes import Missing
from cards.identification.folding import fold
from cards.knowledge.label_doses import near
from cards.readings.case import shortened
from cards.readings.dose_remarks import contradicted
from cards.readings.dosing import in_basis, may_be_own, usable_doses
from cards.readings.stated_doses import in_another_unit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from cards.facts.order import NotedDose, OrderNote
    from cards.readings.case import Case
    from cards.values.quantities import Mg, MgPerKg


_RINSES = frozenset({"flush", "flushes", "flushed", "saline", "heparin", "hydration", "hydrate", "fluids", "rinse"})
"""Words for other infusions; a note with one of them is not about the infusion of the drug."""


def unread_in_notes(case: Case) -> tuple[Missing, ...]:
    """Return the doses and drugs of the notes that are not those of the order."""
    doses = tuple(dict.fromkeys(_other_doses(case)))
    found = []
    if doses:
        usable = usable_doses(case)
        written = usable[0].ordered.as_written if usable else "-"
        found.append(Missing("dose-in-note", values={"doses": ", ".join(map(str, doses)), "dose": written}))
    found += [
        Missing("drug-in-note", values={"other": other, "written": shortened(note.text)})
        for note in case.order.notes
        if (other := _other_drugs(case, note.text))
    ]
    found += _remarks(case)
    return tuple(found)


def restated_otherwise(case: Case) -> Iterator[Missing]:
    """Yield another drug or another dose in a text that should repeat what the order says.

    It is told only where the text has nothing of the order's own, because a narrative may have much besides.
    """
    own = {case.product.id, *case.product.parts}
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    for note in case.order.restated:
        targets = {each.product for meaning in case.recognizer.read_text(note.text).meanings for each in meaning}
        if targets and own.isdisjoint(targets) and (other := _other_drugs(case, note.text)):
            yield Missing("drug-in-note", values={"other": other, "written": shortened(note.text.strip())})
        doses = [noted.dose for noted in note.doses if may_be_own(case, noted.dose)]
        agree = [near(dose.value, each.value, tolerance) for each in doses for _, dose in in_basis(case, type(each))]
        if agree and not any(agree):
            values = {"doses": ", ".join(map(str, doses)), "dose": usable_doses(case)[0].ordered.as_written}
            yield Missing("dose-in-note", values=values)


def _remarks(case: Case) -> Iterator[Missing]:
    """Yield what the notes say of the dose in other words or units, or of its schedule, that does not fit the order."""
    for note in case.order.notes:
        yield from contradicted(case, note.remarks, "note-remark")
        for said in _of_infusion(case, note):
            yield Missing("note-infusion", values={"said": said, "written": shortened(note.text)})
        usable = usable_doses(case)
        if not usable:
            continue
        dose = usable[0].ordered.as_written
        if note.other_units and (other := in_another_unit(case, note.other_units)) is not None:
            yield Missing("note-remark", values={"said": other.text, "dose": dose})
        if note.every_days is not None and _is_too_often(case, note.every_days):
            yield Missing("note-remark", values={"said": shortened(note.text), "dose": dose})


def _of_infusion(case: Case, note: OrderNote) -> Iterator[str]:
    """Yield what a note says of the infusion that the label does not allow, unless it may be about another drug."""
    if not (note.is_push or note.minutes is not None or note.diluents):
        return
    words = {fold(word) for word in note.text.replace(",", " ").split()}
    if not words.isdisjoint(case.recognizer.supportive_drugs | _RINSES):
        return
    times = case.product.infusion
    if times is not None and note.is_push:
        yield "push or bolus"
    elif times is not None and note.minutes is not None:
        shortest = min(each.minutes for each in times.steps)
        if note.minutes < shortest:
            yield f"{note.minutes} min"
    forbidden = {each.diluent for each in case.product.forbidden_diluents}
    yield from (str(each) for each in note.diluents if each in forbidden)


def _is_too_often(case: Case, every_days: Decimal) -> bool:
    """Return whether doses of an infusion are as near as in no labeled schedule."""
    if case.product.is_oral or not case.regimens:
        return False
    shortest = min(each.interval_days for each in case.regimens)
    return every_days < shortest - case.threshold("interval_window_days")


def _other_doses(case: Case) -> Iterator[Mg | MgPerKg]:
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    for note in case.order.notes:
        for noted in note.doses:
            if _is_of_another_drug(case, noted):
                continue
            ordered = in_basis(case, type(noted.dose))
            readings = (noted.dose, *noted.or_else)
            if not any(near(dose.value, each.value, tolerance) for _, dose in ordered for each in readings):
                yield noted.dose


def _is_of_another_drug(case: Case, noted: NotedDose) -> bool:
    """Return whether the word before a dose names another drug, judged like a drug text.

    A word that is not known may be that name; not where the amount is a level of the ordered drug or above its maximum.
    """
    if not noted.after:
        return False
    if fold(noted.after) in case.recognizer.supportive_drugs or case.recognizer.other_drugs(noted.after):
        return True
    return bool(case.recognizer.read_text(noted.after).unread) and not may_be_own(case, noted.dose)


def _other_drugs(case: Case, written: str) -> str:
    """List the products that a note names beside the ordered one, and its parts.

    A clause on an earlier treatment does not count, nor one on a partner that the label gives with the ordered drug.
    """
    if not _named(case, written):
        return ""
    named: set[str] = set()
    for clause in case.recognizer.clauses_of_now(written):
        found = _named(case, clause)
        if found and case.recognizer.is_of_partner(clause):
            found = {each for each in found if not _is_partner(case, each)}
        named |= found
    return " / ".join(case.recognizer.product(each).name for each in sorted(named))


def _is_partner(case: Case, other: str) -> bool:
    """Return whether another product may be given with the ordered one: no shared antibody, and not kept apart."""
    product = case.recognizer.product(other)
    is_apart = any(pair.separates(case.product.id, other) for pair in case.known.kept_apart)
    return not is_apart and not product.antibodies & case.product.antibodies


def _named(case: Case, written: str) -> set[str]:
    own = {case.product.id, *case.product.parts}
    return {
        target.product
        for meaning in case.recognizer.read_text(written).meanings
        if all(target.product not in own for target in meaning)
        for target in meaning
    }
