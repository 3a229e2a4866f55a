"""Reductions in words, as the percent of the dose that is given: "reduced by 20 %", "80 % of the full dose"."""

from __future__ import annotations

import re
from decimal import Decimal

from cards.identification.folding import fold
from cards.values.text_cache import cached_by_text
from cards.values.texts import LONGEST

_HUNDRED = 100
_PERCENT = r"(?:%|per ?cent|pct\b|prozent|por ?ciento|pour ?cent)"
_N = rf"(?P<{{}}>(?<![\d.,])\d{{{{1,3}}}}(?:[.,]\d)?) ?{_PERCENT}"
_DOSE = r"(?:dose|dosis|dosage|dosi|dawk[ie])"
_REDUCED = (
    r"(?:reduc\w{0,6}|redui(?:t\w{0,2}|re)|reduz\w{0,8}|reduktion|lowered|decreas\w{0,3}|ridu(?:zion\w|rre)|ridott\w"
    r"|di(?:s)?minu\w{1,4}|redukcj\w|zmniejsz\w{1,5}|(?:ge)?senk(?:en|t)|verringer(?:n|t)|verla(?:gen|agd)"
    r"|vermind(?:ern|ert|eren|erd))"
)
_THE = r"(?: the| la| die| der| de la| a| de)?"
_SAID = re.compile(
    rf"\b(?:auf|to|al) {_N.format('to')} ?(?:{_DOSE} ?)?{_REDUCED}\b"
    rf"|{_N.format('less')} ?(?:{_DOSE} ?)?{_REDUCED}\b"
    rf"|\b(?:dosis)?{_REDUCED}{_THE} ?(?:{_DOSE} ?)?(?:by|um|of|del?|en(?: un)?|un|em|von|di|met|o)? ?{_N.format('by')}"
    rf"|\b(?:dosis)?{_REDUCED}{_THE} ?(?:{_DOSE} ?)?(?:to|auf|al?|na) ?{_N.format('reached')}"
    rf"|{_N.format('share')} ?(?:of |der |de la |de |della )?"
    rf"(?:the |full |usual |standard |normal |vollen? |planned ){{0,2}}{_DOSE}\b"
    # How fast it is to run.
    r"(?! (?:in|over|during|within) (?:the )?first)"
)
_UP_TO = re.compile(r"(?:within|up to|maximum|max|at most|bis|\+/-|<=|<|±)\W{0,2}\Z")
_CONDITION = re.compile(r"\b(?:if|when|unless|should|consider|bei|wenn|falls|si|en caso|se|in case|may)\b")
_CLAUSES = re.compile(r"[;\n]|\.(?!\d)")
_LEAST = 30
"""A smaller share of a dose is a tolerance, not a dose: "within 5 % of the dose"."""


@cached_by_text
def shares_in(written: str) -> tuple[Decimal, ...]:
    """List the percentages of a dose that a text says to give; conditional ones are left out."""
    if "%" not in written and "erc" not in written and "roz" not in written and "cien" not in written:
        return ()
    found: dict[Decimal, None] = {}
    for clause in _CLAUSES.split(fold(written[:LONGEST])):
        if _CONDITION.search(clause):
            continue
        for match in _SAID.finditer(clause):
            if _UP_TO.search(clause[: match.start()]):
                continue
            given = match["share"] or match["to"] or match["reached"]
            said = Decimal((given or match["less"] or match["by"]).replace(",", "."))
            share = said if given else _HUNDRED - said
            if share >= _LEAST and share != _HUNDRED:
                found[share] = None
    return tuple(found)
