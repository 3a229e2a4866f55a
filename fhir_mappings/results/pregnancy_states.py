"""Observations that say whether the patient is pregnant: a status, an expected delivery date, a gestational age.

They are problems of the chart like a Condition, not tests: "not pregnant" replaces earlier entries of this kind and no
pregnancy test.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from cards.facts.origins import Gap, Origin
from cards.facts.patient import PresentProblem
from cards.knowledge.schema import Problem
from fhir_mappings.codings import codings, texts
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, day, number, text
from fhir_mappings.wire.times import last_day

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.knowledge.schema import Terminology
    from fhir_mappings.wire.lenient import Json

CONCEPT = "pregnancy-state"
DATES = {"delivery": Problem.PREGNANCY_OVER, "last-menstruation": Problem.MENSTRUATION}
"""The concepts whose value is a date that ends earlier pregnancies, or may end them."""
_LONGEST, _SHOWN = 80, 60
_YES, _NO, _UNSURE, _UNKNOWN = "yes", "no", "unsure", "unknown"


class PregnancyStateReader:
    """Reads these Observations; one reader serves every request."""

    def __init__(self, terminology: Terminology) -> None:
        """Index the answers."""
        known = terminology.pregnancy_states
        sides = ((_YES, known.pregnant), (_NO, known.not_pregnant), (_UNSURE, known.unsure), (_UNKNOWN, known.unknown))
        self._answers = {fold(each): side for side, listed in sides for each in listed}
        self._term = known.term_days
        self._days = terminology.reference_ranges.age_units

    def read(self, holder: Json, on: date | None, origin: Origin) -> list[PresentProblem | Gap]:
        """Read what one Observation, or a component, says; an answer that is not known is a possible pregnancy."""
        if (due := text(holder.get("valueDateTime"))) and (until := last_day(due)) is not None:
            return [_pregnancy(f"estimated delivery date {due[:_SHOWN]}", on, origin, until)]
        quantity = child(holder, "valueQuantity")
        if quantity:
            return [self._by_age(quantity, on, origin)]
        concept = child(holder, "valueCodeableConcept")
        written = [text(holder.get("valueString")), *(each.code for each in codings(concept)), *texts(concept)]
        if isinstance(holder.get("valueBoolean"), bool):
            written.append("yes" if holder["valueBoolean"] else "no")
        sides = {self._answers.get(fold(each[:_LONGEST])) for each in written if each} - {None}
        said = next((each for each in (*texts(concept), *written) if each), "?")
        if sides == {_YES} and any(each.code == said for each in codings(concept)):
            # A code says nothing to a reader.
            said = "pregnant"
        label = f"pregnancy status: {said}"[:_SHOWN]
        if sides == {_YES}:
            return [_pregnancy(label, on, origin)]
        if sides == {_NO}:
            return [_pregnancy(label, on, origin, is_past=True)]
        return [] if sides == {_UNKNOWN} else [_unclear(label, on, origin)]

    def read_date(self, concept: str, holder: Json, on: date | None, origin: Origin) -> list[PresentProblem | Gap]:
        """Read the date of a delivery or of the last menstrual period; a delivery still to come is an expected one."""
        written = text(holder.get("valueDateTime"))
        happened = day(written)
        if happened is None:
            return []
        if DATES[concept] is Problem.PREGNANCY_OVER and on is not None and happened > on:
            return self.read(holder, on, origin)
        label = f"{concept.replace('-', ' ')} {written[:_SHOWN]}"
        return [PresentProblem(DATES[concept], label, origin, happened)]

    def _by_age(self, quantity: Json, on: date | None, origin: Origin) -> PresentProblem | Gap:
        """Read a gestational age: the pregnancy lasts as long as is left to its term."""
        value = number(quantity.get("value"))
        units = (text(quantity.get(name)).casefold() for name in ("code", "unit"))
        size = next((self._days[each] for each in units if each in self._days), None)
        label = f"gestational age {quantity.get('value')} {text(quantity.get('unit')) or text(quantity.get('code'))}"
        if value is None or size is None or not 0 < value * size <= self._term:
            return _unclear(label[:_SHOWN], on, origin)
        until = on + timedelta(days=int(self._term - value * size)) if on is not None else None
        return _pregnancy(label[:_SHOWN], on, origin, until)


def _pregnancy(
    label: str, on: date | None, origin: Origin, until: date | None = None, *, is_past: bool = False
) -> PresentProblem:
    return PresentProblem(Problem.PREGNANCY, label, origin, on, is_past, until, is_onset=False)


def _unclear(label: str, on: date | None, origin: Origin) -> Gap:
    values = (("label", label), ("status", "unconfirmed"))
    return Gap(f"problem-{Problem.PREGNANCY}", origin.path, "suspected", on, values)


def still_said(states: Iterable[PresentProblem]) -> list[PresentProblem]:
    """Return the pregnancies that no later entry denies; of the same day both are said, and the pregnancy counts."""
    states = list(states)
    denied = max((each.on for each in states if each.is_past and each.on is not None), default=None)
    return [each for each in states if not each.is_past and (denied is None or each.on is None or each.on >= denied)]
