"""What the words of an order say of the patient: a reaction to the drug, a death, a dose that was just given."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.facts.order import DoseRemark, RemarkKind
from fhir_mappings.medications.schedule_words import DAYS_IN, DRUG_NAMES, HOUR, NUMBERS, PARTNERS, PREMEDICATION

if TYPE_CHECKING:
    from collections.abc import Iterator

_DRUG = rf"(?:{'|'.join(sorted(DRUG_NAMES - PARTNERS | {'trastuzumab', 'herceptin'}, key=len, reverse=True))})"
_REACTION = (
    r"(?:allerg\w{0,8}|alerg\w{0,8}|anafila\w{1,8}|anaphyla\w{1,8}|hyper?sensi\w{1,12}|hipersensi\w{1,10}"
    r"|ipersensi\w{1,10}|uberempfindlich\w{0,6}|overgevoelig\w{0,5}|nadwrazliw\w{1,5}|(?:infusion|allergic) reactions?)"
)
_REACTED = re.compile(rf"\b{_REACTION}\b[^.;]{{0,40}}\b{_DRUG}\b|\b{_DRUG}\b[ :(,-]{{1,3}}{_REACTION}\b")
_DIED = re.compile(
    r"\b(?:patient|pt|patientin|paciente|paziente|pacjent(?:ka)?|patiente?) (?:has |is |ist |ha |esta |est |jest )?"
    r"(?:died|deceased|expired|dead|verstorben|fallecid[oa]|fallecio|decede\w?|decedut[oa]|falecid[oa]|faleceu"
    r"|overleden|zmarla?|nie zyje|on hospice|enrolled in hospice)\b"
)
_NUMBER = rf"(?:\d{{1,2}}|{'|'.join(sorted(filter(str.isascii, NUMBERS), key=len, reverse=True))}|an?|einem|einer)"
_UNIT = (
    r"(?:h(?:ours?)?|d(?:ays?)?|w(?:ee)?ks?|tage?n?|wochen?|dias?|semanas?|jours?|semaines?|giorni|settiman[ae]"
    r"|dagen|weken)"
)
_LAST_GIVEN = re.compile(
    r"\b(?:(?:last|previous|prior|most recent) (?:dose|infusion|cycle|treatment|injection)"
    r"|(?:letzte|vorige) (?:gabe|dosis|infusion)|ultima (?:dosis|dose)|derniere (?:dose|cure|perfusion)"
    r"|laatste (?:dosis|gift|kuur)|ostatnia dawka|(?:dose|infusion) (?:already )?(?:given|administered))"
    r"(?: (?:was|is|war|fue|foi|etait))?(?: (?:given|administered|received))?[ :]{1,2}"
    r"(?:(?P<today>today|this morning|earlier today|heute|hoy|aujourd'hui|oggi|hoje|vandaag)"
    r"|(?P<yesterday>yesterday|gestern|ayer|hier|ieri|ontem|gisteren|wczoraj)"
    rf"|(?P<n>{_NUMBER}) ?(?P<u>{_UNIT}) (?:ago|fa|atras|geleden|temu)"
    rf"|(?:vor|hace|il y a|ha) (?P<m>{_NUMBER}) ?(?P<v>{_UNIT}))\b"
)
# A condition, a warning, or a history that is over or denied.
_NOT_SAID = re.compile(
    r"\b(?:if|when|unless|in case|for any|monitor\w{0,3}|observ\w{1,4}|kit|bedside|protocol|watch|tell|inform|ask"
    r"|report|risk|signs?|symptoms?|may|can|could"
    r"|no|not|none|never|denies|denied|without|nkda|tolerat\w{1,4}|premed\w{0,10}|excluded|ruled out|reviewed"
    r"|check\w{0,3}"
    r"|other than|wenn|falls|bei|kein\w{0,2}|nicht|ohne|si|sin|niega|pas|sans|aucune?|se|non|senza|sem|nao|als|bij|geen"
    r"|jesli|brak|bez)\b"
)
_CUES = re.compile(
    r"l+erg|ana(?:ph|f)|sensi|empfind|gevoel|wrazliw|reaction"
    r"|patient|\bpt\b|pa[cz]i?ent|pacjent|last|prev|prior|recent|letzt|vorige|ultima|derniere|laatst|ostatn|given|admin"
)
_SENTENCES = re.compile(r"[;\n]|\.(?!\d)")
_OTHER_DRUG = re.compile(rf"\b(?:{PREMEDICATION})\b")
_A_DAY = Decimal(1)


def remarks_on_patient(plain: str) -> Iterator[DoseRemark]:
    """Yield what a folded text says of the patient; conditions, warnings and denials are left out."""
    if _CUES.search(plain) is None:
        return
    for sentence in _SENTENCES.split(plain):
        if _OTHER_DRUG.search(sentence) is not None:
            continue
        for match in _LAST_GIVEN.finditer(sentence):
            yield DoseRemark(RemarkKind.AGAIN, match[0], _days_since(match))
        said = _REACTED.search(sentence) or _DIED.search(sentence)
        if said is not None and _NOT_SAID.search(sentence) is None:
            yield DoseRemark(RemarkKind.OF_PATIENT, said[0])


def _days_since(match: re.Match[str]) -> Decimal:
    for number, unit in (("n", "u"), ("m", "v")):
        if match[number] is not None:
            count = NUMBERS.get(match[number]) or (int(match[number]) if match[number].isdecimal() else 1)
            return DAYS_IN.get(match[unit], HOUR) * count
    return _A_DAY if match["yesterday"] is not None else Decimal(0)
