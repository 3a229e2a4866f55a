"""The notes of an order: the doses in them, and what they say of the dose and its schedule in other words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.facts.order import OrderNote
from cards.facts.schedules import DAY
from cards.values.text_cache import cached_by_text
from fhir_mappings.medications.diluents import diluents_in
from fhir_mappings.medications.dose_remarks import dose_remarks
from fhir_mappings.medications.doses_in_text import noted_doses
from fhir_mappings.medications.infusion import minutes_in, names_a_push
from fhir_mappings.medications.other_units import amounts_in_other_units
from fhir_mappings.medications.schedule_text import read_schedule_text
from fhir_mappings.medications.stated_weights import weights_in
from fhir_mappings.wire.folding import SENTENCES
from fhir_mappings.wire.narratives import notes_of

if TYPE_CHECKING:
    from decimal import Decimal

    from fhir_mappings.wire.lenient import Json

_CHANGED_TO = re.compile(
    r"^(?:please |pls |note:? )?(?:(?:schedule |dosing |frequency )?(?:is |was )?"
    r"(?:(?:should|must|needs? to|has to|supposed to|to) be|now|change[sd]?|switch(?:ed)?|move[sd]?)"
    r"(?: (?:dosing|schedule|frequency|given))?(?: (?:from .{1,20} )?to)? )",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"\b(?:give|given|administer\w{0,2}|infuse\w?|inject\w{0,2}|dos(?:e|es|ing)|schedule|treatment|cycles?|chang\w{1,3}|switch\w{0,3})\b",
    re.IGNORECASE,
)
_FROM_NOW_ON = re.compile(r" (?:from (?:now|here|this cycle) on|from now|going forward)\W{0,2}\Z", re.IGNORECASE)


def notes(resource: Json) -> tuple[OrderNote, ...]:
    """Read the notes on an order."""
    return tuple(map(note_of, notes_of(resource)))


@cached_by_text
def note_of(written: str) -> OrderNote:
    """Read a text that is not an instruction."""
    return OrderNote(
        written,
        noted_doses(written),
        dose_remarks(written),
        amounts_in_other_units(written),
        _every_days(written),
        min(minutes_in(written), default=None),
        names_a_push(written),
        diluents_in(written),
        weights_in(written),
    )


def _every_days(written: str) -> Decimal | None:
    """Return the fewest days between doses of a note, or of a sentence in it that speaks of giving the drug.

    Either is understood to its last word; "daily" alone may be one dose.
    """
    sentences = [each for each in SENTENCES.split(written) if _GIVEN.search(each)]
    found = (_understood(each.strip()) for each in (written, *sentences))
    return min((each for each in found if each is not None), default=None)


def _understood(written: str) -> Decimal | None:
    said = read_schedule_text(_FROM_NOW_ON.sub("", _CHANGED_TO.sub("", written)))
    if said.unread or said.others or (said.every_days == DAY and said.doses is None and said.lasts_days is None):
        return None
    return said.every_days
