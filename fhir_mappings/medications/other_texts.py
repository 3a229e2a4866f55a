"""Doses in the texts of an order that are neither its instructions nor its notes: no rule guesses what they mean."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from cards.facts.order import NotedDose, OrderNote
from fhir_mappings.codings import texts
from fhir_mappings.medications.doses_in_text import noted_doses
from fhir_mappings.wire.lenient import child, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fhir_mappings.wire.lenient import Json

_OF_ORDER = ("reasonCode", "statusReason")
_OF_INSTRUCTION = ("method", "site", "route", "asNeededCodeableConcept", "asNeededFor")
_MOST_TEXTS, _DEPTH = 40, 3


def noted_elsewhere(order: Json) -> tuple[OrderNote, ...]:
    """List the doses in an order's reasons, extensions and the coded parts of its instructions."""
    found: dict[tuple[NotedDose, ...], None] = {}
    for written in islice(_texts(order), _MOST_TEXTS):
        if any(map(str.isdecimal, written)) and (doses := noted_doses(written)):
            found[doses] = None
    return tuple(OrderNote("", doses) for doses in found)


def _texts(order: Json) -> Iterator[str]:
    for name in _OF_ORDER:
        if name in order:
            yield from _said(order[name])
    yield from _in_extensions(order, _DEPTH)
    for _, instruction in objects(order.get("dosageInstruction")):
        yield from _beside_the_text(instruction)


def _beside_the_text(instruction: Json) -> Iterator[str]:
    for name in _OF_INSTRUCTION:
        if name in instruction:
            yield from _said(instruction[name])
    timing = instruction.get("timing")
    if timing.__class__ is dict and "code" in timing:
        yield from _said(timing["code"])
    yield from _in_extensions(instruction, _DEPTH)
    if "_text" in instruction:
        yield from _in_extensions(child(instruction, "_text"), _DEPTH)
    for _, dose in objects(instruction.get("doseAndRate")):
        if "type" in dose:
            yield from _said(dose["type"])
        yield from _in_extensions(dose, _DEPTH)


def _said(concepts: Any) -> Iterator[str]:
    for _, concept in objects(concepts):
        yield from texts(concept)


def _in_extensions(element: Json, depth: int) -> Iterator[str]:
    if "extension" not in element:
        return
    for _, extension in objects(element["extension"]):
        yield text(extension.get("valueString")) or text(extension.get("valueMarkdown"))
        if depth:
            yield from _in_extensions(extension, depth - 1)
