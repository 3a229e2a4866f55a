"""What the notes and the method of a result say against it: that it is void or doubtful, or a weight not measured.

A value that its own note calls void is reported and not used, and so is one that its note makes doubtful, unless the
true value could only be the better one. A note about an earlier result, or one that denies a fault, says nothing
against the value.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.knowledge.schema import About, Error, Harm, Kind
from cards.values.texts import CUT, LONGEST
from fhir_mappings.codings import texts
from fhir_mappings.results.earlier_values import is_of_earlier_year
from fhir_mappings.results.named_lvef import LVEF_IN_NOTES
from fhir_mappings.results.written_values import VALUES
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, number, objects, reference, text
from fhir_mappings.wire.narratives import goes_on, notes_of, pages_of
from fhir_mappings.wire.note_statements import never, note_statement_reader
from fhir_mappings.wire.times import time_of
from fhir_mappings.wire.word_lists import Words, any_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cards.knowledge.schema import Terminology
    from fhir_mappings.wire.lenient import Json

_SAYING = frozenset({"note", "comment", "comments", "method", "contained"})
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
# "EF is 38, not 61".
_NOT_THAT = re.compile(
    r"(?<![\d.,])(\d{1,7}(?:\.\d{1,3})?)(?: ?(?:%|[a-z][a-z/*^0-9]{0,9}))?,? (?:and |und |y |et )?"
    r"(?:not|nicht|no|non|pas|nao|niet|nie|inte|ikke|ei) (\d{1,7}(?:\.\d{1,3})?)(?![\d.,]*\d)"
)
_LEADING = re.compile(r"(\d{1,6}(?:[.,]\d{1,2})?)(?![\d.,-]| ?-)")
_COMMENT = re.compile(
    r"(?:[a-z0-9/-]{2,20} ){0,3}(?:comments?|notes?|remarks?|\w{0,10}kommentar\w{0,3}|bemerkung(?:en)?|anmerkung(?:en)?"
    r"|hinweise?|comentarios?|observacion(?:es)?|observac(?:ao|oes)|observations?|notas?|commentaires?|remarques?|comment[oi]"
    r"|opmerking(?:en)?|toelichting|komentarz\w{0,2}|uwag[ai]|anmarkning(?:ar)?|bem(?:ae|æ)rkning(?:er)?|merknad(?:er)?"
    r"|kommentti|huomautus|poznamk[ay]|komentar|observati[ei]|comentariu|yorum|aciklama|σχολια|σχολιο"
    r"|комментари[ий]|примечани[ея]|コメント|備考|备注|说明)(?: \[interpretation\] narrative)?:?"
)
"""The name of a part that is a comment: "Annotation comment", "HER2 IHC comment"."""
_CONTROL = re.compile(
    r"(?:(?:internal|procedural|built-in|test|assay|negative|positive) )?(?:quality )?(?:control|qc)"
    r"(?: (?:line|result|valid))?"
)
"""The name of a part that says whether the test worked."""
NOTE_SENTENCES = re.compile(r"[.;!\n](?!\d)")
"""What parts the sentences of a folded note, which end in marks as often as in a blank: "hemolyzed.repeat"."""
_OF_RESULT = (About.RESULT,)
_ABOUT = {"lvef": (About.RESULT, About.EJECTION), "weight": (About.RESULT, About.WEIGHT)}
_PARTS = ",:("
"""What begins another part of a sentence."""


class ResultNotes:
    """Reads the notes and methods of results; one reader serves every request."""

    def __init__(self, terminology: Terminology) -> None:
        """Prepare the words."""
        words = terminology.result_notes
        self._voids, self._stated, self._spares = any_of(words.voids), any_of(words.stated), denial_of(terminology)
        self._corrects = re.compile(any_of(words.corrects).pattern + _CORRECTED)
        self._stated_number = re.compile(any_of(words.stated_number).pattern + _NUMBER)
        doubts = terminology.result_doubts
        self._denied = Words(doubts.denied)
        self._mild = re.compile(rf"{any_of(doubts.mild).pattern}[ :,-]*\Z")
        self._doubts = [
            Words(
                each.words,
                beside=LVEF_IN_NOTES if each.beside_name else None,
                begins=each.begins,
                unless=any_of(each.unless) if each.unless else None,
            )
            for each in doubts.doubts
        ]
        self._statements = note_statement_reader(terminology.note_statements)
        self._hiding, self._sparing = _by_concept(terminology, hides=True), _by_concept(terminology, hides=False)
        self._of_normal = {
            name: [place for place, each in enumerate(doubts.doubts) if each.of_normal and name in each.concepts]
            for name in terminology.concepts
        }

    def void(
        self,
        concept: str,
        observation: Json,
        is_of_another: Callable[[str], bool] = never,
        about: tuple[About, ...] = (),
    ) -> str:
        """Return what a note says that makes a result void or doubtful, or corrects it; empty if none does.

        `CUT` alone if a note continues after what is read of it.

        ``is_of_another`` tells whether a folded sentence, which may be doubtful, is about another test. ``about`` is
        what the result is; without it, what its concept is.
        """
        about = about or _ABOUT.get(concept, _OF_RESULT)
        value, on = _number_of(observation), time_of(observation)[1]
        hiding = self._hiding.get(concept, ())
        for each in remarks(observation):
            sentences = {sentence: fold(sentence) for sentence in NOTE_SENTENCES.split(each)}
            if value is not None and self._is_corrected(fold(each), value):
                return _quoted(each, (said for said, part in sentences.items() if self._is_corrected(part, value)))
            for sentence, part in sentences.items():
                if (
                    self._says(self._voids, (part,))
                    or is_of_earlier_year(part, on)
                    or self._statements.says(part, *about)
                    or (self._is_doubtful(hiding, part) and not is_of_another(part))
                ):
                    return _quoted(each, (sentence,))
        return CUT if any(map(goes_on, notes(observation))) else ""

    def against_normal(self, concept: str, observation: Json) -> str:
        """Return the beginning of a note that calls a result abnormal, as no normal value is; empty if none."""
        wanted = self._of_normal.get(concept, ())
        for each in notes(observation) if wanted else ():
            if said := [part for part in NOTE_SENTENCES.split(each) if self._is_doubtful(wanted, fold(part))]:
                return _quoted(each, said)
        return ""

    def remark(self, concept: str, observation: Json) -> str:
        """Return the beginning of the note that says the true value can only be better; empty without such a note."""
        sparing = self._sparing.get(concept, ())
        for each in remarks(observation) if sparing else ():
            if said := [part for part in NOTE_SENTENCES.split(each) if self._is_doubtful(sparing, fold(part))]:
                return _quoted(each, said)[:_QUOTED]
        return ""

    def _is_doubtful(self, wanted: Sequence[int], sentence: str) -> bool:
        """Return whether a folded sentence has words of some lists."""
        return any(self._is_doubt(self._doubts[place], sentence) for place in wanted)

    def _is_doubt(self, wanted: Words, sentence: str) -> bool:
        """Return whether some words in a sentence make the result doubtful, and nothing there takes it back."""
        is_beside = wanted.beside is not None and wanted.beside.search(sentence) is not None
        if wanted.beside is not None and not is_beside and not wanted.begins:
            return False
        if wanted.unless is not None and wanted.unless.search(sentence) is not None:
            return False
        for found in wanted.pattern.finditer(sentence):
            before, behind = sentence[: found.start()], sentence[found.end() :]
            if wanted.begins and before.strip() and not is_beside:
                continue
            if not (self._spares(before) or self._mild.search(before) or self._denied.pattern.search(behind)):
                return True
        return False

    def is_stated_name(self, named: str) -> bool:
        """Return whether the name of a weight says that it was stated or estimated: "Weight (stated)"."""
        return self._says(self._stated, NOTE_SENTENCES.split(fold(named)))

    def _is_corrected(self, folded: str, value: Decimal) -> bool:
        """Return whether a note says that another number is the true one."""
        if any(Decimal(found[2]) == value != Decimal(found[1]) for found in _NOT_THAT.finditer(folded)):
            return True
        return any(Decimal(found[1]) != value for found in self._corrects.finditer(folded))

    def is_stated(self, observation: Json) -> bool:
        """Return whether a weight was stated or estimated, or weighed by the patient, not measured."""
        if any(reference(each).startswith(_PATIENTS) for _, each in objects(observation.get("performer"))):
            return True
        device = text(child(observation, "device").get("display"))[:LONGEST]
        said = (NOTE_SENTENCES.split(fold(each)) for each in (*remarks(observation), device))
        return any(self._says(self._stated, parts) or self._says(self._stated_number, parts) for parts in said)

    def _says(self, wanted: re.Pattern[str], sentences: Iterable[str]) -> bool:
        for sentence in sentences:
            found = wanted.search(sentence)
            if found is not None and not self._spares(sentence[: found.start()]):
                return True
        return False


def _quoted(note: str, sentences: Iterable[str]) -> str:
    """Return a note as a card shows it: whole if it is short, else the first of its sentences that matters."""
    return note if len(note) <= _SHOWN else next(iter(sentences), note).strip()[:_SHOWN]


def _number_of(observation: Json) -> Decimal | None:
    """Return the number of a value, also of one that was sent as a text: "61 %"."""
    value = number(child(observation, "valueQuantity").get("value"))
    if value is None and VALUES.isdisjoint(observation):
        # The only part with a value is the result.
        parts = [part for _, part in objects(observation.get("component")) if not VALUES.isdisjoint(part)]
        return _number_of(parts[0]) if len(parts) == 1 else None
    match = _LEADING.match(text(observation.get("valueString"))) if value is None else None
    return value if match is None else Decimal(match[1].replace(",", "."))


def speaks(observation: Json) -> bool:
    """Return whether an element of a result may say something against its value; a flag alone, as a code, does not."""
    if not _SAYING.isdisjoint(observation):
        return True
    return "interpretation" in observation and any("text" in each for _, each in objects(observation["interpretation"]))


def remarks(observation: Json) -> Iterator[str]:
    """Yield the notes, the method and the interpretation of a result, in words; each cut to a length that matters."""
    yield from notes(observation)
    yield from (each[:LONGEST] for each in texts(observation.get("method")))
    for _, flag in objects(observation.get("interpretation")):
        yield from (each[:LONGEST] for each in texts(flag))
    if "component" in observation:
        yield from _named_by(_CONTROL, observation)
    if "contained" in observation:
        yield from _of_specimen(observation)


def notes(observation: Json) -> Iterator[str]:
    """Yield the notes of a result, also as older releases write them, and its parts that are comments; cut."""
    yield from notes_of(observation)
    for name in ("note", "comment", "comments"):
        yield from pages_of(observation.get(name))
    yield from _named_by(_COMMENT, observation)


def _named_by(name: re.Pattern[str], observation: Json) -> Iterator[str]:
    """Yield the texts of the parts of a result with some name."""
    for _, part in objects(observation.get("component")):
        written = [*pages_of(part.get("valueString")), *texts(part.get("valueCodeableConcept"))]
        if any(written) and any(name.fullmatch(fold(each[:_SHOWN])) for each in texts(part.get("code"))):
            yield from (each[:LONGEST] for each in written)


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
        yield from notes_of(each)


def denial_of(terminology: Terminology) -> Callable[[str], bool]:
    """Return what tells whether the beginning of a folded sentence keeps a word behind it from counting."""
    words = terminology.result_notes
    others, denials = any_of(words.about_another), any_of(words.denials)

    def spares(before: str) -> bool:
        part = 1 + max(map(before.rfind, _PARTS))
        return others.search(before) is not None or denials.search(before, part) is not None

    return spares


def _by_concept(terminology: Terminology, *, hides: bool) -> dict[str, list[int]]:
    """Return for each measurement the lists of words that make it doubtful: those that may hide harm, or the others."""
    found: dict[str, list[int]] = {}
    for name, concept in terminology.concepts.items():
        harm = Harm.HIGH if name == _PREGNANCY_TEST else concept.harm
        spares = Error.FALSELY_HIGH if harm is Harm.HIGH else Error.FALSELY_LOW
        if concept.units is not None or concept.kind is Kind.FINDING:
            found[name] = [
                place
                for place, each in enumerate(terminology.result_doubts.doubts)
                if (not each.concepts or name in each.concepts)
                and (each.error is not spares) is hides
                and not each.of_normal
            ]
    return found
