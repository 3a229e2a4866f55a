"""What the notes and the method of a result say against it: that it is void, or that a weight was not measured.

A value that its own note calls void is reported and not used. A note about an earlier result, or one that denies a
fault, says nothing against the value.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from fhir_mappings.codings import texts
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, number, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.knowledge.schema import Terminology
    from fhir_mappings.wire.lenient import Json

SAYING = frozenset({"note", "comment", "comments", "method"})
"""The elements that may say something against a value."""
_LONGEST, _SHOWN = 500, 60
_NUMBER = r"(?: [a-z']{1,12}){0,4} \d{2,3}(?:\.\d{1,2})? ?(?:kg|kilo|lb|pound)"
_CORRECTED = (
    r"(?:[ :=]{1,3}(?!from\b|for\b|in\b|within|every|repeat|recheck|redo|retest|previous|prior|reported\b|was\b|"
    r"earlier\b|on\b|at\b|by\b)[a-z]{1,14}){0,4}"
    r"[ :=]{1,3}(\d{1,7}(?:\.\d{1,3})?)(?![\d/:-]| ?(?:week|day|month|hour|min|times))"
)
_SENTENCES = re.compile(r"[.;!\n](?!\d)")


class ResultNotes:
    """Reads the notes and methods of results; one reader serves every request."""

    def __init__(self, terminology: Terminology) -> None:
        """Prepare the words."""
        words = terminology.result_notes
        self._voids, self._others, self._stated = _any(words.voids), _any(words.about_another), _any(words.stated)
        self._corrects = re.compile(_any(words.corrects).pattern + _CORRECTED)
        self._stated_number = re.compile(_any(words.stated_number).pattern + _NUMBER)

    def void(self, observation: Json) -> str:
        """Return the beginning of a note that calls the result void or corrects it; empty if none does."""
        value = number(child(observation, "valueQuantity").get("value"))
        for each in _written(observation):
            if self._says(self._voids, each) or (value is not None and self._is_corrected(each, value)):
                return each[:_SHOWN]
        return ""

    def is_stated_name(self, named: str) -> bool:
        """Return whether the name of a weight says that it was stated or estimated: "Weight (stated)"."""
        return self._says(self._stated, named)

    def _is_corrected(self, written: str, value: Decimal) -> bool:
        """Return whether a note says that another number is the true one."""
        return any(Decimal(found[1]) != value for found in self._corrects.finditer(fold(written)))

    def is_stated(self, observation: Json) -> bool:
        """Return whether a weight was stated or estimated, not measured."""
        return any(
            self._says(self._stated, each) or self._says(self._stated_number, each) for each in _written(observation)
        )

    def _says(self, wanted: re.Pattern[str], written: str) -> bool:
        for sentence in _SENTENCES.split(fold(written)):
            found = wanted.search(sentence)
            if found is not None and not self._others.search(sentence[: found.start()]):
                return True
        return False


def _written(observation: Json) -> Iterator[str]:
    for _, note in objects(observation.get("note")):
        yield text(note.get("text"))[:_LONGEST]
    for name in ("note", "comment", "comments"):
        if isinstance(observation.get(name), str):
            yield text(observation[name])[:_LONGEST]
    yield from (each[:_LONGEST] for each in texts(observation.get("method")))


def _any(phrases: Iterable[str]) -> re.Pattern[str]:
    listed = "|".join(re.escape(fold(each)) for each in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{listed})(?!\w)")
