"""Codes in their many spellings: system URIs, OIDs, HCPCS under any of its addresses, local codes of a site."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from cards.values.text_cache import cached_by_text
from cards.values.texts import bounded
from fhir_mappings.wire.lenient import objects, text
from fhir_mappings.wire.resources import decode_sent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fhir_mappings.wire.lenient import Json

_SYSTEMS = {
    "http://loinc.org": "loinc",
    "https://loinc.org": "loinc",
    "urn:oid:2.16.840.1.113883.6.1": "loinc",
    "http://snomed.info/sct": "snomed",
    "https://snomed.info/sct": "snomed",
    "urn:oid:2.16.840.1.113883.6.96": "snomed",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "https://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "urn:oid:2.16.840.1.113883.6.88": "rxnorm",
    "http://hl7.org/fhir/sid/ndc": "ndc",
    "https://hl7.org/fhir/sid/ndc": "ndc",
    "urn:oid:2.16.840.1.113883.6.69": "ndc",
    "http://www.whocc.no/atc": "atc",
    "http://fhir.de/codesystem/bfarm/atc": "atc",
    "urn:oid:2.16.840.1.113883.6.73": "atc",
    "urn:oid:2.16.840.1.113883.6.285": "hcpcs",
    "http://unitsofmeasure.org": "ucum",
}


_BARE_HCPCS = re.compile(r"[JQ]\d{4}")


class Coding(msgspec.Struct, frozen=True, gc=False):
    """A coding with its system by short name, empty when the system is none of those in use."""

    system: str
    code: str
    display: str


@cached_by_text
def system_name(uri: str) -> str:
    """Give the short name of a code system, however it is addressed.

    HCPCS has no single address in practice; whatever contains "hcpcs" is taken for it, and ICD-10 in its national
    variants likewise.
    """
    folded = uri.strip().rstrip("/").casefold()
    if folded in _SYSTEMS:
        return _SYSTEMS[folded]
    if "hcpcs" in folded:
        return "hcpcs"
    if "icd-10" in folded or folded in ("urn:oid:2.16.840.1.113883.6.90", "urn:oid:2.16.840.1.113883.6.3"):
        return "icd10"
    return ""


class CodeMapError(ValueError):
    """A code map is no FHIR ConceptMap, or has an entry that cannot be used."""


class CodeMap:
    """A site's local codes and the standard codes they stand for, from FHIR ConceptMap files."""

    # The target says the same, or more generally the same. A narrower target would be a guess.
    _USABLE = frozenset({"equal", "equivalent", "wider", "subsumes"})

    def __init__(self, entries: dict[tuple[str, str], tuple[Coding, ...]] | None = None) -> None:
        """Keep the translations, keyed by the system's address and the code."""
        self._entries = entries or {}

    def __bool__(self) -> bool:
        """Whether any local code is known."""
        return bool(self._entries)

    def standard(self, uri: str, code: str) -> tuple[Coding, ...]:
        """Translate a local code, which may stand for a code in each of several systems."""
        return self._entries.get((uri, code), ())

    def local_for(self, system: str, code: str) -> Iterator[tuple[str, str]]:
        """List the local codes that stand for a standard one, as system address and code."""
        for (uri, local), targets in self._entries.items():
            if any((target.system, target.code) == (system, code) for target in targets):
                yield uri, local

    @classmethod
    def read(cls, paths: list[Path]) -> CodeMap:
        """Read ConceptMap files.

        Raises:
            CodeMapError: a file cannot be read or is no ConceptMap.

        """
        entries: dict[tuple[str, str], tuple[Coding, ...]] = {}
        for path in paths:
            try:
                resource = decode_sent(path.read_bytes())
            except (OSError, ValueError) as error:
                msg = f"{path}: {type(error).__name__}: no readable JSON file"
                raise CodeMapError(msg) from error
            if not isinstance(resource, dict) or resource.get("resourceType") != "ConceptMap":
                msg = f"{path}: no FHIR ConceptMap"
                raise CodeMapError(msg)
            for local, target in cls._entries_of(resource):
                entries[local] = (*entries.get(local, ()), target)
        return cls(entries)

    @classmethod
    def _entries_of(cls, resource: dict[str, Any]) -> Iterator[tuple[tuple[str, str], Coding]]:
        for _, group in objects(resource.get("group")):
            source, target_system = text(group.get("source")), system_name(text(group.get("target")))
            for _, element in objects(group.get("element")):
                for _, target in objects(element.get("target")):
                    if text(target.get("equivalence")) in cls._USABLE and target_system:
                        coding = Coding(target_system, text(target.get("code")), text(element.get("display")))
                        yield (source, text(element.get("code"))), coding


NO_CODE_MAP = CodeMap()


def codings(concept: Any, code_map: CodeMap = NO_CODE_MAP) -> list[Coding]:
    """Give every coding of a CodeableConcept (or of a bare Coding), and the standard code of each local one."""
    if not isinstance(concept, dict):
        return []
    found: list[Coding] = []
    for _, raw in objects(concept.get("coding", concept if "code" in concept else None)):
        found.append(coding_of(raw))
        if code_map:
            found += code_map.standard(text(raw.get("system")), found[-1].code)
    return found


def coding_of(raw: Json) -> Coding:
    """Read one coding as it is written."""
    # As ``text`` reads them; this is what is read most often.
    uri, code, display = raw.get("system"), raw.get("code"), raw.get("display")
    uri = bounded(uri) if uri.__class__ is str else ""
    code = bounded(code) if code.__class__ is str else ""
    display = bounded(display) if display.__class__ is str else ""
    # A code without a system is taken for nothing, but for the one shape that no other system shares.
    system = system_name(uri) if uri else "hcpcs" if _BARE_HCPCS.fullmatch(code) else ""
    return Coding(system, code, display)


def texts(concept: Any) -> list[str]:
    """Give the text of a concept and the displays of its codings."""
    if not isinstance(concept, dict):
        return []
    written = [text(concept.get("text"))]
    written += [text(raw.get("display")) for _, raw in objects(concept.get("coding"))]
    return [each for each in written if each]
