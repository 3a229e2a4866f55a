"""Lists code map entries without effect, or with two, when a configuration is checked.

A map may contain far more than is used.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from fhir_mappings.code_maps.files import USABLE, Lines, content, mapped
from fhir_mappings.results.measurement_units import UnitReader
from fhir_mappings.results.units import dose_scale

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from cards.knowledge.schema import Knowledge
    from fhir_mappings.code_maps.files import Mapped, Place

_SHOWN = 10
_BY_FIELD = {
    "loinc": "loinc", "never": "loinc", "order_loinc": "loinc", "loinc_answers": "loinc",
    "snomed": "snomed", "history_snomed": "snomed",
    "rxnorm": "rxnorm", "atc": "atc", "hcpcs": "hcpcs", "retired_hcpcs": "hcpcs",
}  # fmt: skip
"""Fields of the knowledge that hold codes. Every ICD-10 code is read, and NDCs are written in too many ways."""


def notes(paths: Iterable[Path], known: Knowledge) -> Iterator[str]:
    """Yield, with file and line, what has no effect or two: the first of each kind, and how many more there are.

    Raises:
        CodeMapError: a file cannot be read or is not a ConceptMap.

    """
    codes, units = _known_codes(known), UnitReader(known.terminology)
    for path in paths:
        body, resource = content(path)
        lines, told = Lines(body), Counter[str]()
        found = list(mapped(resource))
        if not found:
            yield f"{path}: maps nothing"
        if resource.get("status") == "retired":
            yield f"{path}: its status is retired; it is used all the same"
        yield from (f"{path}:{lines.of((*place, 'code'))}: {says}" for place, says in _of_two_tests(found, known))
        for each in found:
            kind, says = _note(each, codes, units)
            if not kind:
                continue
            told[kind] += 1
            if told[kind] <= _SHOWN:
                yield f"{path}:{lines.of((*each.place, 'code'))}: {says}"
        for kind, count in told.items():
            if count > _SHOWN:
                yield f"{path}: {count - _SHOWN} more {kind}"


def _note(each: Mapped, codes: Mapping[str, frozenset[str]], units: UnitReader) -> tuple[str, str]:
    """Return the kind of an entry without effect, in the plural, and a sentence about it; empty for other entries."""
    if not each.system:
        return "targets in systems that are not read", f'"{each.target}" is no system that is read here'
    if each.equivalence not in USABLE:
        said = each.equivalence or "no equivalence"
        return "targets that are not the same", f'"{each.local}" does not stand for {each.code}: it says "{said}"'
    if each.depends_on:
        said = f'"{each.local}" stands for {each.code} only with {each.depends_on}: not used'
        return "targets that depend on something else", said
    if each.system == "ucum":
        is_read = units.is_known(each.code) or dose_scale(each.code, "") is not None
        return ("", "") if is_read else ("units that are not read", f'"{each.code}" is no unit that is read here')
    if each.system in codes and each.code not in codes[each.system]:
        return "codes that are not read", f"no check reads {each.code}"
    return "", ""


def _of_two_tests(found: Iterable[Mapped], known: Knowledge) -> Iterator[tuple[Place, str]]:
    """Yield the local codes that stand for two different tests: one result would count as both."""
    test_of = {code.code: name for name, test in known.terminology.concepts.items() for code in test.loinc}
    first: dict[tuple[str, str], Mapped] = {}
    for each in found:
        if each.is_usable and each.system == "loinc" and each.code in test_of:
            earlier = first.setdefault((each.source, each.local), each)
            if test_of[earlier.code] != test_of[each.code]:
                yield each.place, f'"{each.local}" stands for two tests, {earlier.code} and {each.code}'


def _known_codes(known: Knowledge) -> dict[str, frozenset[str]]:
    """Collect every code that the knowledge names, by system."""
    found: dict[str, set[str]] = {system: set() for system in _BY_FIELD.values()}
    waiting: list[object] = [known]
    while waiting:
        each = waiting.pop()
        if isinstance(each, msgspec.Struct):
            for name in each.__struct_fields__:
                value = getattr(each, name)
                if system := _BY_FIELD.get(name):
                    found[system].update(_codes(value))
                if isinstance(value, msgspec.Struct | tuple | dict):
                    waiting.append(value)
        elif isinstance(each, tuple):
            waiting.extend(each)
        elif isinstance(each, dict):
            waiting.extend(each.values())
    return {system: frozenset(codes) for system, codes in found.items()}


def _codes(value: object) -> Iterator[str]:
    for each in value if isinstance(value, tuple) else (value,):
        code = each if isinstance(each, str) else getattr(each, "code", None)
        if isinstance(code, str):
            yield code
