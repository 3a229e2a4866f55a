"""What the words of an administration say against its fields: another amount, or that the dose was not given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cards.facts.order import RemarkKind
from cards.identification.folding import fold
from cards.knowledge.schema import About
from cards.values.texts import LONGEST
from fhir_mappings.codings import texts
from fhir_mappings.medications.dose_remarks import dose_remarks
from fhir_mappings.medications.doses_in_text import noted_doses
from fhir_mappings.wire.folding import SENTENCES
from fhir_mappings.wire.lenient import child, objects, shown, text
from fhir_mappings.wire.narratives import pages_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cards.values.quantities import Mg, MgPerKg
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.note_statements import NoteStatementReader

_LONGEST_AMOUNT, _LONGEST_NOTE = 40, 60
# An amount of a drug in words; minutes and days do not count.
_AMOUNT = re.compile(r"\d\s*(?:mg|milligrams?|g|grams?|mcg|ml|units?|vials?)\b", re.IGNORECASE)
_OTHER_DOSE = frozenset({RemarkKind.REDUCED, RemarkKind.RAISED})
_REDUCED_TO = re.compile(
    r"\b(?:reduced|lowered|decreased|reduziert|reducid[oa]|reduzid[oa]|ridott[oa]|reduite?|verlaagd)"
    r" (?:to|auf|a|naar) \d"
)
_GIVEN = re.compile(r"\b(?:given|administered|infused)\b", re.IGNORECASE)
# A dose that was stopped is no reduced one; what was left of a vial is not the dose.
_NOT_THE_DOSE = re.compile(
    r"\b(?:stopp?\w{0,4}|interrupt\w{0,2}|paus\w{1,3}|discontinu\w{1,3}|resum\w{1,3}|restart\w{0,2}"
    r"|wast\w{1,3}|discard\w{0,2}|vials?|remain\w{0,3}|jw)\b",
    re.IGNORECASE,
)
_DOSE = (
    r"(?:(?:the|this|her|his|todays?|chemo|entire|whole|la|die|der|den|le|il|a|o) )*"
    r"(?:dose|doses|drug|infusion|treatment|therapy|chemotherapy|medication|cycle|it|bag|injection|dosis|gabe|therapie"
    r"|medikament|tratamiento|quimioterapia|infusione|terapia|trattamento|perfusion|traitement|cure|tratamento)"
)
_SICK = r"(?:(?:the )?(?:patient|pt)|patientin|(?:la |el )?paciente|(?:la |le )?patiente?|(?:la |il )?paziente)"
_WAS = r"(?:was|were|is|has been|had been|wurde|fue|ha sido|a ete|e stat[ao]|foi)"
# What follows of the reason, the prescriber or the time is not looked at; another noun is what was not given.
_WHY = (
    r"(?: ?[-:,;(/].{0,200}"
    r"| (?:by|per|on|at|for|due|d/t|because|since|as|from|secondary|in|today|this|again|yet|to|x ?\d|\d"
    r"|und|wegen|auf|bei|heute|por|debido|hoy|segun|pour|en raison|suite|sur|a cause|causa|oggi|devido)\b.{0,200})?"
)
_NOT_GIVEN = re.compile(
    rf"(?:(?P<of>.{{1,60}}?)[ :,-]+)?(?:{_WAS} )?"
    r"(?:not|never|nicht|no(?: fue| se ha)?|non(?: e stat[ao])?|nao(?: foi)?|n'a pas ete|pas) ?"
    r"(?:given|administered|infused|injected|received|started|done|taken"
    r"|verabreicht|gegeben|erhalten|appliziert"
    r"|administrad[oa]|aplicad[oa]|recibid[oa]|puest[oa]|administree?|donnee?|somministrat[oa]|dat[oa])\b"
    rf"{_WHY}"
    rf"|(?:(?P<what>{_DOSE}) )?(?:{_WAS} )?"
    r"(?:held|withheld|omitted|skipped|missed|cancell?ed|postponed|deferred|refused|declined"
    r"|ausgelassen|ausgefallen|entfallen|verschoben|abgesagt|abgelehnt|verweigert"
    r"|omitid[oa]|suspendid[oa]|aplazad[oa]|rechazad[oa]|omise?|reportee?|refusee?|omess[oa]|sospes[oa]|rifiutat[oa]"
    rf"|recusad[oa])\b{_WHY}"
    rf"|{_SICK} (?:has |hat |a |ha )?(?:{_DOSE} )?"
    rf"(?:refused|declined|abgelehnt|verweigert|rechazo|refuse|rifiutato|recusou)(?: {_DOSE})?{_WHY}"
    rf"|(?:{_SICK} )?(?:no[ -]?show|did not (?:come|attend|show(?: up)?|receive {_DOSE})|nicht erschienen|no acudio)"
    rf"{_WHY}"
    rf"|(?:{_DOSE} |entry |this )*(?:{_WAS} )?(?:charted|documented|recorded|entered|scanned)"
    rf" (?:in error|by mistake|on (?:the )?wrong (?:patient|chart)){_WHY}"
    rf"|wrong (?:patient|chart){_WHY}|falscher patient{_WHY}|paciente equivocad[oa]{_WHY}"
)
# Every alternative holds one of these.
_CUES = re.compile(
    r"\bno[nt]?\b|never|nicht|\bnao\b|\bpas\b|held|omit|skip|miss|cancel|postpon|defer|refus|declin|show|error|mistake"
    r"|wrong|ausge|entfall|verscho|abge|verweig|suspend|aplaz|rechaz|omis|report|omess|sospes|rifiut|recus|falsch|equivoc"
)
# It was given all the same, later or after a pause.
_THEN_GIVEN = re.compile(
    r"\b(?:until|till|bis|hasta|jusqu\w{0,3}|fino|ate|then|resum\w{1,3}|restart\w{0,2}|continu\w{1,4}|complet\w{1,3}"
    r"|later|afterwards?|first attempt|but (?:was )?(?:given|today|now)|\d+ ?(?:min\w{0,6}|h\b|hours?))"
)
_THE_DOSE = re.compile(rf"(?:{_DOSE})?")


def unread_amount(resource: Json) -> str:
    """Return the amount of an administration whose unit is not a mass, as written; all of several."""
    several = [each for _, each in objects(resource.get("dosage"))] or [{}]
    found = "; ".join(filter(None, map(_amount, several)))
    return found[:_LONGEST_AMOUNT]


def _amount(dosage: Json) -> str:
    quantity = child(dosage, "dose")
    if quantity.get("value") is not None:
        return f"{shown(quantity['value'])} {text(quantity.get('unit')) or text(quantity.get('code'))}".strip()
    written = text(dosage.get("text"))
    # Of an administration, "80 % of the dose given" is about this dose.
    said = _AMOUNT.search(written) or any(each.kind in _OTHER_DOSE for each in dose_remarks(_GIVEN.sub("", written)))
    return written if said else ""


class NotedAmount(NamedTuple):
    """The sentences that give another amount than an administration has, and that call its dose a reduced one."""

    another: str = ""
    reduced: str = ""


def noted_amount(resource: Json, dose: Mg | MgPerKg) -> NotedAmount:
    """Read what the words of an administration say of its amount."""
    another = reduced = ""
    for sentence in _sentences(_written(resource)):
        if _NOT_THE_DOSE.search(sentence):
            continue
        said = sentence[:_LONGEST_AMOUNT]
        others = (each for each in noted_doses(sentence) if type(each.dose) is type(dose) and not each.after)
        kinds = {each.kind for each in dose_remarks(_GIVEN.sub("", sentence))}
        if any(dose not in (each.dose, *each.or_else) for each in others) or RemarkKind.RAISED in kinds:
            another = another or said
        elif RemarkKind.REDUCED in kinds or _REDUCED_TO.search(fold(sentence)):
            reduced = reduced or said
    return NotedAmount(another, reduced)


def denial(resource: Json, names_drug: Callable[[str], bool], statements: NoteStatementReader) -> str:
    """Return the sentence of an administration that says the dose was not given, or not to its end; empty without one.

    ``names_drug``: whether words name the drug of the dose. What was not given of anything else is no matter.
    """
    reasons = [said for _, each in objects(resource.get("statusReason")) for said in texts(each)]
    for sentence in _sentences((*_written(resource), *reasons)):
        plain = fold(sentence[:LONGEST]).strip(" -\"'*()[]{}!")
        if statements.says(plain, About.GIVEN):
            return sentence[:_LONGEST_NOTE]
        if _CUES.search(plain) is None or _THEN_GIVEN.search(plain) is not None:
            continue
        if (found := _NOT_GIVEN.fullmatch(plain)) is None:
            continue
        of = (found["of"] or "").strip()
        if _THE_DOSE.fullmatch(of) or names_drug(of):
            return sentence[:_LONGEST_NOTE]
    return ""


def _written(resource: Json) -> Iterator[str]:
    """Yield the notes of an administration, and the text of its dosage."""
    return (
        page
        for name in ("note", "dosage")
        for _, each in objects(resource.get(name))
        for page in pages_of(each.get("text"))
    )


def _sentences(written: Iterator[str] | tuple[str, ...]) -> Iterator[str]:
    return (each for note in written if note for each in map(str.strip, SENTENCES.split(note)) if each)
