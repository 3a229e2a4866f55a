"""Ejection fractions that only words name, with a code that is not known here: "LVEF by MUGA", or a part of an echo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fhir_mappings.codings import words_or_codes
from fhir_mappings.results.written_values import has_strange_value
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import objects
from fhir_mappings.wire.statuses import may_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fhir_mappings.results.other_names import OtherNameReader
    from fhir_mappings.wire.lenient import Json

LVEF_NAME = re.compile(
    r"\b(?:lv ?ef|ef|ejection fraction|ejektionsfraktion|auswurffraktion|fevi|fevg|feve|fevs|fraccion de eyeccion|"
    r"fraction d'ejection|frazione d[i'] ?eiezione|fracao de ejecao|ejectiefractie|frakcja wyrzutowa|фв|"
    r"фракция выброса|ejeksiyon fraksiyonu|ejekcni frakce|ejekcios frakcio|fracti[ae] de ejectie|ejektiofraktio)\b"
)
"""An ejection fraction by name, in a folded text."""
LVEF_IN_NOTES = re.compile(
    rf"{LVEF_NAME.pattern}|\bfe\b|\b(?:lv|linksventrikular\w{{0,2}}|linkerventrikel|vansterkammar\w{{0,2}}"
    r"|venstre ventrikkel\w{0,2})[ -]?(?:systoli\w{2,4} )?(?:pump)?(?:funktion\w{0,2}|function|functie|funksjon)\b"
)
"""The same in a note of a result that is one: "FE" alone may also be iron."""
_ABOUT_IT = re.compile(r"\b(?:method|technique|quality|comment|reference|range|units?|methode|metodo)\b")
_VALUES = ("valueQuantity", "valueString", "valueRange", "valueInteger", "valueCodeableConcept", "valueRatio")
_LONGEST = 200


class NamedLvefReader:
    """Finds the ejection fraction of a result without a known code; one reader serves every request."""

    def __init__(self, other_names: OtherNameReader) -> None:
        """Keep the reader of names."""
        self._other_names = other_names

    def holder(self, observation: Json) -> Json | None:
        """Return the result, or its part, that holds an ejection fraction; ``None`` if neither does."""
        if not may_count(observation):
            return None
        for holder in _parts(observation):
            named = " ; ".join(words_or_codes(holder.get("code")))[:_LONGEST]
            if (any(name in holder for name in _VALUES) or has_strange_value(holder)) and self._is_lvef(named):
                return holder
        return None

    def _is_lvef(self, named: str) -> bool:
        folded = fold(named).replace("_", " ")
        is_named = LVEF_NAME.search(folded) is not None and not _ABOUT_IT.search(folded)
        return is_named and not self._other_names.is_another("lvef", named)


def _parts(observation: Json) -> Iterator[Json]:
    yield observation
    yield from (part for _, part in objects(observation.get("component")))
