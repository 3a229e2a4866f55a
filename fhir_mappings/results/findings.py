"""Results that answer yes or no: a pregnancy test, an ERBB2 mutation. An unclear answer is kept as ``None``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.origins import Gap, Origin
from cards.facts.results import Mutation, PregnancyTest
from fhir_mappings.codings import NO_CODE_MAP, codings, texts
from fhir_mappings.results.answer_words import answered
from fhir_mappings.results.reference_ranges import NOBODY
from fhir_mappings.results.result_notes import notes, sentences
from fhir_mappings.results.variant_texts import mutation_in, names_a_change, names_another_change, residues_in
from fhir_mappings.results.written_values import written_value
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, flag, objects, text

if TYPE_CHECKING:
    from datetime import date

    from cards.knowledge.schema import Terminology
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.results.hcg_amounts import HcgAmount, HcgReader
    from fhir_mappings.results.reference_ranges import Subject
    from fhir_mappings.wire.lenient import Json

_LONGEST_NAME = 40
_NORMAL = "N"
# From HL7's codes for the interpretation of an observation.
_INTERPRETATIONS = {"POS": True, "DET": True, "NEG": False, "ND": False}


class FindingReader:
    """Reads results that answer yes or no."""

    def __init__(self, terminology: Terminology, hcg: HcgReader, code_map: CodeMap = NO_CODE_MAP) -> None:
        """Index the answers and the ways in which a result says that it is about ERBB2."""
        self._hcg = hcg
        self._code_map = code_map
        self._genes = terminology.genes
        self._erbb2_names = frozenset(map(fold, terminology.genes.erbb2_names))
        self._not_pathogenic = frozenset(terminology.genes.not_pathogenic)
        self._yes = _codes(terminology, "positive", "present")
        self._no = _codes(terminology, "negative", "absent")

    def pregnancy_test(self, holder: Json, on: date | None, origin: Origin, subject: Subject = NOBODY) -> PregnancyTest:
        """Read a pregnancy test, by its answer or its amount of hormone; one that says both has no answer."""
        answer, written = self._answer(holder)
        said = self._said_beside(holder)
        amount = self._hcg.read(holder, on, subject)
        if amount is not None:
            return self._by_amount(amount, said, holder, on, origin)
        if answer is None and not written and len(said) == 1:
            ((answer, written),) = said.items()
        if answer is not None and (not answer) in said:
            answer, written = None, ", ".join(said[each] for each in (False, True) if each in said) or written
        if answer is None:
            written = written or _code(holder) or written_value(holder)
        elif not written:
            # A code alone is enough.
            written = "positive" if answer else "negative"
        return PregnancyTest(answer, on, origin, written[:40])

    def _by_amount(
        self, amount: HcgAmount, said: dict[bool, str], holder: Json, on: date | None, origin: Origin
    ) -> PregnancyTest:
        """Read an amount and the answer next to it; between the cut-offs only that answer decides."""
        answers = {each for each in (amount.positive, amount.said) if each is not None} | said.keys()
        if not answers and _is_normal(holder):
            answers = {False}
        words = [amount.as_reported, *(said[each] for each in (False, True) if each in said)]
        written = ", ".join(dict.fromkeys(words)) if len(answers) > 1 else amount.as_reported
        return PregnancyTest(answers.pop() if len(answers) == 1 else None, on, origin, written[:40], by_amount=True)

    def mutation(self, observation: Json, on: date | None, origin: Origin) -> Mutation | Gap | None:
        """Read an ERBB2 sequencing result; ``None`` if it is about another gene, a gap if it is not understood.

        Amplifications, fusions, losses and silent or benign variants are not activating mutations, whether stated by a
        code, a component or a text.
        """
        if self._is_variant_assessment(observation) and not self._is_about_erbb2(observation):
            return None
        answer, written = self._answer(observation)
        said = mutation_in(written) if written else None
        if answer is None:
            answer = said
        elif answer and written and (names_another_change(written) or said is False):
            answer = False
        if answer is None or (not answer) in _interpreted(observation):
            return Gap("erbb2-mutation", origin.path, "value", on, (("value", written[:60] or "?"),))
        if answer and (remark := _denial(observation)):
            said_both = f"{written[:30] or 'present'}, {remark}"[:60]
            return Gap("erbb2-mutation", origin.path, "value", on, (("value", said_both),))
        other = self._other_change(observation) if answer else None
        label = other or written or "variant"
        residues = self._residues(observation, written) if answer else ()
        return Mutation(answer and other is None, on, origin, label[:60], residues=residues)

    def assessment(self, observation: Json) -> tuple[str, bool] | None:
        """Return what an Observation says of a variant that it only refers to, and whether that is no mutation then.

        ``None`` if it assesses none.
        """
        holders = [observation, *(part for _, part in objects(observation.get("component")))]
        for holder in holders:
            if not any(coding.code == self._genes.significance for coding in codings(holder.get("code"))):
                continue
            labels = [each for each in _labels(holder) if each]
            coded = [coding.code for coding in codings(holder.get("valueCodeableConcept"))]
            if not (labels or coded):
                continue
            is_against = any(map(names_another_change, labels)) or not self._not_pathogenic.isdisjoint(coded)
            return (labels or coded)[0], is_against
        return None

    def _residues(self, observation: Json, written: str) -> tuple[int, ...]:
        labels = (label for _, part in objects(observation.get("component")) for label in _labels(part))
        return tuple(dict.fromkeys(residue for each in (written, *labels) for residue in residues_in(each)))

    def _other_change(self, observation: Json) -> str | None:
        """Return the component that shows a variant to be something other than an activating mutation."""
        parts = [part for _, part in objects(observation.get("component"))]
        labels = [label for part in parts for label in _labels(part)]
        if (named := next((label for label in labels if names_another_change(label)), None)) is not None:
            return named
        for part in parts:
            for coding in codings(part.get("valueCodeableConcept")):
                if coding.code in self._genes.other_changes or coding.code in self._not_pathogenic:
                    return coding.display or coding.code
            is_count = any(coding.code == self._genes.copy_number for coding in codings(part.get("code")))
            if is_count and not any(names_a_change(label) for label in labels):
                return "copy number"
        return None

    def _answer(self, holder: Json) -> tuple[bool | None, str]:
        concept = child(holder, "valueCodeableConcept")
        written = text(holder.get("valueString")) or next(iter(texts(concept)), "")
        codes = {coding.code for coding in codings(concept, self._code_map)}
        if codes & self._yes or codes & self._no:
            if codes & self._yes and codes & self._no:
                return None, written
            return bool(codes & self._yes), written
        return (answered(written) if written else None), written

    def _said_beside(self, holder: Json) -> dict[bool, str]:
        """Return the yes and no answers in the value and the interpretation of a test, each as written."""
        concept = child(holder, "valueCodeableConcept")
        written = [text(holder.get("valueString")), *texts(concept)]
        said: dict[bool, str] = {}
        for coding in codings(concept, self._code_map):
            if coding.code in self._yes | self._no:
                said.setdefault(coding.code in self._yes, "positive" if coding.code in self._yes else "negative")
            elif (answer := _INTERPRETATIONS.get(coding.code.upper())) is not None:
                said.setdefault(answer, coding.code)
        if (answer := flag(holder.get("valueBoolean"))) is not None:
            said.setdefault(answer, "yes" if answer else "no")
        for _, interpretation in objects(holder.get("interpretation")):
            written += texts(interpretation)
            for coding in codings(interpretation):
                if coding.code.upper() in _INTERPRETATIONS:
                    said.setdefault(_INTERPRETATIONS[coding.code.upper()], coding.code)
        for each in written:
            if each and (answer := answered(each.strip(" .:;!"))) is not None:
                said.setdefault(answer, each)
        return said

    def _is_variant_assessment(self, observation: Json) -> bool:
        return any(coding.code == self._genes.variant_assessment for coding in codings(observation.get("code")))

    def _is_about_erbb2(self, observation: Json) -> bool:
        studied = [
            part
            for _, part in objects(observation.get("component"))
            if any(code.code == self._genes.gene_studied for code in codings(part.get("code")))
        ]
        return any(
            any(coding.code in self._genes.erbb2 for coding in codings(part.get("valueCodeableConcept")))
            or any(fold(label[:_LONGEST_NAME]) in self._erbb2_names for label in _labels(part))
            for part in studied
        )


def _interpreted(holder: Json) -> set[bool]:
    """Return the answers that the interpretation of a result gives in code."""
    coded = (coding.code.upper() for _, each in objects(holder.get("interpretation")) for coding in codings(each))
    return {_INTERPRETATIONS[code] for code in coded if code in _INTERPRETATIONS}


def _denial(observation: Json) -> str:
    """Return the interpretation or note that rules a variant out as a mutation; empty if neither does."""
    said = [each.strip() for _, part in objects(observation.get("interpretation")) for each in texts(part)]
    said += sentences(notes(observation))
    return next((each for each in said if mutation_in(each) is False), "")


def _is_normal(holder: Json) -> bool:
    coded = [coding for _, each in objects(holder.get("interpretation")) for coding in codings(each)]
    return bool(coded) and all(coding.code.upper() == _NORMAL for coding in coded)


def _code(holder: Json) -> str:
    return next((coding.code for coding in codings(child(holder, "valueCodeableConcept")) if coding.code), "")


def _labels(part: Json) -> list[str]:
    return [text(part.get("valueString")), *texts(part.get("valueCodeableConcept"))]


def _codes(terminology: Terminology, *meanings: str) -> frozenset[str]:
    return frozenset(
        code
        for entry in terminology.her2_values
        if entry.means in meanings
        for code in (*entry.loinc_answers, *entry.snomed)
    )
