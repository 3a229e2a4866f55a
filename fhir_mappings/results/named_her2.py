"""HER2 tests that only words name, with a code that is not known here: "HER2 IHC" under a laboratory's own code.

Such a result is not used, because its code does not say what was tested. It is reported where it says something else
than the results with a known code, or where its value speaks of HER2 and cannot be read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.facts.origins import Gap
from fhir_mappings.codings import texts, words_or_codes
from fhir_mappings.results.her2_findings import agree
from fhir_mappings.results.her2_tokens import tokens
from fhir_mappings.results.her2_values import HER2_VALUES, said_beside
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import objects, text
from fhir_mappings.wire.statuses import may_count
from fhir_mappings.wire.times import time_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cards.facts.results import Her2Finding, Her2Result
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.results.her2_values import Her2Reading, Her2Vocabulary
    from fhir_mappings.results.other_names import OtherNameReader
    from fhir_mappings.wire.lenient import Json

MENTIONS = (b"HER2", b"HER-2", b"Her2", b"Her-2", b"her2", b"ERBB2", b"ErbB2", b"rbB-2")
"""What the code of a result, or of a part of it, must hold to be looked at."""
_NAME = re.compile(r"\b(?:her-?2|c?-?erb-?b-?2)")
_LONGEST = 200
_SHOWN = 40
# What a name may say of the number, the more telling first; a test of a gene's changes is another test.
_BY_KIND = (("ratio", "her2-ish-ratio"), ("copies", "her2-copy-number"), ("ish", "her2-ish"), ("ihc", "her2-ihc"))
_OF_VARIANTS = re.compile(r"mut(?:at|\b)|variant|sequenc|exon|insertion|ngs|mrna|\brna\b|ecd|antibody|therap|clone")
_SPEAKS = frozenset({"score", "says"})


class NamedHer2Reader:
    """Compares such results with those that count; one reader serves every request."""

    def __init__(self, vocabulary: Her2Vocabulary, other_names: OtherNameReader, code_map: CodeMap) -> None:
        """Keep the readers of values and names."""
        self._vocabulary, self._other_names, self._code_map = vocabulary, other_names, code_map

    def against(self, observation: Json, path: str, her2: Sequence[Her2Result]) -> Gap | None:
        """Return what a result of the patient says against the results that count; ``None`` if nothing."""
        if not may_count(observation):
            return None
        counted = {each.finding for each in her2}
        days = [each.on for each in her2 if each.on is not None]
        on = time_of(observation)[1]
        is_older = on is not None and bool(days) and on < max(days)
        for holder, named in _named_parts(observation):
            concept = self._concept(named)
            value = {name: holder[name] for name in HER2_VALUES if name in holder}
            if not concept or not value:
                continue
            read = self._vocabulary.of_result(concept, value, said_beside(observation), self._code_map)
            if _differs(read, counted) or (not is_older and _is_unread(read, value)):
                said = (("value", read[0].as_reported[:_SHOWN]),)
                return Gap("her2-interpretation", path, "named-only", on, said)
        return None

    def _concept(self, named: str) -> str:
        """Return what kind of HER2 result a name is of; empty if it is of something else."""
        folded = fold(named)
        if not _NAME.search(folded) or _OF_VARIANTS.search(folded) or self._other_names.is_another("her2-ihc", named):
            return ""
        kinds = {token.kind for token in tokens(named)}
        if "percent" in kinds or ("chromosome" in kinds and "ratio" not in kinds):
            return ""
        return next((concept for kind, concept in _BY_KIND if kind in kinds), "her2-interpretation")


def _named_parts(observation: Json) -> Iterator[tuple[Json, str]]:
    """Yield the holders of values with their names; the gene of a generic test may be named in a part."""
    parts = [part for _, part in objects(observation.get("component"))]
    genes = " ; ".join(each for part in parts for each in texts(part.get("valueCodeableConcept")) if len(each) < _SHOWN)
    own = _name(observation)
    yield observation, own if _NAME.search(fold(own)) else f"{own} ; {genes[:_LONGEST]}"
    for part in parts:
        yield part, _name(part)


def _name(holder: Json) -> str:
    return " ; ".join(dict.fromkeys(words_or_codes(holder.get("code"))))[:_LONGEST]


def _differs(read: Sequence[Her2Reading], counted: set[Her2Finding]) -> bool:
    """Return whether a finding agrees with none of those that count, or contradicts itself."""
    findings = [each.finding for each in read if each.finding is not None]
    return any(each.conflict for each in read) or any(
        not any(agree(finding, other) for other in counted) for finding in findings
    )


def _is_unread(read: Sequence[Her2Reading], value: Json) -> bool:
    """Return whether nothing was read of a value that speaks of HER2, or that is nothing but a code."""
    if any(each.finding is not None for each in read):
        return False
    coded = value.get("valueCodeableConcept")
    written = texts(coded) if isinstance(coded, dict) else [text(value.get("valueString"))]
    if isinstance(coded, dict) and not any(written):
        return True
    return any(not _SPEAKS.isdisjoint({token.kind for token in tokens(each)}) for each in written if each)
