"""What the notes and the method of a result say against it: that it is void or doubtful, or a weight not measured.

A value that its own note calls void is reported and not used, and so is one that its note makes doubtful, unless the
true value could only be the better one. A note about an earlier result, or one that denies a fault, says nothing
against the value.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.knowledge.schema import Error, Harm
from cards.values.caching import lazy
from cards.values.texts import LONGEST
from fhir_mappings.codings import texts
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, number, objects, reference, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cards.knowledge.schema import Terminology
    from fhir_mappings.wire.lenient import Json

SAYING = frozenset({"note", "comment", "comments", "method", "contained"})
"""The elements that may say something against a value."""
WEIGHED = frozenset({"device", "performer"})
"""The elements that say who weighed the patient, and with what."""
_SHOWN, _QUOTED = 60, 40
_PREGNANCY_TEST = "pregnancy-test"
_PATIENTS = ("Patient/", "RelatedPerson/")
_NUMBER = r"(?: [a-z']{1,12}){0,4} \d{2,3}(?:\.\d{1,2})? ?(?:kg|kilo|lb|pound)"
_CORRECTED = (
    r"(?:[ :=]{1,3}(?!from\b|for\b|in\b|within|every|repeat|recheck|redo|retest|previous|prior|reported\b|was\b|"
    r"earlier\b|on\b|at\b|by\b)[a-z]{1,14}){0,4}"
    r"[ :=]{1,3}(\d{1,7}(?:\.\d{1,3})?)(?![\d/:-]| ?(?:week|day|month|hour|min|times))"
)
_COMMENT = re.compile(
    r"(?:[a-z0-9/-]{2,20} ){0,3}(?:comments?|notes?|remarks?|kommentar|bemerkung|comentarios?|commentaires?|commento"
    r"|opmerking)(?: \[interpretation\] narrative)?:?"
)
"""The name of a part that is a comment: "Annotation comment", "HER2 IHC comment"."""
_CONTROL = re.compile(
    r"(?:(?:internal|procedural|built-in|test|assay|negative|positive) )?(?:quality )?(?:control|qc)"
    r"(?: (?:line|result|valid))?"
)
"""The name of a part that says whether the test worked."""
NOTE_SENTENCES = re.compile(r"[.;!\n](?!\d)")
"""What parts the sentences of a folded note, which end in marks as often as in a blank: "hemolyzed.repeat"."""


class ResultNotes:
    """Reads the notes and methods of results; one reader serves every request."""

    def __init__(self, terminology: Terminology) -> None:
        """Prepare the words."""
        words = terminology.result_notes
        self._voids, self._others, self._stated = any_of(words.voids), any_of(words.about_another), any_of(words.stated)
        self._corrects = re.compile(any_of(words.corrects).pattern + _CORRECTED)
        self._stated_number = re.compile(any_of(words.stated_number).pattern + _NUMBER)
        doubts = terminology.result_doubts
        self._denied = _Words(doubts.denied)
        self._mild = re.compile(rf"{any_of(doubts.mild).pattern}[ :,-]*\Z")
        self._doubts = [_Words(each.words) for each in doubts.doubts]
        self._hiding, self._sparing = _by_concept(terminology, hides=True), _by_concept(terminology, hides=False)

    def void(self, concept: str, observation: Json) -> str:
        """Return the beginning of a note that makes a result void or doubtful, or corrects it; empty if none does."""
        value = number(child(observation, "valueQuantity").get("value"))
        for each in remarks(observation):
            if self._says(self._voids, each) or (value is not None and self._is_corrected(each, value)):
                return each[:_SHOWN]
        return self._doubt(self._hiding.get(concept, ()), observation)

    def remark(self, concept: str, observation: Json) -> str:
        """Return the beginning of the note that says the true value can only be better; empty without such a note."""
        return self._doubt(self._sparing.get(concept, ()), observation)[:_QUOTED]

    def _doubt(self, wanted: Sequence[int], observation: Json) -> str:
        """Return the beginning of the first note that has a word of these lists; empty if no note has one."""
        for each in remarks(observation) if wanted else ():
            for sentence in NOTE_SENTENCES.split(fold(each)):
                if any(self._is_doubt(self._doubts[place].pattern, sentence) for place in wanted):
                    return each[:_SHOWN]
        return ""

    def _is_doubt(self, wanted: re.Pattern[str], sentence: str) -> bool:
        """Return whether some words in a sentence make the result doubtful, and nothing there takes it back."""
        for found in wanted.finditer(sentence):
            before, behind = sentence[: found.start()], sentence[found.end() :]
            if not (self._others.search(before) or self._mild.search(before) or self._denied.pattern.search(behind)):
                return True
        return False

    def is_stated_name(self, named: str) -> bool:
        """Return whether the name of a weight says that it was stated or estimated: "Weight (stated)"."""
        return self._says(self._stated, named)

    def _is_corrected(self, written: str, value: Decimal) -> bool:
        """Return whether a note says that another number is the true one."""
        return any(Decimal(found[1]) != value for found in self._corrects.finditer(fold(written)))

    def is_stated(self, observation: Json) -> bool:
        """Return whether a weight was stated or estimated, or weighed by the patient, not measured."""
        if any(reference(each).startswith(_PATIENTS) for _, each in objects(observation.get("performer"))):
            return True
        device = text(child(observation, "device").get("display"))[:LONGEST]
        return any(
            self._says(self._stated, each) or self._says(self._stated_number, each)
            for each in (*remarks(observation), device)
        )

    def _says(self, wanted: re.Pattern[str], written: str) -> bool:
        for sentence in NOTE_SENTENCES.split(fold(written)):
            found = wanted.search(sentence)
            if found is not None and not self._others.search(sentence[: found.start()]):
                return True
        return False


def remarks(observation: Json) -> Iterator[str]:
    """Yield the notes and the method of a result, cut to the length of any that matters."""
    yield from notes(observation)
    yield from (each[:LONGEST] for each in texts(observation.get("method")))
    if "component" in observation:
        yield from _named_by(_CONTROL, observation)
    if "contained" in observation:
        yield from _of_specimen(observation)


def notes(observation: Json) -> Iterator[str]:
    """Yield the notes of a result, also as older releases write them, and its parts that are comments; cut."""
    for _, note in objects(observation.get("note")):
        yield text(note.get("text"))[:LONGEST]
    for name in ("note", "comment", "comments"):
        if isinstance(observation.get(name), str):
            yield text(observation[name])[:LONGEST]
    yield from _named_by(_COMMENT, observation)


def _named_by(name: re.Pattern[str], observation: Json) -> Iterator[str]:
    """Yield the texts of the parts of a result with some name."""
    for _, part in objects(observation.get("component")):
        written = text(part.get("valueString")) or next(iter(texts(part.get("valueCodeableConcept"))), "")
        if written and any(name.fullmatch(fold(each[:_SHOWN])) for each in texts(part.get("code"))):
            yield written[:LONGEST]


def sentences(written: Iterable[str]) -> Iterator[str]:
    """Yield the sentences of some notes, each as written."""
    return (each.strip() for one in written for each in NOTE_SENTENCES.split(one))


def _of_specimen(observation: Json) -> Iterator[str]:
    """Yield what the contained specimen of a result says of its state."""
    place = text(child(observation, "specimen").get("reference"))
    for _, each in objects(observation.get("contained")):
        if each.get("resourceType") != "Specimen" or place != f"#{each.get('id')}":
            continue
        if each.get("status") == "unsatisfactory":
            yield "unsatisfactory specimen"
        for _, condition in objects(each.get("condition")):
            yield from (said[:LONGEST] for said in texts(condition))
        for _, note in objects(each.get("note")):
            yield text(note.get("text"))[:LONGEST]


class _Words:
    """The words of one list, with a pattern that is made when the first note is read: most charts have none."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = words

    @lazy
    def pattern(self) -> re.Pattern[str]:
        return any_of(self._words)


def _by_concept(terminology: Terminology, *, hides: bool) -> dict[str, list[int]]:
    """Return for each measurement the lists of words that make it doubtful: those that may hide harm, or the others."""
    found: dict[str, list[int]] = {}
    for name, concept in terminology.concepts.items():
        harm = Harm.HIGH if name == _PREGNANCY_TEST else concept.harm
        spares = Error.FALSELY_HIGH if harm is Harm.HIGH else Error.FALSELY_LOW
        if concept.units is not None or name == _PREGNANCY_TEST:
            found[name] = [
                place
                for place, each in enumerate(terminology.result_doubts.doubts)
                if (not each.concepts or name in each.concepts) and (each.error is not spares) is hides
            ]
    return found


def any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds some phrases as whole words of a folded text."""
    listed = "|".join(re.escape(fold(each)) for each in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{listed})(?!\w)")
