"""The body weights that a text states as those of the dose: "dosing weight 70 kg", "3.6 mg/kg x 70 kg"."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.facts.order import StatedWeight
from cards.identification.folding import fold
from cards.values.text_cache import cached_by_text
from cards.values.texts import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator

_KILOS = r"(?<![\d.,])(?P<{}>\d{{2,3}}(?:[.,]\d{{1,2}})?) ?(?P<{}>kg|kilos?|lbs?|pounds?)(?![\w/])"
_TIMES = r"(?: ?[x*\u00d7] ?| (?:bei|at|for|bij|pour|para|per|con|przy) )"
_STATED = re.compile(
    r"\b(?:weight|wt|weighs|weighed|gewicht|wiegt|kg|peso|pesa|poids|pese)\b"
    r"(?: (?:is|was|used|for dosing|today|now|of|recorded|actual|=|aktuell\w{0,2}|heute|jetzt|betragt|ist|nur|hoy|es de"
    r"|ahora|actuel|aujourd'hui|est de|maintenant|attuale|oggi|ora|atual|hoje|agora|nu|is nu|vandaag|obecnie|aktualna"
    r"|dzis)){0,3}"
    rf"[ :=(]{{0,4}}{_KILOS.format('named', 'named_unit')}"
    r"|\b(?:(?:dosed|dose|dosing|calculated|based|berechnet) (?:on|at|for|with|from|auf|fur|mit)|dosiert auf"
    r"|(?:calculad|basad)[ao] (?:para|con|por|en|em)"
    r"|(?:calculee?|basee?) (?:pour|sur)|(?:calcolat|basat)[ao] (?:su|per))(?: an?| una?| einen?)? "
    rf"{_KILOS.format('based', 'based_unit')}"
    rf"|mg ?/ ?kg\)?{_TIMES}{_KILOS.format('behind', 'behind_unit')}"
    rf"|{_KILOS.format('before', 'before_unit')}{_TIMES}\d{{1,2}}(?:[.,]\d{{1,2}})? ?mg ?/ ?kg"
)
# Another body weight, one of another time, a change of it, or a limit.
_OTHER = re.compile(
    r"\b(?:ideal\w*|ibw|adj\w*|ajustado|lean|lbw|loss|lost|lose|gain\w*|chang\w*|down|up|since|limit|max\w*|min|minimum"
    r"|over|under|above|below|if|when|last|previous|prior|baseline|initial|original|birth|from|until|bis|ab|wenn|falls|si"
    r"|than|not)\b|[<>\u2264\u2265\u00b1]"
)
_CLAUSES = re.compile(r"[;\n]|[,.](?!\d)")
_WORDS_BEFORE = 30


@cached_by_text
def weights_in(written: str) -> tuple[StatedWeight, ...]:
    """List the weights that a text states as those of the dose."""
    plain = fold(written[:LONGEST])
    if not any(unit in plain for unit in ("kg", "kilo", "lb", "pound")):
        return ()
    return tuple(dict.fromkeys(_weights(plain)))


def _weights(plain: str) -> Iterator[StatedWeight]:
    for clause in _CLAUSES.split(plain):
        for match in _STATED.finditer(clause):
            if _OTHER.search(clause[max(match.start() - _WORDS_BEFORE, 0) : match.end()]) is not None:
                continue
            found = {name: each for name, each in match.groupdict().items() if each is not None}
            number = next(each for name, each in found.items() if not name.endswith("unit"))
            unit = next(each for name, each in found.items() if name.endswith("unit"))
            yield StatedWeight(Decimal(number.replace(",", ".")), in_pounds=unit.startswith(("lb", "pound")))
