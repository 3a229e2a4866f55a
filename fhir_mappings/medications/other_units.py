"""Amounts of the instructions in a unit that no dose of these drugs has: "252 mg/m2", "252 units", "252 mg/mL"."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.facts.order import AmountInOtherUnit
from cards.identification.folding import fold
from cards.values.text_cache import cached_by_text
from cards.values.texts import LONGEST
from fhir_mappings.medications.amounts import OF_A_DAY
from fhir_mappings.medications.dose_words import speaks_of_a_dose
from fhir_mappings.medications.doses_in_text import doses_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.values.quantities import Mg, MgPerKg

_MASS = r"(?:mgs?|mcg|[u\u00b5\u03bc]g|gm?|mill?igram\w{0,4}|grams?)"
_PER = r"(?:/|per|pro|por|par|je)"
_AREA = (
    r"(?:1[.,]73 ?)?m ?(?:\^? ?2|\u00b2)|sq\.? ?m|qm|mq|square met\w{1,4}|metros? [cq]uadrad\w{1,2}"
    r"|m\u00e8tre carr\u00e9|quadratmeter|bsa|kof"
)
_POUND = r"lbs?|pounds?"
_OTHER = (
    r"units?|[iu]\.? ?u\.?|u|i\.? ?e\.?|einheiten|unidades|mmol|meq|ng|nanograms?|kg|ml|cc|millilit\w{2,3}"
    rf"|{_MASS} ?(?:/|per) ?(?:ml|cc|l|min\w{{0,4}})"
)
_AMOUNT = re.compile(
    r"(?<![\w.,/])(?P<number>\d{1,6}(?:[.,]\d{1,3})?)(?: |-)?"
    rf"(?:(?P<mass>{_MASS}(?: ?/ ?kg)?) ?{_PER} ?(?P<day>d|day|tag|dia|d\u00eda|jour|24 ?h)"
    rf"|{_MASS} ?{_PER} ?(?P<never>{_AREA}|{_POUND})|(?P<other>{_OTHER}))(?![^\W_]|/ ?kg)",
    re.IGNORECASE,
)
# The total of a day of tablets, whatever their number.
_OF_A_DAY = re.compile(
    r"(?<!max )(?<!maximum )(?P<said>\b(?:(?:total )?daily (?:dose|total|amount)|tages(?:gesamt)?dosis"
    r"|dosis (?:total )?diaria(?: total)?"
    r"|dose (?:totale )?journali\u00e8re|dose giornaliera(?: totale)?|dose (?:total )?di\u00e1ria(?: total)?"
    r"|dagdosis|dawka dobowa)"
    r"(?: is| of)?[ :=]{1,3}(?:de |di |von )?(?P<number>\d{2,4}(?:[.,]\d{1,3})?) ?mg)(?![\w/]| ?/)",
    re.IGNORECASE,
)
_CUES = re.compile(
    rf"{OF_A_DAY.pattern}|\d ?-?(?:{_OTHER})|{_PER} ?(?:{_AREA}|{_POUND}|d|tag|jour|24)|auc",
    re.IGNORECASE,
)
_AUC = re.compile(r"\bauc ?(?:=|:|of)? ?(?P<number>\d(?:[.,]\d)?)(?![\w/])", re.IGNORECASE)
_UNITS = re.compile(r"[\d -](?:units?|u|einheiten|unidades)\Z", re.IGNORECASE)
# "252 mg (per m2)", "mg/m2: 252", "dose in mg/m2": the unit stands apart from its number, or without one.
_UNIT_ALONE = re.compile(
    rf"(?<![\w.,/])\d{{1,4}}(?:[.,]\d{{1,2}})? (?:{_MASS} ?)?\((?:{_MASS} ?)?{_PER} ?(?:{_AREA})\)"
    rf"|(?<![^\W_])(?<!\d )(?<!\d){_MASS} ?\(?{_PER} ?(?:{_AREA})(?![^\W_])",
    re.IGNORECASE,
)
_BEFORE = 44
_CLAUSE = re.compile(r"[\d;\n]|\.(?!\d)")
_WORD = re.compile(r"[^\W\d_]{2,40}")
_WORD_BEHIND = re.compile(r" (?:of |iv )?([^\W\d_]{2,40})", re.IGNORECASE)
# The volume of the infusion, not of the drug.
_OF_A_BAG = re.compile(
    r"(?:\b(?:in|into|with|ad|ns|nacl|saline|chloride|dextrose|glucose|d5w|vol(?:ume[ns]?)?|total|bag|diluted?)"
    r"[ :(]{0,3}|%\W{0,2})\Z",
    re.IGNORECASE,
)
_BAG = re.compile(
    r" ?(?:of )?(?:ns|nacl|sodium|saline|dextrose|glucose|d5w|bag|diluent|0\.9|5 ?%|/ ?h|/ ?min|per h)", re.IGNORECASE
)
_BILLED = re.compile(r"\b(?:[jqc]\d{4}|bill\w{0,5}|hcpcs|claim\w{0,2}|charge\w?)\b", re.IGNORECASE)


@cached_by_text
def amounts_in_other_units(written: str) -> tuple[AmountInOtherUnit, ...]:
    """List the amounts of a text in units of another dimension; those of a bag or a bill are left out."""
    plain = " ".join(written[:LONGEST].split())
    if _CUES.search(plain) is None:
        return ()
    return tuple(dict.fromkeys(_found(plain)))


def _found(plain: str) -> Iterator[AmountInOtherUnit]:
    is_billed = _BILLED.search(plain) is not None
    for match in _AMOUNT.finditer(plain):
        before, behind = _around(plain, match)
        if match["other"] is not None and (is_billed or _OF_A_BAG.search(before) or _BAG.match(behind)):
            continue
        a_day = doses_in(f"{match['number']} {match['mass']}") if match["day"] is not None else ()
        yield _amount(plain, match, never_fits=match["never"] is not None, a_day=a_day[0] if len(a_day) == 1 else None)
    for match in _OF_A_DAY.finditer(plain):
        if len(a_day := doses_in(f"{match['number']} mg")) == 1:
            yield AmountInOtherUnit(Decimal(0), match["said"], a_day=a_day[0])
    for match in _AUC.finditer(plain):
        yield _amount(plain, match, never_fits=True)
    for match in _UNIT_ALONE.finditer(plain):
        yield AmountInOtherUnit(
            Decimal(0), match[0].strip(), never_fits=True, beside=_name_before(_around(plain, match)[0])
        )


def _around(plain: str, match: re.Match[str]) -> tuple[str, str]:
    return plain[max(match.start() - _BEFORE, 0) : match.start()], plain[match.end() : match.end() + _BEFORE]


def _amount(
    plain: str, match: re.Match[str], *, never_fits: bool, a_day: Mg | MgPerKg | None = None
) -> AmountInOtherUnit:
    before, behind = _around(plain, match)
    return AmountInOtherUnit(
        Decimal(match["number"].replace(",", ".")),
        match[0].strip(),
        never_fits=never_fits,
        a_day=a_day,
        unclear=_UNITS.search(match[0]) is not None,
        beside=_name_before(before),
        behind=fold(found[1]) if (found := _WORD_BEHIND.match(behind)) is not None else "",
    )


def _name_before(before: str) -> str:
    """Return the nearest word of the clause before an amount that does not speak of a dose; empty if all do."""
    words = _WORD.findall(fold(_CLAUSE.split(before)[-1]))
    return next((word for word in reversed(words) if not speaks_of_a_dose(word)), "")
