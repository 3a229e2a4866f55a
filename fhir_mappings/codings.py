"""Normalizes codes: system URIs, OIDs, HCPCS under any of its addresses, local codes of a site."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from cards.values.caching import lazy
from cards.values.text_cache import cached_by_text
from cards.values.texts import bounded
from fhir_mappings.wire.lenient import objects, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fhir_mappings.wire.lenient import Json

# By address without its scheme, or by object identifier however it is introduced.
_SYSTEMS = {
    "loinc.org": "loinc",
    "2.16.840.1.113883.6.1": "loinc",
    "snomed.info/sct": "snomed",
    "2.16.840.1.113883.6.96": "snomed",
    "nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "2.16.840.1.113883.6.88": "rxnorm",
    "hl7.org/fhir/sid/ndc": "ndc",
    "2.16.840.1.113883.6.69": "ndc",
    "whocc.no/atc": "atc",
    "fhir.de/codesystem/bfarm/atc": "atc",
    "fhir.de/codesystem/dimdi/atc": "atc",
    "2.16.840.1.113883.6.73": "atc",
    "2.16.840.1.113883.6.285": "hcpcs",
    "2.16.840.1.113883.6.14": "hcpcs",
    "2.16.840.1.113883.4.9": "unii",
    "2.16.840.1.113883.12.292": "cvx",
    "ama-assn.org/go/cpt": "cpt",
    "2.16.840.1.113883.6.12": "cpt",
    "2.16.840.1.113883.6.90": "icd10",
    "2.16.840.1.113883.6.3": "icd10",
    "2.16.840.1.113883.6.103": "icd9",
    "unitsofmeasure.org": "ucum",
}
_INTRODUCED = re.compile(r"(?:urn:)?oid:|(?:https?://)?(?:www\.)?")
# Words that appear in the address of only one system.
_IN_ADDRESS = (
    ("hcpcs", "hcpcs"),
    ("icd-10", "icd10"),
    ("icd10", "icd10"),
    ("icd-9", "icd9"),
    ("rxnorm", "rxnorm"),
    ("rxcui", "rxnorm"),
    ("snomed", "snomed"),
    ("atcddd", "atc"),
    ("fdasis", "unii"),
    ("gsrs.ncats", "unii"),
)
_PARTS = re.compile(r"[/:#?=.|]")
_BY_PART = {
    "atc": "atc", "atc_ddd_index": "atc", "atc-ddd": "atc", "ndc": "ndc", "ndc11": "ndc", "ndc10": "ndc",
    "unii": "unii", "cvx": "cvx",
}  # fmt: skip


_BARE_HCPCS = re.compile(r"[JQ]\d{4}")
# Shapes that identify the system when its address is unknown, such as a national or local one.
_BY_SHAPE = (
    ("atc", re.compile(r"[A-V]\d{2}[A-Z]{2}\d{2}", re.IGNORECASE)),
    ("hcpcs", re.compile(r"(?:J\d|Q5|C9)\d{3}(?:[\s,:./_-]{0,3}[A-Z][A-Z0-9]){0,5}", re.IGNORECASE)),
    ("ndc", re.compile(r"\d{4,6}-\d{3,4}-\d{1,2}|N4\d{11}.{0,12}|(?:\(01\))?\d03\d{11}(?:\(.{0,40})?", re.IGNORECASE)),
)
# "RXCUI:1371041": the name of the system before its code.
_NAMED_SYSTEM = re.compile(
    r"(?:rx(?:norm|cui)?|sct(?:id)?|snomed(?:[ -]?ct)?|atc|unii|ndc|hcpcs|cpt|j-?code)\s?[:=|]\s?", re.IGNORECASE
)
_LONGEST_CODE = 60
_LARGEST_NUMBER = 10**18


CLINICAL = frozenset({"rxnorm", "atc", "snomed", "unii", "cvx"})
"""The systems that identify a drug; others are for billing and supply."""


class Coding(msgspec.Struct, frozen=True, gc=False):
    """A coding with the short name of its system, empty for an unknown system."""

    system: str
    code: str
    display: str


@cached_by_text
def system_name(uri: str) -> str:
    """Return the short name of a code system, however it is addressed.

    HCPCS has no single address in practice; anything containing "hcpcs" counts, and likewise ICD-10 in its national
    variants.
    """
    folded = uri.strip().rstrip("/").casefold().partition("|")[0]
    introduced = _INTRODUCED.match(folded)
    folded = folded[introduced.end() if introduced else 0 :]
    if folded in _SYSTEMS:
        return _SYSTEMS[folded]
    if folded.startswith("snomed.info/sct"):
        return "snomed"
    for word, name in _IN_ADDRESS:
        if word in folded:
            return name
    return next((_BY_PART[part] for part in _PARTS.split(folded) if part in _BY_PART), "")


class CodeMapError(ValueError):
    """A code map is not a FHIR ConceptMap, or has an unusable entry; each problem names file and line."""

    def __init__(self, problems: list[str]) -> None:
        """Keep the problems."""
        super().__init__("\n".join(problems))
        self.problems = problems


class CodeMap:
    """A site's local codes and the standard codes they map to, from FHIR ConceptMap files."""

    def __init__(self, entries: dict[tuple[str, str], tuple[Coding, ...]] | None = None) -> None:
        """Keep the translations, keyed by the system's address and the code."""
        self._entries = entries or {}

    def __bool__(self) -> bool:
        """Whether any local code is known."""
        return bool(self._entries)

    def standard(self, uri: str, code: str) -> tuple[Coding, ...]:
        """Translate a local code, which may map to codes in several systems."""
        return self._entries.get((uri, code), ())

    def local_for(self, system: str, code: str) -> Iterator[tuple[str, str]]:
        """List the local codes that map to a standard one, as system address and code."""
        for (uri, local), targets in self._entries.items():
            if any((target.system, target.code) == (system, code) for target in targets):
                yield uri, local

    @lazy
    def has_units(self) -> bool:
        """Whether a local unit is among them."""
        return any(target.system == "ucum" for targets in self._entries.values() for target in targets)

    def in_standard_units(self, value: Any) -> Any:
        """Return a part of a resource with the UCUM code of each quantity whose local unit has one.

        The unit text stays, so that quotations show what was written.
        """
        if not self.has_units:
            return value
        if isinstance(value, list):
            return [self.in_standard_units(each) for each in value]
        if not isinstance(value, dict):
            return value
        changed = {name: self.in_standard_units(each) for name, each in value.items()}
        if "value" in value and (code := self._unit(value)):
            changed["code"] = code
        return changed

    def _unit(self, quantity: Json) -> str:
        targets = [*self.standard(text(quantity.get("system")), text(quantity.get("code")))]
        targets += self.standard("", text(quantity.get("unit")))
        found = {target.code for target in targets if target.system == "ucum"}
        return found.pop() if len(found) == 1 else ""


