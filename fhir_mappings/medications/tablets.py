"""Tablet orders: their strength, and how often a day each dosage instruction gives them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cards.facts.order import DosageTiming, DoseUnit, Supply
from cards.facts.schedules import Schedule
from cards.identification.folding import fold, words_of
from cards.values.text_cache import cached_by_text
from cards.values.texts import LONGEST
from fhir_mappings.codings import codings
from fhir_mappings.medications.schedule import days_of
from fhir_mappings.results.tablet_words import TABLETS
from fhir_mappings.results.units import dose_scale
from fhir_mappings.wire.lenient import child, items, number, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.facts.order import OrderedDose
    from cards.facts.schedules import Rhythm
    from fhir_mappings.wire.lenient import Json

_ONE = Decimal(1)
_STRENGTH = re.compile(r"(?<![\d.,/])(\d{1,4}(?:\.\d{1,2})?)[\s-]?mg\b(?!\s?/)", re.IGNORECASE)
_TIMES_OF_DAY = frozenset({"am", "pm", "bed"})
# "Week 1", "days 8-14", "then": the instruction is one step of several, even if it has no sequence number.
_LATER_STEP = re.compile(r"\b(?:weeks?|wks?|days?) ?(?:[2-9]|\d\d)|\bthen\b|\bthereafter\b", re.IGNORECASE)


def tablet_mg(medication: Json, in_words: frozenset[Decimal]) -> Decimal | None:
    """Return the milligrams of a tablet: from the Medication's ingredient, else from the drug's text.

    ``None`` if there is none or more than one. ``in_words`` are the ``tablet_strengths`` of that text.
    """
    found: set[Decimal] = set()
    for _, ingredient in objects(medication.get("ingredient")):
        ratio = child(ingredient, "strength")
        above, below = child(ratio, "numerator"), child(ratio, "denominator")
        mass = number(above.get("value"))
        scale = dose_scale(text(above.get("code")), text(above.get("unit")))
        per = dose_scale(text(below.get("code")), text(below.get("unit")))
        if mass is None or scale is None or scale.unit is not DoseUnit.MG:
            continue
        if number(below.get("value")) == 1 and (per is None or per.unit is DoseUnit.TABLET):
            found.add(mass * scale.factor)
    strengths = found or in_words
    return next(iter(strengths)) if len(strengths) == 1 else None


def tablet_strengths(written: Iterable[str]) -> frozenset[Decimal]:
    """Return the milligrams in the texts that name a tablet."""
    return frozenset[Decimal]().union(*map(_strengths_in, written))


def _strengths_in(written: str) -> frozenset[Decimal]:
    """Return the milligrams in words that name a tablet."""
    if not any(word.text in TABLETS for word in words_of(fold(written[:LONGEST]))):
        return frozenset()
    return _milligrams_in(written)


def counts_tablets(doses: Iterable[OrderedDose]) -> bool:
    """Return whether a dose is a number of tablets."""
    return DoseUnit.TABLET in [dose.unit for dose in doses]


def milligrams_in(written: Iterable[str]) -> tuple[Decimal, ...]:
    """List the amounts in milligrams that texts name."""
    return tuple(sorted(frozenset[Decimal]().union(*map(_milligrams_in, written))))


@cached_by_text
def _milligrams_in(written: str) -> frozenset[Decimal]:
    return frozenset(Decimal(match[1]) for match in _STRENGTH.finditer(written[:LONGEST]))


def supply(resource: Json) -> Supply | None:
    """Return the tablets that an order has dispensed and for how many days, where it states both."""
    dispensed = child(resource, "dispenseRequest")
    amount, time = child(dispensed, "quantity"), child(dispensed, "expectedSupplyDuration")
    tablets, scale = number(amount.get("value")), dose_scale(text(amount.get("code")), text(amount.get("unit")))
    days = days_of(text(time.get("code")) or text(time.get("unit")), number(time.get("value")))
    if tablets is None or days is None or scale is None or scale.unit is not DoseUnit.TABLET:
        return None
    return Supply(tablets, days)


def timings(instructions: Iterable[tuple[Json, tuple[Rhythm, ...]]]) -> tuple[DosageTiming, ...]:
    """List the intake of each dosage instruction by its schedules, in sequential steps."""
    found: list[DosageTiming] = []
    step, before = 0, None
    for place, (instruction, rhythms) in enumerate(instructions):
        times = _times(instruction)
        timing = _timing(place, rhythms, times, step)
        if before is not None and _follows(before, instruction, found[-1].times, times):
            step += 1
            timing = replace(timing, step=step, never_begins=_never_begins(before, instruction))
        before = instruction
        found.append(timing)
    return tuple(found)


def _timing(place: int, rhythms: tuple[Rhythm, ...], times: tuple[str, ...], step: int) -> DosageTiming:
    stated = {each.every_days for each in rhythms if each.every_days and not each.is_limit}
    # A text's apparent meaning counts if nothing else says it, and must not contradict what does.
    stated |= {each.seems_days for each in rhythms if each.seems_days}
    if len(stated) == 1:
        return DosageTiming(place, _ONE / stated.pop(), times, step)
    if stated:
        return DosageTiming(place, None, times, step, is_unclear=True)
    schedule = Schedule(rhythms)
    is_single = schedule.count == 1
    return DosageTiming(
        place, None, times, step, is_single=is_single, is_unclear=bool(schedule.unread) and not is_single
    )


def _follows(before: Json, instruction: Json, earlier: tuple[str, ...], times: tuple[str, ...]) -> bool:
    """Return whether an instruction replaces the one before it; with different times of day both apply."""
    if earlier and times and not set(earlier) & set(times):
        return False
    numbers = number(before.get("sequence")), number(instruction.get("sequence"))
    if None not in numbers and numbers[0] != numbers[1]:
        return True
    starts = [_start(each) for each in (before, instruction)]
    if _is_bounded(before) and (not all(starts) or starts[0] != starts[1]):
        return True
    return bool(_LATER_STEP.search(text(instruction.get("text"))[:LONGEST]))


def _never_begins(before: Json, instruction: Json) -> bool:
    """Return whether an instruction follows another one by its number alone, and that one has no end."""
    both_dose = "doseAndRate" in before and "doseAndRate" in instruction
    has_start = _is_bounded(before) or _start(instruction)
    return both_dose and not has_start and not _LATER_STEP.search(text(instruction.get("text"))[:LONGEST])


def _is_bounded(instruction: Json) -> bool:
    bounds = child(child(instruction, "timing"), "repeat")
    return any(bounds.get(name) for name in ("boundsDuration", "boundsPeriod", "boundsRange", "count"))


def _start(instruction: Json) -> str:
    return text(child(child(child(instruction, "timing"), "repeat"), "boundsPeriod").get("start"))


def _times(instruction: Json) -> tuple[str, ...]:
    """List the times of day in an instruction."""
    timing = child(instruction, "timing")
    repeat = child(timing, "repeat")
    named = [text(each) for name in ("when", "timeOfDay") for each in items(repeat.get(name))]
    named += [coding.code for coding in codings(timing.get("code")) if coding.code.casefold() in _TIMES_OF_DAY]
    return tuple(dict.fromkeys(each for each in named if each))
