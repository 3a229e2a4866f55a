"""Reads the dose of an order that has no dose field from the text of its instructions.

A text is read only if every part of it is understood: one amount, the drug, its route, schedule and preparation. A
word that is on no list is left for the identification of the drug; any other doubt leaves the text unread.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cards.facts.order import DoseUnit, OrderedDose
from cards.values.quantities import MgPerKg
from cards.values.text_cache import cached_by_text
from cards.values.texts import LONGEST
from fhir_mappings.medications.dose_shares import shares_in
from fhir_mappings.medications.doses_in_text import amounts_in
from fhir_mappings.medications.instructions import written_in
from fhir_mappings.medications.schedule_text import read_schedule_text
from fhir_mappings.medications.schedule_words import DRUG_NAMES
from fhir_mappings.medications.tablet_counts import tablets_in
from fhir_mappings.results.units import ONE
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import objects

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.values.quantities import Mg
    from fhir_mappings.wire.lenient import Json

_WORD = re.compile(r"[^\W\d_]{3,40}")
_MASS = re.compile(
    r"\d ?-?(?:mgs?|mgm|mcg|[u\u00b5\u03bc]g|gm?|gram\w{0,3}|mill?igram\w{0,4}|micrograms?|mikrogramm|\u043c\u0433"
    r"|\u043c\u043a\u0433|\u6beb\u514b|\u30df\u30ea\u30b0\u30e9\u30e0|\ubc00\ub9ac\uadf8\ub7a8)(?![^\W_])"
)
# What may make the amount another than the one to give now, or one of several.
_DOUBT = re.compile(
    r"\b(?:or|not?|never|if|when|unless|until|hold|held|skip|omit|instead|then|next|followed|subsequent|previous|prior"
    r"|last|earlier|former|max(?:imum)?|up to|total of|cumulative|about|approx\w{0,9}|reduc\w{0,6}|increas\w{0,4}"
    r"|decreas\w{0,3}|escalat\w{0,4}|chang\w{1,3}|round\w{0,3}|half|part|divided|split|units?|iu|each|per (?:vial|bag)"
    r"|oder|nicht|kein\w{0,2}|wenn|falls|dann|danach|o|si|luego|despues|ou|puis|sinon|allergi\w{1,2})\b"
    r"|m2\b|m\u00b2|sqm|\bin \d{1,2} (?:doses|bags|parts)\b|[?~<>\u2264\u2265\u00b1]"
)
_WITHOUT_DOUBT = re.compile(
    r"each dose|(?:min|minutes?|h|hrs?|hours?) prior\b"
    r"|\buntil (?:disease )?progression\b(?: or (?:unacceptable |intolerable )?toxicity\b)?"
)
_PER_CENT_OF_DILUENT = re.compile(
    r"(?:0[.,]9|5) ?% ?(?:nacl|ns\b|sodium chloride|dextrose|glucose|saline|kochsalz)"
    r"|(?:nacl|sodium chloride|dextrose|glucose|saline|kochsalz\w{0,8}) ?(?:0[.,]9|5) ?%"
)
# What is to be done besides, or says why: none of these words changes the dose.
_HARMLESS = frozenset({
    "monitor", "observe", "observed", "observation", "patient", "for", "infusion", "reaction", "reactions",
    "chemotherapy", "chemo", "clinic", "nurse", "nursing", "rn", "pharmacy", "verify", "independently", "hazardous",
    "antineoplastic", "treatment", "today", "now", "day", "outpatient", "cancer", "breast", "slow", "slowly",
    "premedication", "premedications", "premedicate", "premed", "premeds", "before", "beforehand", "after", "vorher",
    "prior", "zuvor", "davor", "avant", "antes", "prima", "pre", "x", "dispense",
})  # fmt: skip


class DoseOnlyInText(NamedTuple):
    """The doses that the text of an order gives, and its words that may be the name of the drug."""

    doses: tuple[OrderedDose, ...] = ()
    names: tuple[str, ...] = ()


_UNREAD = DoseOnlyInText()


def dose_only_in_text(resource: Json, supportive_drugs: frozenset[str]) -> DoseOnlyInText:
    """Read the doses in the texts of an order's instructions; none if any part of a text is not understood."""
    doses: list[OrderedDose] = []
    names: dict[str, None] = {}
    for number_of, (_, instruction) in enumerate(objects(resource.get("dosageInstruction"))):
        own: dict[Mg | MgPerKg, None] = {}
        for written in filter(None, written_in(instruction)):
            if len(written) > LONGEST:
                return _UNREAD
            read = _read(written, supportive_drugs)
            if read is None:
                return _UNREAD
            own |= dict.fromkeys(read[0])
            names |= dict.fromkeys(read[1])
        if not _is_one_dose(own):
            return _UNREAD
        doses += [_ordered(dose, number_of) for dose in own]
    return DoseOnlyInText(tuple(doses), tuple(names)) if doses else _UNREAD


def _is_one_dose(amounts: Iterable[Mg | MgPerKg]) -> bool:
    """Return whether amounts are at most one per kilogram and one in milligrams."""
    kinds = [type(each) for each in amounts]
    return len(kinds) == len(set(kinds))


def _ordered(dose: Mg | MgPerKg, number_of: int) -> OrderedDose:
    unit = DoseUnit.MG_PER_KG if isinstance(dose, MgPerKg) else DoseUnit.MG
    return OrderedDose(
        Decimal(dose.value), unit, str(dose), (), number_of, ONE, as_written_unit=unit.value, in_text=True
    )


def _read(written: str, supportive_drugs: frozenset[str]) -> tuple[tuple[Mg | MgPerKg, ...], tuple[str, ...]] | None:
    """Return the amounts and the unlisted words of a text; ``None`` if it is not understood."""
    understood = _understood(written)
    if understood is None:
        return None
    beside = supportive_drugs.intersection(understood.words)
    amounts = amounts_in(written, beside)
    if not amounts.is_clear or amounts.found != understood.masses:
        return None
    return amounts.own, tuple(word for word in understood.words if word not in beside)


class _Understood(NamedTuple):
    words: tuple[str, ...]
    masses: int


@cached_by_text
def _understood(written: str) -> _Understood | None:
    """Return the words of a text that are on no list and the number of its amounts, if nothing in it is in doubt."""
    plain = " ".join(fold(written).split())
    schedule = read_schedule_text(written)
    without_schedule = _PER_CENT_OF_DILUENT.sub(" ", plain)
    if schedule.unread or "%" in without_schedule or shares_in(written) or tablets_in(written):
        return None
    if _DOUBT.search(_WITHOUT_DOUBT.sub(" ", without_schedule)):
        return None
    named = DRUG_NAMES.intersection(_WORD.findall(plain))
    words = tuple(dict.fromkeys((*(fold(word).strip("'\"*") for word in schedule.others), *sorted(named))))
    if any(char.isdigit() for word in words for char in word):
        return None
    return _Understood(tuple(word for word in words if word not in _HARMLESS), len(_MASS.findall(plain)))
