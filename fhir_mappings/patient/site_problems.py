"""Finds the problems that a site's rules name by code among the codes of a Condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.codings import NO_CODE_MAP, coding_of, codings, system_name
from fhir_mappings.wire.lenient import objects, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fhir_mappings.codings import CodeMap
    from fhir_mappings.wire.lenient import Json


class SiteProblemReader:
    """Looks up the codes in the rules, each "system|code"; an ICD-10 code includes everything below it."""

    def __init__(self, named: Iterable[str], code_map: CodeMap = NO_CODE_MAP) -> None:
        """Index the codes."""
        self._code_map = code_map
        self._exact: dict[tuple[str, str], list[str]] = {}
        self._below: list[tuple[str, str]] = []
        for written in named:
            uri, _, code = written.partition("|")
            system = _system(uri)
            if system == "icd10":
                self._below.append((_plain(code), written))
            else:
                self._exact.setdefault((system, code), []).append(written)

    def __bool__(self) -> bool:
        """Whether any rule names a problem by code."""
        return bool(self._exact or self._below)

    def read(self, concept: Json) -> tuple[str, ...]:
        """List the rules' codes that a concept has, as written in the rules."""
        return tuple(dict.fromkeys(name for system, code in self._codes(concept) for name in self._named(system, code)))

    def _codes(self, concept: Json) -> Iterator[tuple[str, str]]:
        for _, raw in objects(concept.get("coding")):
            yield _system(text(raw.get("system"))), coding_of(raw).code
        if self._code_map:
            yield from ((each.system, each.code) for each in codings(concept, self._code_map) if each.system)

    def _named(self, system: str, code: str) -> Iterable[str]:
        if system == "icd10":
            plain = _plain(code)
            return [name for prefix, name in self._below if plain.startswith(prefix)]
        return self._exact.get((system, code), ())


def _system(uri: str) -> str:
    """Return the short name of a known system, or the address of any other."""
    return system_name(uri) or uri.strip().rstrip("/")


def _plain(code: str) -> str:
    return code.upper().replace(".", "")
