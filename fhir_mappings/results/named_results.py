"""Results that only words name: an Observation, or a part of one, with a local code or none, whose text is "AST".

So is one whose code of LOINC is for another test, or not known here. Such a result is not read, because its code does
not say what was measured. It is reported with its value: otherwise the card would call the test missing, or use an
older result with a code as if it were the newest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.facts.origins import Gap
from cards.knowledge.schema import Kind
from cards.values.text_cache import cached_by_text
from fhir_mappings.codings import texts, words_or_codes
from fhir_mappings.results.amounts import read_amount
from fhir_mappings.results.answer_words import names_test
from fhir_mappings.results.written_values import VALUES, has_strange_value, written_value
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, objects, text
from fhir_mappings.wire.statuses import may_count
from fhir_mappings.wire.stubs import codes_of
from fhir_mappings.wire.times import time_of, within
from fhir_mappings.wire.word_lists import any_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.facts.origins import Origin
    from cards.knowledge.schema import Terminology
    from fhir_mappings.results.concept_index import ConceptIndex
    from fhir_mappings.results.measurement_units import UnitReader
    from fhir_mappings.results.other_names import OtherNameReader
    from fhir_mappings.results.result_flags import ResultFlags
    from fhir_mappings.wire.lenient import Json

_LONGEST = 80
_IN_BRACKETS = re.compile(r"\([^()]{0,60}\)|\[[^\[\]]{0,60}\]")
# The name of a part that holds the name of a test.
_OF_ANALYTES = re.compile(
    r"(?:analyte?|(?:lab |laboratory )?test|assay|parameter|investigation|measurement|untersuchung|messgrosse|examen)"
    r"(?: ?(?:name|bezeichnung|nombre))?"
)
# "plateletCount".
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
# "[#/volume]" in a name of LOINC.
_PROPERTY = re.compile(r"\[[^\[\]/]{1,30}/[^\[\]]{1,20}\]")
_WORD = re.compile(r"[^\W_]+")
_PREGNANCY_TEST, _WEIGHT = "pregnancy-test", "weight"
# Words that only answer_words calls the name of a test, such as "urine", are not enough.
_OF_PREGNANCY = re.compile(r"hcg|preg|upt|schwanger|embaraz|enceinte|grossesse|incinta|gravid|zwanger|ciazow")
# "Is the patient currently pregnant?", which is answered like a test.
_PREGNANT = re.compile(
    r"(?:(?:is|are|the|this|patient|pt|she|you|currently|current|known|self|reported|aktuell|ist|die|patientin) )*"
    r"(?:pregnant|pregnancy|schwanger|schwangerschaft|embarazada|embarazo|enceinte|grossesse|incinta|gravidanza|gravida"
    r"|gravidez|zwanger|zwangerschap)"
    r"(?: (?:status|state|now|today|currently|yes|no|y|n|reported|heute|hoy))*"
)


class NamedResults:
    """Finds the concept that the words of a code name; one reader serves every request."""

    def __init__(
        self,
        terminology: Terminology,
        index: ConceptIndex,
        units: UnitReader,
        flags: ResultFlags,
        other_names: OtherNameReader,
    ) -> None:
        """Index the names."""
        self._index, self._units, self._flags, self._other_names = index, units, flags, other_names
        self._beside = frozenset(terminology.words_beside_tests)
        self._of_values = frozenset(terminology.words_for_values) | self._beside
        concepts = terminology.concepts.items()
        self._names = {self._plain(name): concept for concept, known in concepts for name in known.names}
        self._with_unit = {self._plain(name): concept for concept, known in concepts for name in known.names_with_unit}
        self._around_weight = self._beside.union(terminology.words_beside_weight)
        self._labs = frozenset(terminology.of_kind(Kind.LABORATORY))
        own = {**self._names, **self._with_unit}
        own = {name: concept for name, concept in own.items() if name and concept in self._labs}
        self._own = {name: own[name] for name in sorted(own, key=len, reverse=True)}
        self._any_own = any_of(self._own)
        self._other_value = any_of(terminology.words_for_other_values)
        # A laboratory's names of tests are few, and each stands on many results.
        self._named = cached_by_text(self._look_up)
        self._within = cached_by_text(self._look_within)

    def gaps(self, observation: Json, origin: Origin) -> Iterator[tuple[Gap, Json]]:
        """Report the results of tests that rules use which words name, and no code, each with what holds its value."""
        of_whole, (time, on) = self._concept_of(observation) or self._analyte(observation), time_of(observation)
        if of_whole and (gap := self._flags.withheld(of_whole, observation, origin, on)) is not None:
            yield gap, observation
        if not may_count(observation):
            return
        for holder in with_parts(observation):
            if VALUES.isdisjoint(holder) and not has_strange_value(holder):
                continue
            concept = self._concept_of(holder)
            if not concept and holder is not observation and self.is_nameless(holder):
                concept = of_whole or self._concept_of({**holder, "code": observation.get("code")})
            if concept:
                days, values = within(time), (("value", written_value(holder)),)
                latest = days[1] if days is not None else None
                yield Gap(concept, origin.path, "named-only", on, values, latest), holder

    def concept(self, holder: Json) -> str | None:
        """Return what the words of a code name; ``None`` if nothing that rules use, or several things."""
        code = holder.get("code")
        written = words_or_codes(code)
        if not written and code.__class__ is str:
            written = [text(code)]
        found = {name for each in written if (name := self._named(each) or self._by_unit(each, holder))}
        found = found or {name for each in written if (name := self._among_words(each, holder))}
        return found.pop() if len(found) == 1 else None

    def is_nameless(self, part: Json) -> bool:
        """Return whether a part has no name, or one that says no more than "Result"."""
        named, codes = texts(part.get("code")), codes_of(part)
        if not named or self._index.look((codes,)).is_standard:
            return not codes
        return all(self._of_values.issuperset(_WORD.findall(fold(each[:_LONGEST]))) for each in named)

    def _concept_of(self, holder: Json) -> str | None:
        """Return what words alone name: a code that is known here says it itself."""
        return None if self._index.look((codes_of(holder),)).concepts else self.concept(holder)

    def _analyte(self, observation: Json) -> str | None:
        """Return the test that a part names as its value, beside one with the result, as archetypes of openEHR do."""
        for _, part in objects(observation.get("component")):
            named = texts(part.get("code"))
            if named and all(_OF_ANALYTES.fullmatch(fold(each[:_LONGEST])) for each in named):
                written = [*texts(part.get("valueCodeableConcept")), text(part.get("valueString"))]
                found = {name for each in written if each and (name := self._named(each) or self._within(each)[0])}
                return found.pop() if len(found) == 1 else None
        return None

    def _by_unit(self, written: str, holder: Json) -> str:
        """Return what a name means that is also one of another measurement: "Neutrophils" by a unit of counts."""
        concept = self._with_unit.get(self._plain(written[:_LONGEST]), "")
        return concept if concept and self._fits(concept, holder) else ""

    def _fits(self, concept: str, holder: Json) -> bool:
        """Return whether a value is in a unit of a measurement."""
        quantity = child(holder, "valueQuantity")
        return self._units.factor(concept, text(quantity.get("code")), text(quantity.get("unit"))) is not None

    def _among_words(self, name: str, holder: Json) -> str:
        """Return the test whose name is among the words of a name, if the value may be of it.

        It is in a unit of the test, or has none if the name is no other test's.
        """
        concept, is_only_its = self._within(name)
        may_be = concept and (self._may_be(concept, holder) if is_only_its else self._fits(concept, holder))
        return concept if may_be else ""

    def _may_be(self, concept: str, holder: Json) -> bool:
        """Return whether a value may be of a measurement: in a unit of it, or in none that can be read."""
        quantity, written = child(holder, "valueQuantity"), text(holder.get("valueString"))
        if written:
            reading = read_amount(written) if len(written) <= _LONGEST else None
            return reading is not None and self._units.factor(concept, "", reading.unit) is not None
        code, unit = text(quantity.get("code")), text(quantity.get("unit"))
        return not (code or unit) or self._units.factor(concept, code, unit) is not None

    def _look_up(self, written: str) -> str:
        written = _CAMEL.sub(" ", written[:_LONGEST])
        found = self._names.get(self._plain(written), "") or self._index.of_text(written[:_LONGEST])
        folded = fold(written)
        if not found and _OF_PREGNANCY.search(folded):
            is_asked = _PREGNANT.fullmatch(" ".join(_WORD.findall(folded))) is not None
            if is_asked or names_test(written):
                return _PREGNANCY_TEST
        return found or self._as_weight(written)

    def _as_weight(self, written: str) -> str:
        """Return the concept of body weight for a name that says no more than how it was measured."""
        words = _WORD.findall(fold(written[:_LONGEST]))
        plain = " ".join(word for word in words if word not in self._around_weight)
        return _WEIGHT if self._names.get(plain) == _WEIGHT else ""

    def _look_within(self, written: str) -> tuple[str, bool]:
        """Return the one laboratory test whose name is among the words of a name, and whether it is only its.

        "GOT (ASAT) 37 °C"; the other words must not be of another test, or of another value of this one.
        """
        plain = " ".join(_WORD.findall(_PROPERTY.sub(" ", fold(_CAMEL.sub(" ", written[:_LONGEST])))))
        names = self._any_own.findall(plain)
        found = {self._own[each] for each in names}
        if len(found) != 1:
            return "", False
        (concept,), rest = found, self._any_own.sub(" ", plain)
        is_other = self._other_value.search(plain) or any(
            self._other_names.is_another(concept, each) for each in (plain, rest)
        )
        return ("", False) if is_other else (concept, not self._names.keys().isdisjoint(names))

    def _plain(self, written: str) -> str:
        words = _WORD.findall(_IN_BRACKETS.sub(" ", fold(written)))
        return " ".join(word for word in words if word not in self._beside)


def with_parts(observation: Json) -> list[Json]:
    """List an Observation and its parts."""
    return [observation, *(part for _, part in objects(observation.get("component")))]
