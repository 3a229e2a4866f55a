"""Normalizes instructions that differ only in the milligrams, so that a cached reading of the rest can be reused.

A question about the words of a text, such as whether they may name another disease, is asked of the text without its
amounts: the same words with another amount have then been asked before.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Any

from cards.values.text_cache import cached_by_text
from cards.values.texts import LONGEST

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

_MILLIGRAMS = re.compile(
    r"(?=[0-9])(?<![\w.,/-])[0-9]{1,6}(?:[.,][0-9]{1,3})?(?= ?mg(?![\w/]| ?/| (?:per|pro|por|par|je) ))", re.IGNORECASE
)
# The total of a day matters beside the dose.
OF_A_DAY = re.compile(
    r"daily (?:dose|total|amount)|tages(?:gesamt)?dosis|diaria|di\u00e1ria|journali|giornaliera|dagdosis"
    r"|dobowa",
    re.IGNORECASE,
)
_AMOUNT_ALONE = frozenset({"type", "doseQuantity"})
_ONES = str.maketrans(dict.fromkeys(string.digits, "1"))
LEAST_OF_BAG_ML = 50
"""A smaller volume is that of a vial or a syringe: the drug itself, or what its strength is of."""


@cached_by_text
def without_amounts(written: str) -> str:
    """Replace every digit of an amount in milligrams by 1, so that length and form stay the same."""
    return _MILLIGRAMS.sub(_ones, written)


@cached_by_text
def _is_of_a_day(words: str) -> bool:
    return OF_A_DAY.search(words) is not None


def _ones(match: re.Match[str]) -> str:
    return match[0].translate(_ONES)


def without_amount(instructions: Any) -> Json | None:
    """Return a single instruction with its amount normalized; ``None`` if the amount may matter for the rest.

    That is so with a rate, because amount and rate give the infusion time.
    """
    if instructions.__class__ is not list or len(instructions) != 1 or instructions[0].__class__ is not dict:
        return None
    instruction = instructions[0]
    amounts, written = instruction.get("doseAndRate"), instruction.get("text")
    # A longer text is cut before it is read.
    if amounts.__class__ is not list or written.__class__ is not str or len(written) > LONGEST:
        return None
    words = without_amounts(written)
    if _is_of_a_day(words):
        return None
    if not all(each.__class__ is dict and each.keys() <= _AMOUNT_ALONE for each in amounts):
        return None
    alike = {name: value for name, value in instruction.items() if name != "doseAndRate"}
    alike["text"] = words
    return alike
