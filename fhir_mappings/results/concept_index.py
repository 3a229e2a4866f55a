"""Which results the rules use: the codes of an Observation, and what they mean to the rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cards.knowledge.schema import Kind
from cards.values.text_cache import cached_by_key
from fhir_mappings.codings import NO_CODE_MAP, CodeMap, system_name
from fhir_mappings.wire.stubs import Code, code_as_written, is_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cards.knowledge.schema import Terminology
    from fhir_mappings.codings import Coding
    from fhir_mappings.wire.stubs import Codes

# Cache limits: combinations of codes, and codes per combination.
COMBINATIONS, MOST_CODES = 4096, 16
_WITH_OWN_CODES = frozenset({"loinc", "snomed", "rxnorm", "cpt", "hcpcs", "icd10", "atc", "ndc", "ucum"})
# With a code for the method, or for a weight that was not measured, these add nothing.
_ASSERTION = "ASSERTION"
"""HL7's code for an Observation whose value is a finding."""
_SAYS_LESS = frozenset({"her2-interpretation", "her2-immunoassay", "her2-panel", "weight"})


_WITH_REST = re.compile(r"(?:LOINC|LN)?[ :_/-]?(\d{1,7}-\d)[ .,:;_/(\[-].{0,200}", re.IGNORECASE)
# "LOINC:1920-8", and the code with its name behind it, as HL7 version 2 writes it: "1920-8^AST".
_WITH_MORE = re.compile(r"(?:(?:LOINC|LN)[ :]?)?(\d{1,7}-\d)(?:[\^|].{0,200})?")


class Looked(NamedTuple):
    """What the codes of an Observation mean to the rules.

    ``never_counts``: one of them looks like a relevant result but must never count. ``misplaced`` is the concept of a
    code that is sent under a wrong system or none, or beside one that never counts. ``is_standard``: the Observation
    and each of its parts has a code of LOINC, where one that is not known here is another test; SNOMED CT has many
    names for each.
    """

    concepts: Sequence[str] = ()
    never_counts: bool = False
    misplaced: str = ""
    is_standard: bool = False
    asserts: bool = False


class ConceptIndex:
    """Maps codes to concepts, for the codes that rules use; serum HER2 and the like have none."""

    def __init__(self, terminology: Terminology, code_map: CodeMap = NO_CODE_MAP) -> None:
        """Index the standard codes, and the local codes that map to them."""
        self._code_map = code_map
        self._concepts: dict[tuple[str, str], str] = {}
        self._local: dict[tuple[str, str], str] = {}
        self._site = frozenset(terminology.of_kind(Kind.SITE))
        self._never: set[tuple[str, str]] = set()
        for name, concept in terminology.concepts.items():
            for entry in concept.loinc:
                self._concepts["loinc", entry.code] = name
            for entry in concept.snomed:
                self._concepts["snomed", entry.code] = name
            for local in concept.local:
                self._local[local.system, local.code] = name
            self._never.update(("loinc", entry.code) for entry in concept.never)
        stated = (each.snomed for each in terminology.receptor_codes.codes)
        problems = (entry.code for each in terminology.problems for entry in each.snomed)
        self._diagnoses = frozenset({*(code for code in stated if code is not None), *problems})
        self._by_code = {code: name for (_, code), name in self._concepts.items()}
        self._codes = self._by_code.keys() | {code for _, code in self._never}
        self._codes |= {code for _, code in self._local}
        # A chart has many results of few kinds, so each combination of codes is looked up once.
        self._remembered = cached_by_key(COMBINATIONS)(self._read)

    def look(self, holders: Sequence[Codes]) -> Looked:
        """Look up an Observation by its own codes and by those of its components."""
        if len(holders) == 1 and len(holders[0]) <= MOST_CODES:
            return self._remembered(holders[0])
        looked = [self._remembered(each) if len(each) <= MOST_CODES else self._read(each) for each in holders]
        concepts = list(dict.fromkeys(name for each in looked for name in each.concepts))
        misplaced = next((each.misplaced for each in looked if each.misplaced), "")
        never_counts, is_standard = (
            any(each.never_counts for each in looked),
            bool(looked) and all(each.is_standard for each in looked),
        )
        asserts = bool(looked) and looked[0].asserts
        return Looked(concepts, never_counts, "" if concepts else misplaced, is_standard, asserts)

    def concepts(self, holders: Sequence[Codes]) -> Sequence[str]:
        """List the concepts of an Observation, by its own codes and by those of its components."""
        return self.look(holders).concepts

    def of_text(self, written: str) -> str:
        """Return what a code means that stands in the place of words; empty for any other text."""
        return self._by_code.get(_without_more(written), "")

    def is_never(self, coding: Coding) -> bool:
        """Return whether a code is one that never counts."""
        return (coding.system, coding.code) in self._never

    def concept(self, codes: Codes) -> str | None:
        """Return the concept of one result's codes: the most specific of several, none if one never counts."""
        return next(iter(self.look((codes,)).concepts), None)

    def _read(self, sent: Codes) -> Looked:
        codes = tuple(Code(each.system, _without_more(each.code)) for each in sent)
        is_standard = any(system_name(each.system) == "loinc" and is_code(each) for each in codes)
        if self._is_foreign(codes):
            asserts = any(each.code == _ASSERTION or each.code in self._diagnoses for each in codes)
            return Looked(is_standard=is_standard, asserts=asserts)
        known = list(self._known(codes))
        found = {self._concepts[key] for key in known if key in self._concepts}
        # A site's test is read in addition to a shipped one, never instead of it.
        site = (*sorted(found & self._site), *self._of_site(codes)) if self._site else ()
        shipped = sorted(found - self._site, key=lambda name: (name in _SAYS_LESS, name))[:1]
        if any(key in self._never for key in known):
            # With a code of both kinds, which of the two it is is not known.
            return Looked(site, never_counts=True, misplaced=next(iter(shipped), ""), is_standard=is_standard)
        concepts = (*shipped, *site)
        misplaced = "" if concepts else self._misplaced(codes)
        return Looked(concepts, misplaced=misplaced, is_standard=is_standard)

    def _misplaced(self, codes: Codes) -> str:
        """Return what a code would mean under its own system, or without what stands behind it."""
        unplaced = [each.code for each in codes if system_name(each.system) not in _WITH_OWN_CODES]
        # "1920-8 zz", under whichever system.
        unplaced += [found[1] for each in codes if (found := _WITH_REST.fullmatch(each.code)) is not None]
        return next((self._by_code[code] for code in unplaced if code in self._by_code), "")

    def _of_site(self, codes: Codes) -> Iterator[str]:
        """Yield the tests of the site's rules for local codes."""
        for each in codes:
            if (name := self._local.get((each.system.rstrip("/"), each.code))) is not None:
                yield name

    def _is_foreign(self, codes: Codes) -> bool:
        """Return quickly whether none of the codes is relevant, as for most of a chart."""
        return not self._code_map and all(
            each.code not in self._codes and _WITH_REST.fullmatch(each.code) is None for each in codes
        )

    def _known(self, codes: Codes) -> Iterator[tuple[str, str]]:
        """Yield the codes that may be relevant by short system name; local ones translated."""
        for each in codes:
            code = each.code
            if code in self._codes:
                yield system_name(each.system), code
            elif self._code_map:
                yield from ((local.system, local.code) for local in self._code_map.standard(each.system, code))


def _without_more(code: str) -> str:
    """Return a code without the marks of its system and its name, with plain hyphens."""
    plain = code_as_written(code)
    match = _WITH_MORE.fullmatch(plain)
    return match[1] if match is not None else plain
