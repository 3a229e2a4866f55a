"""Reads HER2 results: LOINC answers, SNOMED qualifiers, numbers and laboratories' texts.

A code decides, and a more precise text with it is kept; a text that contradicts it is a conflict. So are an
interpretation or a note that retract the value. A grade is never guessed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cards.facts.results import Her2Finding, Her2Method
from cards.values.intervals import BOUND_BY_SIGN, Bound
from fhir_mappings.codings import codings
from fhir_mappings.results.her2_findings import SCORES, Stated, agree, findings_of, most_precise, precision
from fhir_mappings.results.her2_remarks import contradicts, is_contradicted
from fhir_mappings.results.her2_texts import Her2Limits, NotRead, TextReading, read_text
from fhir_mappings.results.her2_tokens import is_known, tokens
from fhir_mappings.results.report_lines import joined
from fhir_mappings.results.result_notes import notes
from fhir_mappings.wire.lenient import child, number, text
from fhir_mappings.wire.narratives import notes_of

if TYPE_CHECKING:
    from cards.knowledge.schema import Terminology
    from fhir_mappings.codings import CodeMap, Coding
    from fhir_mappings.wire.lenient import Json

_SCORE_UNITS = frozenset({"", "1", "+", "score", "{score}"})
_COUNTED = {"her2-copy-number": "copies", "her2-ish-ratio": "ratio"}
_RATIO_UNITS = frozenset({"ratio", "{ratio}", "1"})
_UNKNOWN_MEANING = frozenset({"present", "absent"})
_QUALIFIER = re.compile(r" {0,3}\((?:qualifier value|finding|disorder)\)$")
# Senders have attached the display of the opposite disorder, so the code is trusted over it.
_DISORDER = re.compile(r"carcinoma|cancer|neoplasm", re.IGNORECASE)
_EQUIVOCAL = ((Her2Finding.IHC_2,), (Her2Finding.EQUIVOCAL,))
_CONCLUSIONS = frozenset({Her2Finding.POSITIVE, Her2Finding.NEGATIVE})
HER2_VALUES = ("valueCodeableConcept", "valueString", "valueInteger", "valueRatio", "valueQuantity")
"""The members of a result that may state a HER2 finding."""


class Her2Reading(NamedTuple):
    """One finding of a result; ``method`` is ``None`` for that of its own code, ``finding`` if nothing was read.

    ``by_ratio`` and ``by_copies``: it was derived from that number alone.
    """

    method: Her2Method | None
    finding: Her2Finding | None
    conflict: bool
    as_reported: str
    by_ratio: bool = False
    by_copies: bool = False


def said_beside(observation: Json) -> Json:
    """Return the interpretation and the notes of a result, which may retract its value."""
    said: Json = {"interpretation": observation["interpretation"]} if "interpretation" in observation else {}
    if listed := [{"text": each} for each in notes(observation)]:
        said["note"] = listed
    return said


def _nothing(as_reported: str) -> list[Her2Reading]:
    return [Her2Reading(None, None, conflict=False, as_reported=as_reported[:60])]


class Her2Vocabulary:
    """Lookup tables of the codes and limits in the knowledge."""

    def __init__(self, terminology: Terminology) -> None:
        """Index them."""
        self.limits = Her2Limits(terminology)
        self._codes: dict[tuple[str, str], Her2Finding] = {}
        for entry in terminology.her2_values:
            if entry.means in _UNKNOWN_MEANING:
                continue
            finding = Her2Finding(entry.means)
            self._codes.update({("loinc", code): finding for code in entry.loinc_answers})
            self._codes.update({("snomed", code): finding for code in entry.snomed})

    def finding_of(self, coding: Coding) -> Her2Finding | None:
        """Return the finding of a code."""
        return self._codes.get((coding.system, coding.code))

    def read(self, concept: str, holder: Json, code_map: CodeMap) -> list[Her2Reading]:
        """Read the value of a HER2 result: the finding for each method."""
        coded = holder.get("valueCodeableConcept")
        if isinstance(coded, dict):
            return self._coded(concept, coded, code_map)
        sent = joined(holder.get("valueString"), is_known)
        if written := text(sent):
            return _said(self._of_lines(concept, sent, written), written)
        whole = number(holder.get("valueInteger"))
        if whole is not None and concept == "her2-ihc":
            # A fraction is not a score: 2.5 is neither 2+ nor 3+.
            finding = SCORES.get(int(whole)) if whole == int(whole) else None
            return [Her2Reading(None, finding, conflict=False, as_reported=str(whole))]
        if isinstance(holder.get("valueRatio"), dict):
            return self._ratio(concept, holder["valueRatio"])
        return self._quantity(concept, child(holder, "valueQuantity"))

    def of_result(self, concept: str, value: Json, remarks: Json, code_map: CodeMap) -> list[Her2Reading]:
        """Read a value with its interpretation and notes; a contradiction is a conflict."""
        read = self.read(concept, value, code_map)
        findings = tuple(each.finding for each in read if each.finding is not None)
        if not remarks or not findings:
            return read
        if is_contradicted(remarks, findings, self.limits, self.finding_of):
            return [
                each._replace(conflict=True, as_reported=f"{each.as_reported[:30]}, its interpretation or note differs")
                for each in read
            ]
        noted = self._ish_in_notes(remarks, findings)
        return [*read, noted] if noted is not None else read

    def _of_lines(self, concept: str, sent: str, written: str) -> TextReading:
        """Read a text whose line breaks are wraps of a sentence, or else ends of statements."""
        reading = self.text(concept, written)
        if isinstance(reading, NotRead) and "\n" in sent:
            return self.text(concept, text(sent.replace("\n", " ; ")))
        return reading

    def _ish_in_notes(self, remarks: Json, findings: tuple[Her2Finding, ...]) -> Her2Reading | None:
        """Return the ISH conclusion that the only note of an equivocal score states: "FISH: amplified, ratio 4.1"."""
        notes = list(notes_of(remarks))
        if findings not in _EQUIVOCAL or len(notes) != 1:
            return None
        stated = self.text("her2-interpretation", notes[0])
        if not isinstance(stated, Stated) or stated.conflict or stated.ish not in _CONCLUSIONS:
            return None
        if stated.ihc not in (None, *findings) or stated.overall is not None:
            return None
        return Her2Reading(Her2Method.ISH, stated.ish, conflict=False, as_reported=" ".join(notes[0].split())[:60])

    def text(self, concept: str, written: str) -> TextReading:
        """Read a text."""
        return read_text(written, self.limits, concept)

    def _coded(self, concept: str, coded: Json, code_map: CodeMap) -> list[Her2Reading]:
        by_code: set[Her2Finding] = set()
        written = [text(joined(coded.get("text"), is_known))]
        for coding in codings(coded, code_map):
            if (finding := self.finding_of(coding)) is not None:
                by_code.add(finding)
            if coding.display and not (finding and _DISORDER.search(coding.display)):
                written.append(_QUALIFIER.sub("", coding.display[:400]))
        listed = list(dict.fromkeys(each for each in written if each))
        stated = [(each, self.text(concept, each)) for each in listed]
        label = listed[0] if listed else "?"
        if not by_code:
            return _agreeing(stated, label)
        best = most_precise(by_code)
        conflict = any(not agree(best, other) for other in by_code)
        finest: tuple[str, Stated] | None = None
        for each, reading in stated:
            if isinstance(reading, NotRead):
                conflict = conflict or (each == written[0] and contradicts(each, (best,), self.limits))
            elif reading.conflict or not _fits(best, reading):
                conflict = True
            elif finest is None and _is_more_precise(reading, best):
                finest = each, reading
        if finest is None or conflict:
            return [Her2Reading(None, best, conflict, label[:60] if listed else best.removeprefix("ihc-"))]
        return _said(finest[1], finest[0])

    def _quantity(self, concept: str, quantity: Json) -> list[Her2Reading]:
        value, comparator = number(quantity.get("value")), text(quantity.get("comparator"))
        if value is None:
            return _nothing("?")
        unit = text(quantity.get("unit")) or text(quantity.get("code"))
        as_reported = f"{comparator}{value} {unit}".strip()
        bound = BOUND_BY_SIGN.get(comparator)
        if bound is None:
            return _nothing(as_reported)
        if concept == "her2-ihc":
            is_score = value == int(value) and bound is Bound.EXACT and unit.casefold() in _SCORE_UNITS
            finding = SCORES.get(int(value)) if is_score else None
            return [Her2Reading(None, finding, conflict=False, as_reported=as_reported)]
        counts = _counted(concept, unit)
        if counts == "copies":
            as_reported = f"{comparator}{value} copies"
            copies = self.limits.by_copies((value, bound))
            if copies is None and value > 0:
                # A total over all cells, not an average; a new test would not help.
                copies = Her2Finding.INDETERMINATE
            return [Her2Reading(None, copies, conflict=False, as_reported=as_reported, by_copies=True)]
        if counts == "ratio":
            ratio = self.limits.by_ratio((value, bound))
            as_reported = f"ratio {comparator}{value}"
            return [Her2Reading(None, ratio, conflict=False, as_reported=as_reported, by_ratio=True)]
        return _nothing(as_reported)

    def _ratio(self, concept: str, ratio: Json) -> list[Her2Reading]:
        """Read copies of HER2 over copies of chromosome 17."""
        above, below = (number(child(ratio, name).get("value")) for name in ("numerator", "denominator"))
        if above is None or below is None:
            return _nothing("?")
        if concept not in ("her2-ish", "her2-ish-ratio") or below <= 0:
            return _nothing(f"{above}:{below}")
        finding = self.limits.by_ratio((above / below, Bound.EXACT))
        return [Her2Reading(None, finding, conflict=False, as_reported=f"ratio {above}:{below}", by_ratio=True)]


def _counted(concept: str, unit: str) -> str:
    """Return what a number counts by the code of its result and by its unit; empty if they disagree."""
    by_code = _COUNTED.get(concept, "")
    named = {token.kind for token in tokens(unit)} & {"ratio", "copies", "percent"}
    if not named:
        return "ratio" if concept == "her2-ish" and unit.casefold() in _RATIO_UNITS else by_code
    by_unit = named.pop() if len(named) == 1 else "percent"
    return by_unit if by_code in ("", by_unit) else ""


def _said(reading: TextReading, written: str) -> list[Her2Reading]:
    """List the findings of a text for each method."""
    if isinstance(reading, NotRead):
        return _nothing(written)
    as_reported, conflict = " ".join(written.split())[:60], reading.conflict
    found = [
        Her2Reading(method, finding, conflict, as_reported)
        for method, finding in ((Her2Method.IHC, reading.ihc), (Her2Method.ISH, reading.ish), (None, reading.overall))
        if finding is not None
    ]
    if reading.by_ratio is not None:
        found.append(Her2Reading(Her2Method.ISH, reading.by_ratio, conflict, as_reported, by_ratio=True))
    if reading.by_copies is not None:
        found.append(Her2Reading(Her2Method.ISH, reading.by_copies, conflict, as_reported, by_copies=True))
    return found


def _agreeing(stated: list[tuple[str, TextReading]], label: str) -> list[Her2Reading]:
    """Return the findings of the texts of a concept without a known code; empty when one of them is not understood."""
    read = [(each, reading) for each, reading in stated if isinstance(reading, Stated)]
    if not read or len(read) < len(stated):
        return _nothing(label)
    found = _said(read[0][1], read[0][0])
    main = next((each.finding for each in found if each.finding is not None), None)
    if main is not None and any(not _fits(main, reading) for _, reading in read[1:]):
        return [each._replace(conflict=True) for each in found]
    return found


def _fits(by_code: Her2Finding, reading: Stated) -> bool:
    """Return whether a text agrees with a code: the same score, or the same overall status."""
    if by_code in SCORES.values() and reading.ihc is not None:
        return agree(by_code, reading.ihc)
    return any(agree(by_code, finding) for finding in findings_of(reading))


def _is_more_precise(reading: Stated, by_code: Her2Finding) -> bool:
    findings = findings_of(reading)
    return len(findings) > 1 or precision(findings[0]) < precision(by_code)
