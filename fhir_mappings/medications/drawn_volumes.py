"""The volumes that a text draws up for a dose, or states beside it: "252 mg (12.6 mL)", "draw up 12.6 mL"."""

from __future__ import annotations

import re
from decimal import Decimal

from cards.identification.folding import fold
from cards.values.text_cache import cached_by_text
from cards.values.texts import LONGEST

_VOLUME = r"(?P<{}>\d{{1,2}}(?:[.,]\d{{1,2}})?) ?(?:ml|cc)(?![\w/])"
_DRAWN = re.compile(
    rf"\d ?mg\)? ?(?:\(=?|=|\[|equals|->|is) ?{_VOLUME.format('beside')}"
    rf"|\b(?:draw|withdraw|aspirate)\w* (?:up )?(?:a total of |exactly )?{_VOLUME.format('drawn')}"
)
_OF_BAG = re.compile(
    r" ?(?:of )?(?:bag|ns\b|nacl|saline|sodium|d5w|dextrose|glucose|diluent|swfi|sterile|water|bwfi|/ ?h|/ ?min)"
)


@cached_by_text
def volumes_drawn(written: str) -> tuple[Decimal, ...]:
    """List the milliliters that a text draws up for the dose, or states beside it; not those of a bag."""
    plain = fold(written[:LONGEST])
    if "ml" not in plain and "cc" not in plain:
        return ()
    matches = (match for match in _DRAWN.finditer(plain) if _OF_BAG.match(plain, match.end()) is None)
    return tuple(dict.fromkeys(Decimal((match["beside"] or match["drawn"]).replace(",", ".")) for match in matches))
