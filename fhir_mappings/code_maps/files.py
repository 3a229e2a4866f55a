"""Reads a site's code maps from FHIR ConceptMap files: completely, or refused with every problem by file and line.

Source: FHIR R4 ConceptMap; ``relationship`` is what R5 calls the equivalence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import yaml

from fhir_mappings.codings import CodeMap, CodeMapError, Coding, system_name
from fhir_mappings.wire.exact_json import Unreadable, decode_sent
from fhir_mappings.wire.json_place import json_problem
from fhir_mappings.wire.lenient import objects, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from fhir_mappings.wire.lenient import Json

Place = tuple[str | int, ...]
# The target means the same or something more general. A narrower target would be a guess.
USABLE = frozenset({"equal", "equivalent", "wider", "subsumes", "source-is-narrower-than-target"})
_SHAPES = {
    "loinc": re.compile(r"(?:L[ALP])?\d{1,7}-\d"),
    "snomed": re.compile(r"\d{6,18}"),
    "rxnorm": re.compile(r"\d{1,8}"),
    "atc": re.compile(r"[A-Z]\d{2}[A-Z]{2}\d{2}"),
    "unii": re.compile(r"[0-9A-Z]{10}"),
    "hcpcs": re.compile(r"[A-Z]\d{4}"),
    "icd10": re.compile(r"[A-Z]\d[0-9A-Z](?:\.?[0-9A-Z]{1,4})?"),
}
_NAMES = {
    "loinc": "LOINC", "snomed": "SNOMED CT", "rxnorm": "RxNorm", "atc": "ATC", "hcpcs": "HCPCS", "icd10": "ICD-10",
    "ndc": "NDC", "cpt": "CPT", "ucum": "UCUM", "unii": "UNII",
}  # fmt: skip
_LARGEST = 20 << 20
_TENS = 10


class Mapped(NamedTuple):
    """One target of a local code, and its place in the file."""

    place: Place
    source: str
    local: str
    display: str
    system: str
    target: str
    code: str
    equivalence: str
    depends_on: str
    """What else must hold for it, such as a route; nobody can tell here whether it does. Empty if nothing."""

    @property
    def is_usable(self) -> bool:
        """Whether the local code may be treated as the target, whatever it stands beside."""
        return self.equivalence in USABLE and bool(self.system) and not self.depends_on


def read_code_map(paths: Iterable[Path]) -> CodeMap:
    """Read ConceptMap files.

    Raises:
        CodeMapError: one cannot be read, is not a ConceptMap, or has an impossible entry; all problems are listed.

    """
    entries: dict[tuple[str, str], tuple[Coding, ...]] = {}
    problems: list[str] = []
    for path in paths:
        try:
            body, resource = content(path)
        except CodeMapError as error:
            problems += error.problems
            continue
        wrong = list(_problems(resource))
        if wrong:
            lines = Lines(body)
            problems += [f"{path}:{line}: {says}" for line, says in sorted((lines.of(place), s) for place, s in wrong)]
            continue
        for each in mapped(resource):
            if each.is_usable:
                key, coding = (each.source, each.local), Coding(each.system, each.code, each.display)
                entries[key] = (*entries.get(key, ()), coding)
    if problems:
        raise CodeMapError(problems)
    return CodeMap(entries)


def content(path: Path) -> tuple[bytes, Json]:
    """Return the bytes of a file and the ConceptMap in it.

    Raises:
        CodeMapError: it cannot be read, or is not a ConceptMap.

    """
    try:
        with path.open("rb") as file:
            body = file.read(_LARGEST + 1)
    except OSError as error:
        raise CodeMapError([f"{path}: {error.strerror or 'cannot be read'}"]) from error
    if len(body) > _LARGEST:
        raise CodeMapError([f"{path}: larger than {_LARGEST >> 20} MiB"])
    try:
        resource = decode_sent(body)
    except Unreadable:
        raise CodeMapError([f"{path}: {json_problem(body).replace('the body', 'the file')}"]) from None
    if not isinstance(resource, dict) or resource.get("resourceType") != "ConceptMap":
        raise CodeMapError([f"{path}:1: no FHIR ConceptMap"])
    return body, resource


def mapped(resource: Json) -> Iterator[Mapped]:
    """Yield every target of a ConceptMap."""
    for number, group in objects(resource.get("group")):
        source, target = text(group.get("source")), text(group.get("target"))
        system = system_name(target)
        for index, element in objects(group.get("element")):
            local, display = text(element.get("code")), text(element.get("display"))
            for which, each in objects(element.get("target")):
                place: Place = ("group", number or 0, "element", index or 0, "target", which or 0)
                equivalence = text(each.get("equivalence")) or text(each.get("relationship"))
                code, condition = text(each.get("code")), _condition(each)
                yield Mapped(place, source, local, display, system, target, code, equivalence, condition)


def _condition(target: Json) -> str:
    """Return what the mapping depends on, as property and value; R5 says attribute."""
    said = (
        f"{text(each.get('property')) or text(each.get('attribute')) or 'something'} {text(each.get('value'))}".strip()
        for _, each in objects(target.get("dependsOn"))
    )
    return ", ".join(said)


def _problems(resource: Json) -> Iterator[tuple[Place, str]]:
    for number, group in objects(resource.get("group")):
        place: Place = ("group", number or 0)
        source, target = text(group.get("source")), text(group.get("target"))
        if not target:
            yield place, "the group has no target: the address of the code system that is mapped to"
        # Units are often sent as bare text, without a system.
        if not source and system_name(target) != "ucum":
            yield place, "the group has no source: the address of the system of the local codes, as results name it"
        for index, element in objects(group.get("element")):
            if not text(element.get("code")):
                yield (*place, "element", index or 0), "the element has no code"
    for each in mapped(resource):
        if says := _wrong(each):
            yield (*each.place, "code"), says


def _wrong(each: Mapped) -> str:
    """Return what is wrong with a target; empty if it may be right."""
    if not each.is_usable:
        return ""
    if not each.code:
        return f'the target of "{each.local}" has no code'
    shape = _SHAPES.get(each.system)
    if shape is not None and not shape.fullmatch(each.code):
        return f'"{each.code}" is no code of {_NAMES[each.system]}'
    if each.system == "loinc" and each.code[0].isdigit():
        number, _, digit = each.code.partition("-")
        if digit != (right := str(_check_digit(number))):
            return f'"{each.code}" is no code of LOINC: the check digit of {number} is {right}'
    return ""


def _check_digit(number: str) -> int:
    """Return the last digit of a LOINC number (mod 10; LOINC Users' Guide, appendix C)."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(number))]
    return -sum(value // _TENS + value % _TENS for value in doubled) % _TENS


class Lines:
    """The line numbers of the parts of a JSON file."""

    def __init__(self, body: bytes) -> None:
        """Keep the file; it is parsed when a line is first needed."""
        self._body = body
        self._root: yaml.Node | None = None
        self._is_read = False

    def of(self, place: Place) -> int:
        """Return the line of a place, counted from 1, or of the nearest enclosing place that has one."""
        node = self._node()
        for step in place:
            inner = _inside(node, step)
            if inner is None:
                break
            node = inner
        return node.start_mark.line + 1 if node is not None else 1

    def _node(self) -> yaml.Node | None:
        if not self._is_read:
            self._is_read = True
            try:
                # JSON is YAML except for tabs between its parts; JSON strings contain no raw tabs.
                self._root = yaml.compose(self._body.decode().replace("\t", " "), Loader=_LOADER)
            except (yaml.YAMLError, ValueError):
                self._root = None
        return self._root


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _inside(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        # A single object may be sent in place of a list.
        return node if step == 0 else next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step] if step < len(node.value) else None
    return None
