"""Which body weight an order says its dose is by, if not the actual one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.values.text_cache import cached_by_text
from fhir_mappings.medications.instructions import written_in
from fhir_mappings.wire.lenient import child, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fhir_mappings.wire.lenient import Json

_VALUE = r"[ :=(]{0,3}(?:\d{2,3}(?:[.,]\d{1,2})? ?kg\b|kg\)?[ :=]{1,3}\d{2,3})"
_KINDS = {
    "ideal": re.compile(
        r"\bideal(?: body)? ?weight\b|\bidealgewicht\b|\bpeso ideal\b|\bibw\b|\bideal body wt\b", re.IGNORECASE
    ),
    "adjusted": re.compile(
        r"\badj(?:usted|\.)?(?: body)? ?(?:weight|wt)\b|\badjbw\b|\bpeso ajustado\b"
        r"|\b(?:dose|dosing) weight\W{1,3}adjusted\b",
        re.IGNORECASE,
    ),
    "lean": re.compile(r"\blean(?: body)? ?(?:weight|wt|mass)\b|\blbw\b", re.IGNORECASE),
}
_HINTS = ("ideal", "ibw", "adj", "ajustado", "lean", "lbw")
# "Actual body weight, not ideal body weight": up to the end of the clause.
_NOT_THIS = re.compile(r"\b(?:not|never|no|instead of|rather than|nicht)\b[^.,;)]*", re.IGNORECASE)
# "Ideal body weight not used", "IBW 58 kg (not used)": the whole clause.
_NOT_USED = re.compile(
    r"\b(?:not (?:to be )?(?:used|applied)|do not use|nicht (?:verwendet|verwenden)|no (?:se usa|usar))\b",
    re.IGNORECASE,
)
_CLAUSES = re.compile(r"[.;,]")
# "IBW 58 kg" states a weight. The dose is by it only where the text says so before, or has it right behind the dose.
_STATED = re.compile(_VALUE, re.IGNORECASE)
_BY_IT = re.compile(
    r"(?:\b(?:by|on|per|using|use|used|with|from|nach|seg[u\u00fa]n|por|selon|sur|of|auf)(?: the)?"
    r"|\b(?:dose|dosing|treatment|used) weight\W{0,3}|weight used\W{0,3}|mg ?/ ?kg(?: \()?|[x\u00d7*])\s{0,2}\Z",
    re.IGNORECASE,
)
_WORDS_BEFORE = 24
# Where the order says this, it names another weight for information only.
_BY_ACTUAL = re.compile(
    r"\b(?:use|using|by|on|per)(?: the)? (?:actual|total|real)(?: body)? ?(?:weight|wt)\b", re.IGNORECASE
)


def weight_basis(resource: Json) -> str:
    """Return the kind of body weight that the dosage instructions or the unit of a dose name; empty for none."""
    return next((kind for written in _texts(resource) if (kind := _named(written))), "")


def _texts(resource: Json) -> Iterator[str]:
    for _, instruction in objects(resource.get("dosageInstruction")):
        yield from written_in(instruction)
        for _, dose_and_rate in objects(instruction.get("doseAndRate")):
            yield text(child(dose_and_rate, "doseQuantity").get("unit"))


@cached_by_text
def _named(written: str) -> str:
    folded = written.casefold()
    if not any(hint in folded for hint in _HINTS):
        return ""
    used = ",".join(each for each in _CLAUSES.split(written) if not _NOT_USED.search(each))
    plain = _NOT_THIS.sub(" ", used)
    if _BY_ACTUAL.search(plain):
        return ""
    found = ((kind, match) for kind, pattern in _KINDS.items() for match in pattern.finditer(plain))
    return next((kind for kind, match in found if not _is_information(plain, match)), "")


def _is_information(written: str, match: re.Match[str]) -> bool:
    """Return whether a text only states a weight, in kilograms, without saying that the dose is by it."""
    if "dos" in match[0].casefold():
        return False
    before = written[max(match.start() - _WORDS_BEFORE, 0) : match.start()]
    return _STATED.match(written, match.end()) is not None and _BY_IT.search(before) is None
