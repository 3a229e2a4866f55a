"""The state of a Condition: present, past, doubted or refuted, by FHIR codes, in words, or by signs of ICD-10-GM."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fhir_mappings.codings import codings, texts
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.knowledge.schema import Terminology
    from fhir_mappings.wire.lenient import Json

REFUTED = frozenset({"refuted", "entered-in-error"})
NOT_CERTAIN = REFUTED | {"differential", "provisional", "unconfirmed"}
_PAST = frozenset({"inactive", "remission", "resolved", "in-remission", "ended", "completed", "past", "historical"})
_LONGEST = 80
_CERTAINTY = "diagnosesicherheit"
# "J84.9V", "I21.9 A", "C50.9LG": the side may stand on either side of the sign.
_WITH_SIGN = re.compile(r"[A-Z]\d{2}(?:\.\d{1,2})? ?[LRB]?([GVZA])[LRB]?")


class StateReader:
    """Reads the states of Conditions; what a status says in words counts as its code does."""

    def __init__(self, terminology: Terminology) -> None:
        """Index the words of the states."""
        around, certainty = terminology.problem_words, terminology.diagnosis_certainty
        self._past = _folded((*around.past, *around.past_after))
        self._refuted = _folded((*around.denied, *around.denied_after))
        self._doubted = _folded(around.doubted)
        self._certainty = {certainty.excluded: "refuted", certainty.suspected: "unconfirmed"}
        self._past_certainty = certainty.past

    def verification(self, condition: Json) -> str:
        """Return the code of FHIR for how sure the diagnosis is, also where words say it; empty if nothing does."""
        said = _written(condition, "verificationStatus")
        code = said.replace(" ", "-")
        if not said or code == "confirmed":
            signed = next((self._certainty[each] for each in _certainties(condition) if each in self._certainty), "")
            # A status and a sign that contradict each other settle nothing.
            return code if not signed else signed if not said else "unconfirmed"
        if code in NOT_CERTAIN:
            return code
        return "refuted" if said in self._refuted else "unconfirmed" if said in self._doubted else code

    def is_past(self, condition: Json) -> bool:
        """Return whether the record says that the condition is over."""
        said = _written(condition, "clinicalStatus")
        is_over = said.replace(" ", "-") in _PAST or said in self._past
        return is_over or self._past_certainty in _certainties(condition)


def _folded(phrases: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(phrase) for phrase in phrases)


def _certainties(condition: Json) -> list[str]:
    """List the additional signs of ICD-10-GM, G, V, Z or A, next to or after the codes of the diagnosis."""
    found = []
    for _, coding in objects(child(condition, "code").get("coding")):
        if (signed := _WITH_SIGN.fullmatch(text(coding.get("code"))[:_LONGEST])) is not None:
            found.append(signed[1])
        if "extension" in coding:
            found += [
                text(child(extension, "valueCoding").get("code")) or text(extension.get("valueCode"))
                for _, extension in objects(coding["extension"])
                if _CERTAINTY in text(extension.get("url"))
            ]
    return found


def _written(condition: Json, name: str) -> str:
    """Return the first code of a status, folded, which some clients send as a bare string or as text only."""
    value = condition.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return fold(text(value)[:_LONGEST])
    coded = next((coding.code for coding in codings(value) if coding.code), "")
    return fold((coded or next(iter(texts(value)), ""))[:_LONGEST])
