"""Flags of laboratories that the value contradicts, and results that say something without a value.

A normal number that is marked as critical is not used. A result without a value is reported if its flag, its note or
the reason for the missing value says that there is one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.facts.origins import Gap
from fhir_mappings.codings import codings, texts
from fhir_mappings.results.result_notes import any_of, remarks
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import objects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from decimal import Decimal

    from cards.facts.origins import Origin
    from cards.knowledge.schema import Terminology
    from fhir_mappings.wire.lenient import Json

_LONGEST, _SHOWN = 60, 40
_LOW, _HIGH, _EITHER, _ABNORMAL = "low", "high", "either", "abnormal"


class ResultFlags:
    """Reads flags and the reasons for missing values; one reader serves every request."""

    def __init__(self, terminology: Terminology) -> None:
        """Index the flags."""
        doubts = terminology.result_doubts
        self._sides: dict[str, str] = {}
        critical: list[str] = []
        if doubts.flags is not None:
            flags = doubts.flags
            sides = ((_LOW, flags.low), (_HIGH, flags.high), (_EITHER, flags.either), (_ABNORMAL, flags.abnormal))
            self._sides = {fold(each): side for side, listed in sides for each in listed}
            critical = [each for each in (*flags.low, *flags.high, *flags.either) if " " in each]
        self._bounds = {each.concept: (each.at_least, each.at_most) for each in doubts.never_critical}
        self._withheld = frozenset(doubts.withheld)
        self._critical = any_of(critical)
        units = "|".join(re.escape(fold(each)) for each in doubts.amounts)
        self._amount = re.compile(rf"(?<![\w.,:/-])\d{{1,7}}(?:[.,]\d{{1,3}})? ?(?:{units})(?!\w)") if units else None

    def against(self, concept: str, holder: Json, value: Decimal, low: Decimal | None, high: Decimal | None) -> str:
        """Return a flag for a critical value that the value contradicts: it is on the normal side of its limits.

        Where the result has no limits, the values count that no laboratory calls critical.
        """
        at_least, at_most = self._bounds.get(concept, (None, None))
        low, high = at_least if low is None else low, at_most if high is None else high
        for side, flag in self._flags(holder):
            not_low, not_high = low is not None and value >= low, high is not None and value <= high
            if side == _LOW and not_low and (high is None or not_high):
                return flag
            if side == _HIGH and not_high and (low is None or not_low):
                return flag
            if side == _EITHER and (not_low or low is None) and (not_high or high is None) and (not_low or not_high):
                return flag
        return ""

    def missing(
        self, concept: str, holder: Json, observation: Json, written: str, origin: Origin, on: date | None
    ) -> Gap:
        """Return the gap for a result without a value, or with one that is also marked as missing."""
        why = holder.get("dataAbsentReason")
        if written:
            return Gap(concept, origin.path, "value-and-absent", on, (("value", written),))
        flag = next((flag for _, flag in self._flags(holder)), "")
        if flag:
            return Gap(concept, origin.path, "flag-alone", on, (("flag", flag),))
        if withheld := next((each.code for each in codings(why) if each.code in self._withheld), ""):
            return Gap(concept, origin.path, "value-withheld", on, (("why", withheld),))
        for note in (*remarks(observation), *texts(why)):
            plain = fold(note)
            if self._critical.search(plain) or (self._amount is not None and self._amount.search(plain)):
                return Gap(concept, origin.path, "note-alone", on, (("note", note[:_LONGEST]),))
        return Gap(concept, origin.path, "absent" if why else "no-value", on)

    def _flags(self, holder: Json) -> Iterator[tuple[str, str]]:
        """Yield the side and the words of each flag that is known."""
        if "interpretation" not in holder:
            return
        for _, flag in objects(holder["interpretation"]):
            coded = [each.code for each in codings(flag)]
            for each in (*coded, *texts(flag)):
                if side := self._sides.get(fold(each[:_LONGEST])):
                    yield side, each[:_SHOWN]
                    break
