"""Numbers of tablets in the text of instructions: "take 2 tablets", "2 x 150 mg", "2 comprimidos de 150 mg"."""

from __future__ import annotations

import re
from decimal import Decimal

from cards.facts.order import CountedTablets
from cards.identification.folding import fold
from cards.values.text_cache import cached_by_text
from cards.values.texts import LONGEST
from fhir_mappings.medications.schedule_words import NUMBERS
from fhir_mappings.results.tablet_words import TABLETS

_WORDS = "|".join(sorted(filter(str.isascii, NUMBERS), key=len, reverse=True))
_COUNT = rf"(?<![\w.,/-])(?P<count>\d{{1,2}}(?:[.,]\d{{1,2}})?(?![\d.,])|(?:{_WORDS})\b)(?: ?\([a-z0-9]{{1,6}}\))?"
_MG = r"\d{1,4}(?:\.\d{1,2})?"
_COUNTED = re.compile(
    rf"{_COUNT}(?P<times> ?x)? ?(?:\(?(?P<before>{_MG})[ -]?mg(?![\w/])\)?)? ?(?P<word>[^\W\d_]{{2,16}})?"
    rf"(?: ?(?:\(|de|of|a|da|po|je|van|zu|@)? ?(?P<behind>{_MG}) ?mg(?P<each> each| jeweils| chacun| cada uno)?)?"
)

_MULTIPLIED = re.compile(
    rf"(?<![\w.,/-])({_MG}) ?mg ?x ?([1-6])\b(?! ?(?:mg|g|ml|doses?|cycles?|days?|d|weeks?|wks?|months?)\b)"
)
_BAGS = re.compile(
    r"(?<![\w.,/-])(?P<count>\d{1,2}(?:[.,]\d{1,2})?|half|two|three|four) "
    r"(?:(?P<bags>bags?|infusions|syringes|injections)|vials?) ?(?:of|with|containing|each|x|@)?"
    rf" ?(?P<mg>{_MG}) ?mg(?![\w/])|(?<![\w.,/-])"
    rf"(?P<half>half|1[/\u2044]2) (?:of )?(?:the )?(?P<whole>{_MG}) ?mg(?![\w/])"
)
# "2-0-2": how many in the morning, at noon, in the evening and at night.
_BY_PLACES = re.compile(r"(?<![\w.,/-])(\d)-(\d)-(\d)(?:-(\d))?(?![\w/-]|\.\d)")
_OF_A_VIAL = re.compile(r"\bvials?\b[^.;\d]{0,8}\Z")
_HALF = Decimal(1) / 2
_HALVES = frozenset({"half", "1/2", "1\u20442"})
# The shortest of the words, each part of the longer ones.
_STEMS = tuple(sorted(word for word in TABLETS if not any(each in word for each in TABLETS - {word})))


@cached_by_text
def tablets_in(written: str) -> tuple[CountedTablets, ...]:
    """List the numbers of tablets in a text, each with the milligrams of one tablet if it names them."""
    found: dict[CountedTablets, None] = {}
    plain = " ".join(fold(written[:LONGEST]).replace("*", "x").split())
    bags = list(_BAGS.finditer(plain)) if "mg" in plain else []
    if "x" not in plain and not bags and "-0-" not in plain and not any(stem in plain for stem in _STEMS):
        return ()
    for match in _COUNTED.finditer(plain):
        tablets = _number(match["count"])
        is_tablets = (match["word"] or "") in TABLETS
        if not (is_tablets or (match["times"] and match["before"])):
            continue
        mg = match["before"]
        if mg is None and match["behind"] is not None:
            # "2 tablets (300 mg)" may be the sum; "(150 mg each)" and "of 150 mg" are of one tablet.
            is_sum = "(" in match[0][match.end("word") - match.start() :] and match["each"] is None
            mg = None if is_sum else match["behind"]
        found[CountedTablets(tablets, Decimal(mg) if mg else None)] = None
    for match in _BY_PLACES.finditer(plain):
        # Of "1-0-1" each may be a dose.
        places = {Decimal(each) for each in match.groups() if each is not None and each > "1"}
        found |= dict.fromkeys(map(CountedTablets, sorted(places)))
    for match in _MULTIPLIED.finditer(plain):
        if _OF_A_VIAL.search(plain[: match.start()]) is None:
            found[CountedTablets(Decimal(match[2]), Decimal(match[1]))] = None
    for match in bags:
        count, amount = match["count"] or match["half"], match["mg"] or match["whole"]
        found[CountedTablets(_number(count), Decimal(amount), in_bags=match["bags"] is not None)] = None
    return tuple(found)


def _number(written: str) -> Decimal:
    if written in _HALVES:
        return _HALF
    return Decimal(written.replace(",", ".")) if written[0].isdigit() else Decimal(NUMBERS[written])
