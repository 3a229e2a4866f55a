"""Finds in a note that its value is of an earlier year: "this result is from the 2019 primary", "Wert von 2019"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

_RESULT = (
    r"(?:(?:this|the|dieses?|das|der|die|ce|le|la|el|este|esta|il|questo|o|a|dit|deze|de|het|ten|denna|detta|dette|det"
    r"|tama|tento|acest|bu) )?(?:her-?2(?:/neu)?[ -]|ihc[ -]|f?ish[ -]|erbb-?2[ -]|lv)?"
    r"(?:values?|results?|scores?|status|lvef|ef|fevg|fevi|feve|fevs|ergebnis\w{0,4}|befund|wert|resultat\w{0,4}|valeur"
    r"|resultado|valor|risultato|referto|valore|laudo|uitslag|waarde|wynik|wartosc|svar\w{0,4}|varde\w{0,3}|værdi\w{0,3}"
    r"|vaerdi\w{0,3}|verdi\w{0,3}|tulos|arvo|vysledek|hodnota|rezultat\w{0,3}|valoare\w{0,2}|результат|значение)"
)
_FROM = (
    r"(?:from|of|on|vom|von|aus|am|de|du|des|del|della|dal|dalla|do|da|van|uit|z|ze|av|fra|fran|vuoden|vuodelta|din|al"
    r"|от|из)"
)
_WORDS = r"(?:[^\W\d][^\s:]{0,20} )"
_EARLIER = re.compile(
    rf"{_RESULT} {_WORDS}{{0,3}}?{_FROM} {_WORDS}{{0,5}}?(?P<year>(?:19|20)\d\d)(?![\d./-])"
    r"(?: [^\W\d][^\s:]{0,20}){0,4}"
    r"|(?P<of>(?:19|20)\d\d) ?年.{0,20}(?:結果|结果|数据)"
)


def is_of_earlier_year(sentence: str, on: date | None) -> bool:
    """Return whether a folded sentence says that its value is of an earlier year than its date, and nothing more."""
    found = _EARLIER.fullmatch(sentence.strip())
    return found is not None and (on is None or int(found["year"] or found["of"]) < on.year)
