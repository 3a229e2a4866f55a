"""Results that only words name: an Observation, or a part of one, with a local code or none, whose text is "AST".

Such a result is not read, because its code does not say what was measured. It is reported with its value: otherwise the
card would call the test missing, or use an older result with a code as if it were the newest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.facts.origins import Gap
from cards.values.text_cache import cached_by_text
from fhir_mappings.codings import texts, words_or_codes
from fhir_mappings.results.answer_words import names_test
from fhir_mappings.results.written_values import VALUES, written_value
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, objects, text
from fhir_mappings.wire.statuses import may_count
from fhir_mappings.wire.stubs import codes_of
from fhir_mappings.wire.times import time_of, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.facts.origins import Origin
    from cards.knowledge.schema import Terminology
    from fhir_mappings.results.concept_index import ConceptIndex
    from fhir_mappings.results.measurement_units import UnitReader
    from fhir_mappings.results.result_flags import ResultFlags
    from fhir_mappings.wire.lenient import Json

_LONGEST = 80
_IN_BRACKETS = re.compile(r"\([^()]{0,60}\)|\[[^\[\]]{0,60}\]")
_WORD = re.compile(r"[^\W_]+")
_PREGNANCY_TEST = "pregnancy-test"
# Words that only answer_words calls the name of a test, such as "urine", are not enough.
_OF_PREGNANCY = re.compile(r"hcg|preg|upt|schwanger|embarazo|grossesse|gravid|zwanger|ciazow")


class NamedResults:
    """Finds the concept that the words of a code name; one reader serves every request."""

    def __init__(self, terminology: Terminology, index: ConceptIndex, units: UnitReader, flags: ResultFlags) -> None:
        """Index the names."""
        self._index, self._units, self._flags = index, units, flags
        self._beside = frozenset(terminology.words_beside_tests)
        self._of_values = frozenset(terminology.words_for_values) | self._beside
        concepts = terminology.concepts.items()
        self._names = {self._plain(name): concept for concept, known in concepts for name in known.names}
        self._with_unit = {self._plain(name): concept for concept, known in concepts for name in known.names_with_unit}
        # A laboratory's names of tests are few, and each stands on many results.
        self._named = cached_by_text(self._look_up)

    def gaps(self, observation: Json, origin: Origin) -> Iterator[tuple[Gap, Json]]:
        """Report the results of tests that rules use which words name, and no code, each with what holds its value."""
        of_whole, (time, on) = self._concept_of(observation), time_of(observation)
        if of_whole and (gap := self._flags.withheld(of_whole, observation, origin, on)) is not None:
            yield gap, observation
        if not may_count(observation):
            return
        for holder in with_parts(observation):
            if VALUES.isdisjoint(holder) or holder.get("dataAbsentReason"):
                continue
            concept = self._concept_of(holder)
            if not concept and of_whole and self.is_nameless(holder):
                concept = of_whole
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
        return found.pop() if len(found) == 1 else None

    def is_nameless(self, part: Json) -> bool:
        """Return whether a part has no name, or one that says no more than "Result"."""
        named, codes = texts(part.get("code")), codes_of(part)
        if not named or self._index.look((codes,)).is_standard:
            return not codes
        return all(self._of_values.issuperset(_WORD.findall(fold(each[:_LONGEST]))) for each in named)

    def _concept_of(self, holder: Json) -> str | None:
        """Return what words alone name: a code that is known here, or of LOINC, says it itself."""
        looked = self._index.look((codes_of(holder),))
        return None if looked.concepts or looked.is_standard else self.concept(holder)

    def _by_unit(self, written: str, holder: Json) -> str:
        """Return what a name means that is also one of another measurement: "Neutrophils" by a unit of counts."""
        concept = self._with_unit.get(self._plain(written[:_LONGEST]), "")
        quantity = child(holder, "valueQuantity")
        unit = text(quantity.get("code")), text(quantity.get("unit"))
        return concept if concept and self._units.factor(concept, *unit) is not None else ""

    def _look_up(self, written: str) -> str:
        found = self._names.get(self._plain(written[:_LONGEST]), "") or self._index.of_text(written[:_LONGEST])
        if not found and _OF_PREGNANCY.search(fold(written[:_LONGEST])) and names_test(written):
            return _PREGNANCY_TEST
        return found

    def _plain(self, written: str) -> str:
        words = _WORD.findall(_IN_BRACKETS.sub(" ", fold(written)))
        return " ".join(word for word in words if word not in self._beside)


def with_parts(observation: Json) -> list[Json]:
    """List an Observation and its parts."""
    return [observation, *(part for _, part in objects(observation.get("component")))]
