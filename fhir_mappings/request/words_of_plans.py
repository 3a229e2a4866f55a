"""What a RequestGroup or a CarePlan says of an order that it refers to: in notes, and in words or a time of its step.

Source: FHIR R4 RequestGroup and CarePlan; R5 RequestOrchestration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cards.facts.order import OrderNote
from cards.facts.schedules import Schedule
from fhir_mappings.medications.doses_in_text import noted_doses
from fhir_mappings.medications.order_notes import note_of, notes
from fhir_mappings.medications.schedule import rhythms
from fhir_mappings.request.selection import is_group, steps_of_group
from fhir_mappings.wire.lenient import Json, child, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.facts.order import DrugOrder
    from cards.facts.schedules import Rhythm
    from fhir_mappings.request.selection import Entry
    from fhir_mappings.wire.references import References

_OF_STEP = ("title", "textEquivalent", "description")


class PlanWords(msgspec.Struct, frozen=True):
    """The notes of a plan, the texts of its step for an order, and the schedules of that step."""

    notes: tuple[OrderNote, ...] = ()
    restated: tuple[OrderNote, ...] = ()
    rhythms: tuple[Rhythm, ...] = ()

    def added_to(self, order: DrugOrder) -> DrugOrder:
        """Return an order with what its plan says of it."""
        schedule = Schedule(tuple(dict.fromkeys((*order.schedule.rhythms, *self.rhythms))))
        return msgspec.structs.replace(
            order,
            notes=(*order.notes, *self.notes),
            restated=(*order.restated, *self.restated),
            schedule=schedule,
            interval_days=schedule.interval_days,
            cycles=schedule.count,
        )


def words_of_plans(entries: Iterable[Entry], references: References) -> dict[int, PlanWords]:
    """Return what the plans of a session say of each order that they refer to, by the identity of its resource."""
    found: dict[int, PlanWords] = {}
    for _, plan, _ in entries:
        if plan is None or not is_group(plan):
            continue
        of_plan = notes(plan)
        for step, referred in steps_of_group(plan):
            order = references.resolve(referred, plan)
            if order is None:
                continue
            before = found.get(id(order), PlanWords())
            texts = (text(step.get(name)) for name in _OF_STEP)
            found[id(order)] = PlanWords(
                (*before.notes, *of_plan, *_progress(step)),
                (*before.restated, *(OrderNote(each, noted_doses(each)) for each in texts if each.strip())),
                (*before.rhythms, *rhythms({"dosageInstruction": _timed(step)})),
            )
    return {each: said for each, said in found.items() if said != PlanWords()}


def _progress(step: Json) -> Iterable[OrderNote]:
    return (note_of(said) for _, note in objects(step.get("progress")) if (said := text(note.get("text"))))


def _timed(step: Json) -> list[Json]:
    timing = child(step, "timingTiming")
    return [{"timing": timing}] if timing else []
