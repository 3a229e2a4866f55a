"""Reads the doses that stand in texts: those of the instructions, and those of notes."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cards.facts.order import NotedDose
from cards.values.quantities import Mg, MgPerKg
from cards.values.text_cache import cached_by_text
from fhir_mappings.medications.amounts import without_amounts
from fhir_mappings.medications.dose_words import speaks_of_a_dose
from fhir_mappings.medications.instructions import written_in
from fhir_mappings.medications.number_words import amounts_in_words
from fhir_mappings.medications.schedule_words import PREMEDICATION
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fhir_mappings.wire.lenient import Json

_NUMBER = r"(?:\d{1,9}(?:[.,]\d{1,6}){0,2}|\.\d{1,3})"
_MG = (
    r"mgs?|mgm|mill?igram(?:m(?:es?|i)?|s|os?|as?|y|ow)?"
    r"|\u043c\u0433|\u6beb\u514b|\u30df\u30ea\u30b0\u30e9\u30e0|\ubc00\ub9ac\uadf8\ub7a8"
)
_MCG = r"mcg|[u\u00b5\u03bc]g|micrograms?|mikrogramm|\u043c\u043a\u0433"
_G = r"(?:gm?|grams?|gramm)(?! ?(?:needle|gauge|huber|angio|piv\b|peripheral|cannula|catheter))"
_TIME_OR_DOSE = (
    r"dos[ei]s?|dosis|gabe|infusion|administration|treatment|cycles?|zyklus|ciclo"
    r"|(?:[1-9]\s?)?(?:w|wk|weeks?|wochen?|semanas?)|(?:7|14|21|28)\s?(?:d|days?)"
)
# "252 mg per protocol" is a dose, "20 mg per mL" is not.
_PER = (
    r"ml|cc|l|vial|tab\w*|bag|syringe|m2|m\u00b2|sq\w*|square|bsa|units?|lbs?|pounds?|kg|kilo\w*|h|hr|hours?|min\w*"
    r"|d|days?|24|months?|years?|tag|jour|dia|giorno"
)
_DOSE_IN_TEXT = re.compile(
    # Looking ahead for the first sign passes over all others fast. "20G" is the size of a needle.
    rf"(?=[\d.])(?<![\d.,/])(?!(?:1[4-9]|2\d)(?-i:G)(?!\w))(?P<amount>{_NUMBER})(?:\s*|-)(?P<unit>(?P<mcg>{_MCG})"
    rf"|(?P<mg>{_MG})|(?P<g>{_G}))"
    r"(?P<kg>\s*(?:/|per\b|pro\b|por\b|par\b)\s*(?:kg(?:kg|bw|kw)?|kilo(?:gram(?:m|o)?s?)?|\u043a\u0433)\b)?"
    # An amount of each dose or cycle is the dose; that of a day may be two of them.
    rf"(?:\s*(?:/|per\b|pro\b|por\b|par\b|je\b)\s*(?:{_TIME_OR_DOSE})\b)?"
    # The volume of a bag or the time of the infusion may follow; the volume of a vial makes it a concentration.
    r"(?:(?=\s*/\s*(?:(?:[5-9]\d|\d{3,4})\s*ml|\d{2,3}\s*min)\b)"
    rf"|(?![\w/])(?!\s*/)(?!\s*(?:per (?:{_PER})\b|vials?\b|sol|dextrose|glucose|protein"
    r"|(?:oral\s|film[ -]coated\s)?tab)))",
    re.IGNORECASE,
)
_UNIT_FIRST = re.compile(
    r"(?<![\w.,/])(?<!\d )mg\.? ?(?P<amount>\d{2,4}(?:[.,]\d{1,2})?)(?![\d.,])(?! ?(?:mg|ml|g\b|%|x\b|vial|fl))",
    re.IGNORECASE,
)
# "Dose: 252" is milligrams, as every dose of these drugs is.
_NO_UNIT = re.compile(
    r"\b(?:dose|dosis|dosage) ?[:=] ?(?P<amount>\d{2,4}(?:[.,]\d{1,2})?)(?![\d.,])(?! ?(?:[^\W\d_]|%|/|x\b))",
    re.IGNORECASE,
)
# "Give the entire 160 mg vial" is a dose, though "160 mg vial" is a size.
_WHOLE_VIAL = re.compile(
    r"\b(?:give|administer|infuse|inject) (?:the |an? |one )?(?:entire|whole|full)(?: contents of (?:the |an? |one )?)?"
    r" ?(?P<amount>\d{2,3}) ?mg vial\b(?! ?(?:and|plus|with|\+|&))",
    re.IGNORECASE,
)
# "New dose 210", "dose is 210 now", "give 342": of a note that has no amount with its unit.
_NOTED_WITHOUT_UNIT = re.compile(
    r"(?:\b(?:(?:new|current|correct(?:ed)?|right|final) (?:dose|dosis)(?: is| of| at)?"
    r"|(?:dose|dosis) (?:is|now|should be))"
    r"|(?:\A|[.;] )(?:please )?give)[ :=]{1,3}(?P<amount>[1-9]\d{2,3})(?![\d.,/:-]*\d)(?= ?(?:now\b|today\b|\Z|[.;,]))"
)
_NUMBER_ALONE = re.compile(r"\s{0,3}(?P<amount>\d{2,4}(?:[.,]\d{1,2})?)\s{0,3}")
_SUM = re.compile(
    r"(?<![\w.,/+])(\d{1,4}(?:[.,]\d{1,2})?) ?mg ?(?:\+|&|and|plus|und|mas)"
    r" ?(\d{1,4}(?:[.,]\d{1,2})?) ?mg(?: ?(?:\+|&) ?(\d{1,4}) ?mg)?(?: ?(?:\+|&) ?(\d{1,4}) ?mg)?(?![\w/+]| ?[/+])",
    re.IGNORECASE,
)
_MAXIMUM = re.compile(
    r"\b(?:max(?:\.|imum)?(?: single)?(?: dose)?|(?:dose )?cap(?:ped)?(?: (?:the )?dose)?|not (?:to )?exceed"
    r"|no more than)"
    r"(?: (?:is|of|at|to))? ?[:=]? ?(?P<amount>\d{1,4}(?:,\d{3}|\.\d{1,2})?) ?mg"
    r"(?![\w/]| ?/| (?:per|a|in|total|every)\b)"
)
_PREMEDICATION = re.compile(rf"\b(?:{PREMEDICATION})\b")
# "B12" is a name, too.
_LAST_WORD = re.compile(r"([^\W\d_]{2,40}|\b[^\W\d_]\d{1,2})[^\w.;]{1,3}\Z")
_BEFORE_DOSE = 44
_SEVERAL = 2
_WORD = re.compile(r"[^\W\d_]{2,40}")
# "Lower the dose of dexamethasone to 4 mg".
_WORD_BEFORE = re.compile(
    r"([^\W\d_]{2,40})(?: ?: ?| \(?| -? ?"
    r"|:?(?: (?:dose|dosis|taper(?:ed)?|decreased|reduced|lowered|increased|changed))? (?:to|auf|at|a) )\Z"
)
# One that is followed by a number has an amount of its own.
_WORD_BEHIND = re.compile(r" (?:of |po |iv |oral |orally )?([^\W\d_]{2,40})\b(?! ?:? ?\d)", re.IGNORECASE)
# "Previous dose 210 mg", "vials of 160 mg", "rounded from 248 mg": none is what this order gives.
_NOT_THIS_DOSE = re.compile(
    r"\b(?:(?:previous|prior|earlier|last|former)(?:ly)?(?: (?:dose|cycle|infusion))?"
    r"|(?:vorherige|letzte|fruhere) dosis|zuletzt|(?:dosis|dose) (?:previa|anterior|precedente)|derniere dose"
    r"|(?:rounded|increased|reduced|decreased|lowered|raised|changed|escalated|gerundet|redondead[oa])(?: up| down)?"
    r" (?:from|von|de)"
    r"|vials?(?: of| contains?| size| strength)?|vials(?: ?\(| ?@)|after (?:a |the )?loading(?: dose)?"
    r"|allerg\w{1,4}:? (?:to )?[^\W\d_]{3,30}"
    r"|(?:total |max\.? |maximum )?daily (?:dose|total|amount)|tages(?:gesamt)?dosis|dosis (?:total )?diaria(?: total)?"
    r"|dose (?:totale )?journaliere|dose giornaliera(?: totale)?|dose (?:total )?diaria(?: total)?|dagdosis"
    r"|dawka dobowa|max(?:\.|imum)?(?: single| cumulative| total| lifetime)?(?: dose)?"
    r"|waste[ds]?|discard(?:ed|s)?|leftover|overfill|verwurf"
    r"|(?:total|cumulative|whole) dose (?:of |in |for )?(?:this |the )?(?:course|treatment)|course total"
    r"|would (?:be|have been)|not (?:to )?exceed|no more than|cap(?:ped)? (?:(?:the )?dose )?(?:at|of))"
    r"(?: was| of| is| ?[:=])? ?\Z"
)
# "Loading dose, then 420 mg": of the doses after it. That it is one is heard by itself, so a drug without one is told.
_AFTER_LOADING = re.compile(
    r"\bloading dose[ ,;:.-]{0,3}"
    r"(?:(?:and )?then|followed by|thereafter|(?:subsequent|following) (?:cycles?|doses?|infusions?)"
    r"|c(?:ycles?)? ?2 ?(?:\+|onwards?|and (?:later|subsequent|onwards?)))(?: at| of)?[ :=,-]{1,3}\Z"
)
# "3528 mg over 14 cycles".
_OF_COURSE = re.compile(r" ?(?:total )?(?:over|in|for) (?:all )?\d{1,2} (?:cycles|doses|infusions|treatments)\b")
# "8 mg/kg was given with cycle 1".
_WAS_GIVEN = re.compile(
    r"\)?,? ?(?:iv )?(?:(?:was|were|has been|had been|already|wurde|fue|foi|a ete|e stata?) ){1,2}[^.;\d]{0,20}"
    r"(?:given|administered|received|verabreicht|gegeben|administrad[ao]|administree?|somministrat[ao])\b"
)
# "Weight: 70000 g".
_A_WEIGHT = re.compile(r"\b(?:weight|wt|gewicht|peso|poids)(?: \w{1,8})?[ :=(]{0,3}\Z")
# "Loading dose 840 mg given 10/20", "22 mg waste".
_DONE_BEFORE = re.compile(
    r" ?(?:iv |sc )?(?:(?:was|were|has been|wurde) )?"
    r"(?:given|administered|received|infused|gegeben|verabreicht|erhalten|administrad[oa]|administree?|somministrat[oa])"
    r"(?: (?:already|elsewhere|last|yesterday|in (?:cycle|c)|(?:on |at |am |el |le |il )?(?:\d{1,2}[/.-]\d|\d{4}-\d"
    r"|(?:jan|feb|mar|apr|ma[yi]|jun|jul|aug|sep|o[ck]t|nov|de[cz])|c(?:ycle )?\d"
    r"|\d{1,2} (?:days?|weeks?|months?) ago)))"
    r"|,? ?(?:of (?:the )?drug |to be |was |is )?(?:waste[ds]?|wastage|discard(?:ed|s)?|leftover|verwurf|verworfen)\b"
)
_EARLIER = re.compile(
    r"\b(?:given|administered|received|completed|s/p|(?:after|following) (?:the |a )?loading|loading dose (?:was|on))\b"
    r"(?! (?:now|today|as|over|sc|by)\b)"
)
_PRESENT = re.compile(r"\b(?:now|new dose|current dose)(?: is| at| of)?[ :=]{1,3}\Z", re.IGNORECASE)
# "Reduce to 3 mg/kg if platelets fall": what may be given later.
_MAY_CHANGE_TO = re.compile(
    r"\b(?:reduc\w{1,4}|decreas\w{1,3}|lower|escalate|increase|reduzier\w{1,3}|senken)"
    r"(?: the)?(?: dose)? (?:to|auf) ?\Z"
)
# "Vials: 160 mg + 100 mg", "160 mg and 100 mg vials": an amount that is listed with a vial is one, too.
_AND = r" ?(?:\+|and|&|,|plus|und) ?(?:\d ?x ?)?"
_AFTER_VIAL = re.compile(rf"\bvials?\b[^.;\d]{{0,6}}\d{{2,3}} ?mg{_AND}\Z")
_BEFORE_VIAL = re.compile(rf"{_AND}\d{{2,3}} ?mg ?(?:vials?|sdv)\b")
# "If dose reduction is needed: 3 mg/kg, then 2.4 mg/kg".
_IF_REDUCED = re.compile(
    r"\b(?:if|when|in case of|for|upon|bei|wenn|falls|si)\b[^.;]{0,30}"
    r"\b(?:reduc\w{1,6}|toxic\w{0,4}|intoleran\w{1,2}|not tolerated|reduktion)\b[^.;]{0,30}\Z"
)
_CONDITION = re.compile(r"[^.;]{0,40}\b(?:if|when|for|upon|bei|wenn|falls|si|en caso|se)\b")
# Not the year of a date, nor the number of a cycle: "11/10/2026 252 mg", "Cycle 6 252 mg".
_THOUSANDS_BY_BLANK = re.compile(r"(?<![\w.,/#-])\d{1,3}[\s'\u2019]\d{3}\s*$")
_THOUSANDS_BEFORE = len("-252 ")
_COUNTED = re.compile(
    r"(?:\b(?:cycles?|days?|weeks?|wk|courses?|no|nr|number|zyklus|zyklen|tag|woche|ciclo|dia|semana|jour"
    r"|semaine|cure|giorno|settimana|kuur|dag|cykl|dzien"
    r"|jan\w{0,6}|feb\w{0,6}|mar(?:ch|s|zo|z)?|apr\w{0,3}|ma[yi]o?|june?|juni|july?|juli|aug\w{0,3}|sept?\w{0,6}|o[ck]t\w{0,5}"
    r"|nov\w{0,6}|de[cz]\w{0,6})\.? ?|#)\Z"
)
_THOUSANDS_BY_POINT = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_GROUPED_AND_DECIMAL = re.compile(r"(?P<whole>[1-9]\d{0,2}(?:\.\d{3}(?=,)|,\d{3}(?=\.)))[.,](?P<part>\d{1,6})")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:,\d{3}){1,2}|[1-9]\d{0,2}(?:\.\d{3}){2}")


def instructed(resource: Json) -> list[str]:
    """List the texts of the instructions of an order."""
    return [written for _, each in objects(resource.get("dosageInstruction")) for written in written_in(each)]


def doses_by_text(
    resource: Json, supportive_drugs: frozenset[str] = frozenset()
) -> tuple[tuple[Mg | MgPerKg, ...], ...]:
    """List the doses in each text of the instructions that names some, except those of supportive drugs."""
    found: dict[tuple[Mg | MgPerKg, ...], None] = {}
    for written in instructed(resource):
        if not (named := doses_in(written)):
            continue
        if supportive_drugs and _names(written, supportive_drugs):
            named = tuple(_of_own_drug(written, supportive_drugs))
        if named:
            found[tuple(dict.fromkeys(named))] = None
    return tuple(found)


def milligrams_named(names: Iterable[str]) -> tuple[Decimal, ...]:
    """List the amounts in the texts that name a drug, without those that a text calls a vial or a concentration."""
    doses = (dose for name in names if "g" in name.casefold() for dose in doses_in(name))
    return tuple(dict.fromkeys(dose.value for dose in doses if isinstance(dose, Mg)))


@cached_by_text
def sums_in(written: str) -> tuple[tuple[Decimal, ...], ...]:
    """List the amounts in milligrams that a text joins to one dose: "252 mg + 126 mg"."""
    if written.lower().count("mg") < _SEVERAL:
        return ()
    return tuple(
        tuple(Decimal(each.replace(",", ".")) for each in match.groups() if each) for match in _SUM.finditer(written)
    )


@cached_by_text
def maxima_in(written: str) -> tuple[Decimal, ...]:
    """List the amounts in milligrams that a text calls the maximum of a dose, unless it names premedication."""
    plain = fold(written)
    if "max" not in plain and "exceed" not in plain and "cap" not in plain and "no more" not in plain:
        return ()
    if _PREMEDICATION.search(plain) is not None:
        return ()
    return tuple(Decimal(match["amount"].replace(",", "")) for match in _MAXIMUM.finditer(plain))


def names_one_of(resource: Json, drugs: frozenset[str]) -> bool:
    """Return whether the instructions of an order name one of some drugs, each a single folded word."""
    return any(_names(written, drugs) for written in instructed(resource))


def _names(written: str, drugs: frozenset[str]) -> bool:
    return not drugs.isdisjoint(_WORD.findall(fold(written)))


def _of_own_drug(written: str, supportive_drugs: frozenset[str]) -> Iterator[Mg | MgPerKg]:
    """Yield the doses of a text that no supportive drug stands beside: "acetaminophen 650 mg", "8 mg dexamethasone"."""
    matches = list(_DOSE_IN_TEXT.finditer(written))
    # "Loperamide 4 mg, then 4 mg twice daily": the same amount again is of the same drug.
    of_others = {match[0] for match in matches if not supportive_drugs.isdisjoint(_beside(written, match))}
    for match in matches:
        if match[0] not in of_others:
            yield from doses_in(match[0])


def _beside(written: str, match: re.Match[str]) -> set[str]:
    """Return the words right before and behind an amount, folded."""
    before = _WORD_BEFORE.search(written[max(match.start() - _BEFORE_DOSE, 0) : match.start()])
    behind = _WORD_BEHIND.match(written, match.end())
    return {fold(found[1]) for found in (before, behind) if found is not None}


class AmountsInText(NamedTuple):
    """The doses of a text, the number of all its amounts, and whether each dose is the one to give."""

    own: tuple[Mg | MgPerKg, ...]
    found: int
    is_clear: bool


def amounts_in(written: str, supportive_drugs: frozenset[str]) -> AmountsInText:
    """List every amount of a text; one next to a supportive drug is counted, but is not a dose."""
    own: list[Mg | MgPerKg] = []
    found, is_clear = 0, True
    for match in _DOSE_IN_TEXT.finditer(written):
        found += 1
        if supportive_drugs and not supportive_drugs.isdisjoint(_beside(written, match)):
            continue
        amounts = list(_amounts(written, match))
        is_clear = is_clear and len(amounts) == 1 and not _is_other_dose(written, match)
        own += amounts
    return AmountsInText(tuple(own), found, is_clear)


@cached_by_text
def beside_unlisted_words(written: str) -> tuple[NotedDose, ...]:
    """List the doses of a text right behind a word that speaks of no dose and may be the name of another drug."""
    return tuple(noted for noted in _noted(written) if noted.after)


def has_unlisted_word_before_amount(written: str) -> bool:
    """Return whether such a word stands before an amount, whatever the amount is."""
    return any(_is_unlisted(word) for _, word in _amounts_noted(written))


def _is_unlisted(word: str) -> bool:
    return bool(word) and not speaks_of_a_dose(fold(word))


@cached_by_text
def noted_doses(written: str) -> tuple[NotedDose, ...]:
    """List the doses in a text with the last word before each in the same clause."""
    return tuple(_noted(written))


def _noted(written: str) -> Iterator[NotedDose]:
    """Yield each dose in a note with the last word before it in the same clause, if it may name a drug."""
    if _DOSE_IN_TEXT.search(written) is None:
        yield from (NotedDose(Mg(Decimal(match["amount"]))) for match in _NOTED_WITHOUT_UNIT.finditer(fold(written)))
    for match, word in _amounts_noted(written):
        readings = () if _is_other_dose(written, match) else tuple(_amounts(written, match))
        if readings:
            yield NotedDose(readings[0], word if _is_unlisted(word) else "", readings[1:])


def _amounts_noted(written: str) -> Iterator[tuple[re.Match[str], str]]:
    """Yield each amount with the last word before it in the same clause."""
    end = 0
    for match in _DOSE_IN_TEXT.finditer(written):
        before = _LAST_WORD.search(written[max(end, match.start() - _BEFORE_DOSE) : match.start()])
        yield match, before[1] if before else ""
        end = match.end()


@cached_by_text
def doses_in(written: str) -> tuple[Mg | MgPerKg, ...]:
    """List the doses in a text."""
    found: list[Mg | MgPerKg] = []
    matches = [match for match in _DOSE_IN_TEXT.finditer(written) if not _is_other_dose(written, match)]
    # "Was 252 mg, now 210 mg": what is called the present dose goes before the rest.
    present = [match for match in matches if _PRESENT.search(written, 0, match.start())] if len(matches) > 1 else []
    for match in present or matches:
        found += _amounts(written, match)
    if not found and (first := _without_unit(written)) is not None:
        found.append(Mg(Decimal(first["amount"].replace(",", "."))))
    # "252 mg (two hundred fifty-two milligrams)".
    found += [dose for each in amounts_in_words(without_amounts(written))[0] if (dose := Mg(each)) not in found]
    return tuple(found)


def is_of_another_time(written: str) -> bool:
    """Return whether a text speaks of a dose that was given, or of what follows a loading dose."""
    return _EARLIER.search(fold(written)) is not None


def _without_unit(written: str) -> re.Match[str] | None:
    return (
        _UNIT_FIRST.search(written)
        or _NO_UNIT.search(written)
        or _WHOLE_VIAL.search(written)
        or _NUMBER_ALONE.fullmatch(written)
    )


def _is_other_dose(written: str, match: re.Match[str]) -> bool:
    """Return whether an amount is an earlier or a possible dose, a vial, or a maximum."""
    before = written[max(match.start() - _BEFORE_DOSE, 0) : match.start()]
    behind = written[match.end() : match.end() + _BEFORE_DOSE]
    return _says_other_dose(before, behind, "g" if match["g"] is not None else "")


@cached_by_text
def _says_other_dose(before: str, behind: str, grams: str) -> bool:
    before, behind = fold(before + "|")[:-1], fold(behind)
    if _OF_COURSE.match(behind) or _WAS_GIVEN.match(behind.lstrip()) or (grams and _A_WEIGHT.search(before)):
        return True
    if _NOT_THIS_DOSE.search(before) or _IF_REDUCED.search(before) or _DONE_BEFORE.match(behind):
        return True
    if _AFTER_VIAL.search(before) or _BEFORE_VIAL.match(behind) or _AFTER_LOADING.search(before):
        return True
    if _MAY_CHANGE_TO.search(before) is None:
        return False
    return _CONDITION.match(behind) is not None


def _amounts(written: str, match: re.Match[str]) -> Iterator[Mg | MgPerKg]:
    """Yield the amount of a match; both readings where thousands may be separated: "2 520 mg", "2.520 mg"."""
    per_kg, in_grams = match["kg"] is not None, match["g"] is not None
    amounts = [_amount(match["amount"], has_thousands=not (per_kg or in_grams))]
    before = written[max(match.start() - _THOUSANDS_BEFORE, 0) : match.end("amount")]
    found = _THOUSANDS_BY_BLANK.search(before)
    if (
        found is not None
        and _COUNTED.search(fold(written[: match.end("amount") - len(found[0])][-_BEFORE_DOSE:])) is None
    ):
        whole = "".join(filter(str.isdigit, found[0]))
        amounts.insert(0, _amount(whole, has_thousands=not (per_kg or in_grams)))
    elif not (per_kg or in_grams) and _THOUSANDS_BY_POINT.fullmatch(match["amount"]):
        amounts.append(Decimal(match["amount"].replace(".", "")))
    for amount in amounts:
        if amount is not None:
            value = amount * 1000 if in_grams else amount / 1000 if match["mcg"] is not None else amount
            yield MgPerKg(value) if per_kg else Mg(value)


def _amount(written: str, *, has_thousands: bool) -> Decimal | None:
    """Read a number with a decimal point or comma, or with thousands separators; ``None`` if ambiguous.

    Three digits after a comma are thousands in milligrams ("2,520 mg"), and decimals in grams or per kilogram.
    """
    if has_thousands and _GROUPED.fullmatch(written):
        return Decimal(written.replace(",", "").replace(".", ""))
    if (match := _GROUPED_AND_DECIMAL.fullmatch(written)) is not None:
        return Decimal(f"{match['whole'].replace(',', '').replace('.', '')}.{match['part']}")
    if written.count(".") + written.count(",") > 1:
        return None
    return Decimal(written.replace(",", "."))
