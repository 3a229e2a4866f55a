"""The notes of an order: the doses in them, and what they say of the dose and its schedule in other words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.order import OrderNote
from cards.values.text_cache import cached_by_text
from fhir_mappings.medications.dose_remarks import dose_remarks
from fhir_mappings.medications.doses_in_text import noted_doses
from fhir_mappings.medications.other_units import amounts_in_other_units
from fhir_mappings.medications.schedule_text import read_schedule_text
from fhir_mappings.wire.lenient import objects, text

if TYPE_CHECKING:
    from decimal import Decimal

    from fhir_mappings.wire.lenient import Json


def notes(resource: Json) -> tuple[OrderNote, ...]:
    """Read the notes on an order."""
    found = (text(annotation.get("text")) for _, annotation in objects(resource.get("note")))
    return tuple(_note(written) for written in found if written)


@cached_by_text
def _note(written: str) -> OrderNote:
    return OrderNote(
        written,
        noted_doses(written),
        dose_remarks(written),
        amounts_in_other_units(written),
        _every_days(written),
    )


def _every_days(written: str) -> Decimal | None:
    """Return the days between doses of a note that is understood to its last word."""
    said = read_schedule_text(written)
    return None if said.unread or said.others else said.every_days
