"""Reads another value of a measurement in the notes of its result: "AST 400 on repeat", "LVEF remeasured at 39 %"."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cards.values.intervals import Bound
from fhir_mappings.results.amounts import LONGEST, Reading, in_thousands, read_amount
from fhir_mappings.results.lvef_notes import LvefNotes
from fhir_mappings.results.result_notes import denial_of, notes, sentences
from fhir_mappings.wire.folding import fold

if TYPE_CHECKING:
    from cards.knowledge.schema import Terminology
    from fhir_mappings.results.measurement_units import UnitReader
    from fhir_mappings.results.reference_ranges import Unit
    from fhir_mappings.wire.lenient import Json

_SHOWN = 60
# "8 x ULN on repeat".
_MULTIPLE = re.compile(
    r"(?P<below>(?:<=?|under|below|less than|up to|at most|within|no more than) ?)?"
    r"(?<![\d.])(?P<times>\d{1,3}(?:\.\d)?) ?-?"
    r"(?:x|\*|times|fold|fach\w{0,2})(?: (?:the|das|des))? ?"
    r"(?:uln|lsn|upper limit(?: of normal)?|upper normal|(?:obere[nrs]? )?normgrenze|norm(?:al)?)\b"
)
# Beside such a number, words for a limit of the protocol, or for another day.
NO_RESULT = re.compile(
    r"\b(?:if|when|hold|until|unless|criteri\w{1,2}|grade|grad|ctcae|defined?|definition|limit for|threshold|goal"
    r"|should|must|policy|protocol|baseline|ago|peak|historical|max(?:imum)?|last|month|week"
    r"|wenn|falls|bis|vor|letzte\w?|si|cuando|seuil|limite de)\b"
)
_OF_ONE, _THOUSANDS, _THOUSAND = "/uL", "K/uL", "k"
_NOW = frozenset({"today", "now", "heute", "jetzt", "hoy", "ahora", "aujourd", "oggi", "hoje"})
_CLAUSES = re.compile(r",(?!\d)")
_AMOUNT_ALONE = re.compile(
    r"(?P<words>(?:[a-z]{1,14}[ :=]{1,3}){0,4})(?P<amount>\d{1,6}(?:[.,]\d{1,3})?"
    r"(?: ?(?!(?:on|by|with|per|at|en|au|auf|in|im|today|now|heute|jetzt|hoy|ahora|oggi|hoje)\b)"
    r"[^\d\s]\S{0,16}| 10\S{1,14})?)"
    r"(?P<behind>(?: \(?[a-z]{1,12}\)?){0,4})"
)
# Behind an amount, how it was measured again: "55 kg on bed scale".
_HOW = re.compile(
    r"on|by|with|at|per|the|a|an|our|my|bed|bedside|floor|chair|standing|clinic|unit|scales?|repeat|recheck|review|today"
    r"|now|visit|measured|manual|count|smear|citrate|tube|im|in|auf|der|dem|mit|heute|gemessen|bettwaage|hoy|en|con|bascula"
    r"|cama|au|lit|balance|aujourd"
)
_OF_RESULT = re.compile(
    r"(?:values?|results?|repeat(?:ed)?|rerun|recheck(?:ed)?|actual(?:ly)?|current(?:ly)?|now|is|measured|reads?|today|true"
    r"|correct(?:ed)?|about|approximately|see|recount|nachgezahlt|hertelling|in|im|en|sur|tube|manual(?:ly)?|manuel(?:le)?|manuell\w{0,2}|counted|recuento|comptage|conteggio|citrat[eo]?|[zc]itratblut|real"
    r"|diff(?:erential)?|by|optical|fluorescen\w{1,3}|impedance|method|smear|estimate|methode|metodo|manuell\w{0,2}"
    r"|body|weights?|weighs|weighed|wt|patient|pt|level|count|wert|gewicht|valor|peso|poids|valeur|valore"
    r"|wiederholung|nachmessung|kontrolle|kontrollwert|korrektur|korrigiert|richtig|repeticion|repetido|repetida|corregido"
    r"|correccion|repetition|repete|controle|corrige|ripetuto|ripetizione|controllo|corretto|rettifica|repeticao"
    r"|corrigido|herhaling|herhaald|gecorrigeerd|waarde|powtorzono|powtorka|korekta|wynik|omkorning|rattat|rattelse"
    r"|rettet|rettelse|korrigeret|korrigert|gentaget|gjentatt|uusinta|korjattu|opakovane|oprava|repetat|corectat"
    r"|tekrar|duzeltme|повторно)"
)


class Measured(NamedTuple):
    """A number in the canonical unit, as it was read, and its own unit."""

    value: Decimal
    reading: Reading
    unit: Unit


class NoteValueReader:
    """Compares the notes of a measurement with its value; one reader serves every request."""

    def __init__(self, terminology: Terminology, units: UnitReader) -> None:
        """Prepare the names that a number in a note may have."""
        self._terminology, self._units = terminology, units
        self._harmful_when_high = terminology.harmful_when_high
        self._spares, self._lvef_notes = denial_of(terminology), LvefNotes(terminology)
        self._own_names: dict[str, frozenset[str]] = {}
        for each in terminology.names_another:
            for concept in each.concepts:
                self._own_names[concept] = self._own_names.get(concept, frozenset()).union(map(fold, each.unless))

    def other_value(self, concept: str, measured: Measured, holder: Json) -> str:
        """Return the sentence beside a value that gives another one; empty without one."""
        if concept == "lvef":
            return self._lvef_notes.other_fraction(measured.value, holder)
        if measured.reading.bound is not Bound.EXACT:
            return ""
        for sentence in sentences(notes(holder)):
            if self._is_multiple(concept, measured.value, fold(sentence[:LONGEST])):
                return sentence[:_SHOWN]
            for part in _CLAUSES.split(fold(sentence[:LONGEST])):
                if (more := self._difference(concept, measured, part.strip())) and (
                    concept in ("weight", "weight-stated") or (more > 0) is (concept in self._harmful_when_high)
                ):
                    return sentence[:_SHOWN]
        return ""

    def _difference(self, concept: str, measured: Measured, said: str) -> Decimal | None:
        """Return how far an amount in a folded text, "repeat: 400 U/L", is from the value; ``None`` without an amount.

        A number without a unit is one if it is named: "AST 400".
        """
        match = _AMOUNT_ALONE.fullmatch(said)
        if match is None:
            return None
        own = self._own_names.get(concept, frozenset())
        words = [word for each in match["words"].split() if (word := each.rstrip(":="))]
        if not all(_OF_RESULT.fullmatch(each) or each in own for each in words):
            return None
        behind = match["behind"].replace("(", "").replace(")", "").split()
        if not all(map(_HOW.fullmatch, behind)):
            return None
        read = read_amount(match["amount"].strip()) or next(iter(in_thousands(match["amount"].strip()) or ()), None)
        if read is None or read.bound is not Bound.EXACT or read.upper is not None:
            return None
        named = not own.isdisjoint(words) or any(map(_OF_RESULT.fullmatch, words)) or not _NOW.isdisjoint(behind)
        factor = self._units.factor(concept, "", read.unit) if read.unit or not named else measured.unit.factor
        if factor is not None and not read.unit:
            factor = cell_factor(self._terminology, self._units, concept, read.value, "", factor)
        elif factor is None and read.unit == _THOUSAND:
            factor = cell_factor(self._terminology, self._units, concept, read.value, read.unit)
        if factor is None:
            return None
        more = read.value * factor - measured.value
        return more if abs(more) > last_digit(read.value) * factor else None

    def _is_multiple(self, concept: str, value: Decimal, folded: str) -> bool:
        """Return whether a sentence gives a result in multiples of the upper limit, as which the value is too low.

        The limit is taken as low as any laboratory has it.
        """
        limits = self._terminology.concepts[concept].plausible_limit
        if concept not in self._harmful_when_high or limits is None:
            return False
        for found in _MULTIPLE.finditer(folded):
            before, behind = folded[: found.start()], folded[found.end() :].lstrip()
            is_limit = found["below"] or behind.startswith(("=", ":")) or NO_RESULT.search(folded)
            if not is_limit and not self._spares(before) and Decimal(found["times"]) * limits[0] > value:
                return True
        return False


def last_digit(number: Decimal) -> Decimal:
    """Return what one is worth in the last digit of a number as it is written: rounding moves it by less."""
    exponent = number.as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(0)


def cell_factor(
    terminology: Terminology, units: UnitReader, concept: str, value: Decimal, unit: str, factor: Decimal = Decimal(1)
) -> Decimal:
    """Return the factor of a number without a unit, which may count single cells, or thousands: 35000, 35K."""
    if unit == _THOUSAND and (thousands := units.factor(concept, "", _THOUSANDS)) is not None:
        return thousands
    gate, single = terminology.concepts[concept].plausible, units.factor(concept, "", _OF_ONE)
    if gate is None or single is None or value * factor <= gate[1] or not gate[0] <= value * single <= gate[1]:
        return factor
    return single