NO_CODE_MAP = CodeMap()


def codings(concept: Any, code_map: CodeMap = NO_CODE_MAP) -> list[Coding]:
    """Return every coding of a CodeableConcept (or of a bare Coding), and the standard code of each local one."""
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
    # Inlines ``text``, because this is what is read most often.
    uri, code, display = raw.get("system"), raw.get("code"), raw.get("display")
    uri = bounded(uri) if uri.__class__ is str else ""
    code = bounded(code) if code.__class__ is str else _of_number(code)
    display = bounded(display) if display.__class__ is str else ""
    # A code without a system is ignored, unless its pattern belongs to only one system.
    system = system_name(uri) if uri else "hcpcs" if _BARE_HCPCS.fullmatch(code) else ""
    return Coding(system, code, display)


def drug_coding(coding: Coding) -> Coding:
    """Return a drug coding, with its system inferred from the code's pattern if its address does not identify one.

    HCPCS codes also appear under the address of CPT; CPT's own codes begin with a digit and are for administration.
    """
    if (named := _NAMED_SYSTEM.match(coding.code)) is not None:
        coding = Coding(coding.system, coding.code[named.end() :], coding.display)
    if coding.system not in ("", "cpt"):
        code = coding.code.upper().replace(" ", "") if coding.system in ("atc", "unii") else coding.code
        return Coding(coding.system, code, coding.display) if code != coding.code else coding
    if coding.system == "cpt":
        is_hcpcs = coding.code[:1].isalpha()
        return Coding("hcpcs", coding.code, coding.display) if is_hcpcs else coding
    for system, shape in _BY_SHAPE:
        if shape.fullmatch(coding.code[:_LONGEST_CODE]):
            return Coding(system, coding.code.upper() if system == "atc" else coding.code, coding.display)
    return coding


def _of_number(code: Any) -> str:
    """Return a code that was sent as a number, as text; empty for anything but a whole number."""
    if code.__class__ is int:
        return str(code) if 0 < code < _LARGEST_NUMBER else ""
    if code.__class__ is Decimal and code == code.to_integral_value() and 0 < code < _LARGEST_NUMBER:
        return str(int(code))
    return ""


def says_something(concept: Any) -> bool:
    """Return whether a concept has a text, or a coding with a code or a display."""
    if not isinstance(concept, dict):
        return False
    coded = (coding for _, coding in objects(concept.get("coding")))
    return bool(text(concept.get("text"))) or any(coding.get("code") or coding.get("display") for coding in coded)


def texts(concept: Any) -> list[str]:
    """Return the text of a concept and the displays of its codings."""
    if not isinstance(concept, dict):
        return []
    written = [text(concept.get("text"))]
    written += [text(raw.get("display")) for _, raw in objects(concept.get("coding"))]
    return [each for each in written if each]


def words_or_codes(concept: Any) -> list[str]:
    """Return the words of a concept; without any, its codes, by which many laboratories name a test: "HER2IHC"."""
    return texts(concept) or [each.code for each in codings(concept) if each.code]
