"""Derives doses from administrations: those of an infused product on one local day are one dose.

A second bag is added. One event in several resources, or the same amount at the same time, counts once.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from cards.facts.patient import Treatment, TreatmentState
from cards.values.quantities import Mg, MgPerKg

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

_HAS_TIME = len("2026-11-29T0")


def one_a_day(treatments: Iterable[Treatment]) -> tuple[Treatment, ...]:
    """Merge the administrations of each product and day; undated ones are unchanged."""
    own = list(treatments)
    groups: dict[tuple[str, date | None, TreatmentState], list[Treatment]] = defaultdict(list)
    first_day = _first_days(own)
    for each in own:
        groups[each.product, first_day.get((each.product, each.at), each.on), each.state].append(each)
    found: list[Treatment] = []
    for (_, on, state), group in groups.items():
        if len(group) == 1 or on is None or state is not TreatmentState.GIVEN:
            found += group
        else:
            found.append(msgspec.structs.replace(_together(group), on=on))
    return tuple(found)


def _first_days(treatments: list[Treatment]) -> dict[tuple[str, str], date]:
    """Return one day for each instant, which may have two dates if written in two time zones."""
    found: dict[tuple[str, str], date] = {}
    for each in treatments:
        if each.on is not None and len(each.at) >= _HAS_TIME:
            key = each.product, each.at
            found[key] = min(each.on, found.get(key, each.on))
    return found


def _together(group: list[Treatment]) -> Treatment:
    """Combine several administrations to one dose, independent of their order."""
    ordered = sorted(group, key=lambda each: (each.at, str(each.dose), each.origin.reference, each.origin.path))
    parts = _each_once(ordered)
    unread = next((each.unread_dose for each in ordered if each.unread_dose), "")
    if len({type(part) for part in parts}) > 1:
        # Without the weight, milligrams and milligrams per kilogram cannot be recognized as the same event.
        return msgspec.structs.replace(ordered[0], dose=None, stopped=True, unread_dose=unread)
    return msgspec.structs.replace(
        ordered[0],
        dose=_sum(parts),
        bags=max(len(parts), 1),
        alike=_alike(ordered, parts),
        # An administration without an amount may be another bag, so the sum is not known.
        stopped=any(each.stopped for each in ordered),
        unread_dose=unread,
        reduced_in_words=next((each.reduced_in_words for each in ordered if each.reduced_in_words), ""),
    )


def _each_once(ordered: list[Treatment]) -> list[Mg | MgPerKg]:
    """List the administered amounts; the same one at the same time, or without a time, is a duplicate record."""
    parts: list[Mg | MgPerKg] = []
    timed: set[tuple[Mg | MgPerKg, str]] = set()
    amounts: set[Mg | MgPerKg] = set()
    stated = [each for each in ordered if each.dose is not None]
    # Every bag of an order without an amount of its own has that of the whole order.
    with_time = [each for each in stated if len(each.at) >= _HAS_TIME and not each.as_ordered]
    without = [each for each in stated if len(each.at) < _HAS_TIME or each.as_ordered]
    for each in with_time:
        if each.dose is not None and (each.dose, each.at) not in timed:
            timed.add((each.dose, each.at))
            amounts.add(each.dose)
            parts.append(each.dose)
    for each in without:
        if each.dose is not None and each.dose not in amounts:
            amounts.add(each.dose)
            parts.append(each.dose)
    return parts


def _alike(ordered: list[Treatment], parts: list[Mg | MgPerKg]) -> int:
    """Count the entries of the only amount where each is a resource of its own, and not all have a time of the day."""
    own = {each.origin.reference for each in ordered if each.dose is not None and not each.as_ordered}
    are_timed = all(len(each.at) >= _HAS_TIME for each in ordered)
    return len(own) if len(parts) == 1 and own and not are_timed else 1


def _sum(parts: list[Mg | MgPerKg]) -> Mg | MgPerKg | None:
    if not parts:
        return None
    total = sum((part.value for part in parts[1:]), parts[0].value)
    return Mg(total) if isinstance(parts[0], Mg) else MgPerKg(total)
