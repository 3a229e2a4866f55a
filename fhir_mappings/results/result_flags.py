"""Flags of laboratories that the value contradicts, and results that say something without a value.

A normal number that is marked as critical, or as harmful outside of its own range, is not used. A value at the end of
the instrument's scale is a limit. A result without a value is reported if its flag, its note or the reason for the
missing value says that there is one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cards.facts.origins import Gap
from cards.values.intervals import Bound
from fhir_mappings.codings import codings, texts
from fhir_mappings.results.result_notes import NOTE_SENTENCES, denial_of, remarks
from fhir_mappings.results.written_values import VALUES
from fhir_mappings.wire.cached_json import CachedByJson
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import objects, text
from fhir_mappings.wire.statuses import CORRECTED, COUNTED
from fhir_mappings.wire.word_lists import any_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from decimal import Decimal

    from cards.facts.origins import Origin
    from cards.facts.results import LabResult
    from cards.knowledge.schema import Terminology
    from fhir_mappings.wire.lenient import Json

_LONGEST, _SHOWN = 60, 40
_LOW, _HIGH, _EITHER, _BELOW, _ABOVE, _ABNORMAL = "low", "high", "either", "below", "above", "abnormal"
_WITHHELD = frozenset({"value-withheld", "flag-alone", "note-alone"})
_OFF_SCALE = {"off-scale-low": Bound.BELOW, "off-scale-high": Bound.ABOVE}


class ResultFlags:
    """Reads flags and the reasons for missing values; one reader serves every request."""

    def __init__(self, terminology: Terminology) -> None:
        """Index the flags."""
        doubts, flags = terminology.result_doubts, terminology.result_doubts.flags
        self._sides: dict[str, str] = {}
        critical: list[str] = []
        if flags is not None:
            sides = (
                (_LOW, flags.low),
                (_HIGH, flags.high),
                (_EITHER, flags.either),
                (_BELOW, flags.below),
                (_ABOVE, flags.above),
                (_ABNORMAL, flags.abnormal),
                *zip(_OFF_SCALE, (flags.off_scale_low, flags.off_scale_high), strict=True),
            )
            self._sides = {fold(each): side for side, listed in sides for each in listed}
            critical = [each for each in (*flags.low, *flags.high, *flags.either) if " " in each]
        self._again = CachedByJson(self._read)
        self._phoned = any_of(flags.phoned if flags is not None else ())
        self._rule = any_of(flags.rule_for_phoning if flags is not None else ())
        self._spares = denial_of(terminology)
        self._harmful_when_high = terminology.harmful_when_high
        self._bounds: dict[str, tuple[Decimal | None, Decimal | None]] = {
            each.concept: (each.at_least, each.at_most) for each in doubts.never_critical
        }
        self._bounds["lvef"] = (terminology.lvef_in_words.normal.lowest, None)
        self._withheld = frozenset(doubts.withheld)
        self._elsewhere = any_of(doubts.elsewhere)
        self._critical = any_of(critical)
        units = "|".join(re.escape(fold(each)) for each in doubts.amounts)
        self._amount = re.compile(rf"(?<![\w.,:/-])\d{{1,7}}(?:[.,]\d{{1,3}})? ?(?:{units})(?!\w)") if units else None

    def against(self, concept: str, holder: Json, value: Decimal, low: Decimal | None, high: Decimal | None) -> str:
        """Return a flag that the value contradicts: one for a critical value on the normal side of its limits.

        Where the result has no limits, the values count that no laboratory calls critical. A flag for a value outside
        of its range counts toward harm only, and against the result's own limit.
        """
        if concept in self._harmful_when_high:
            plain = _ABOVE if high is not None and value < high else ""
        else:
            plain = _BELOW if low is not None and value > low else ""
        is_normal = self._normal_sides(concept, value, low, high)
        return next((flag for side, flag in self._flags(holder) if side == plain or side in is_normal), "")

    def is_normal(self, concept: str, value: Decimal, high: Decimal | None) -> bool:
        """Return whether a value is within its limits, or one that no laboratory calls critical."""
        return _EITHER in self._normal_sides(concept, value, None, high)

    def _normal_sides(self, concept: str, value: Decimal, low: Decimal | None, high: Decimal | None) -> set[str]:
        """Return the critical flags that a value contradicts."""
        at_least, at_most = self._bounds.get(concept, (None, None))
        low, high = at_least if low is None else low, at_most if high is None else high
        not_low, not_high = low is not None and value >= low, high is not None and value <= high
        found = {_LOW} if not_low and (high is None or not_high) else set()
        found |= {_HIGH} if not_high and (low is None or not_low) else set()
        is_normal = (not_low or low is None) and (not_high or high is None) and (not_low or not_high)
        return found | {_EITHER} if is_normal else found

    def bound(self, holder: Json) -> Bound:
        """Return the limit that a value is by its flag: the instrument measures no further."""
        return next((_OFF_SCALE[side] for side, _ in self._flags(holder) if side in _OFF_SCALE), Bound.EXACT)

    def phoned(self, result: LabResult, observation: Json, is_of_another: Callable[[str], bool]) -> str:
        """Return the beginning of a note on a call about a critical value, if the result is not one.

        ``is_of_another`` tells whether a sentence names another test alone.
        """
        if not self.is_normal(result.test, result.value, result.upper_limit):
            return ""
        for note in remarks(observation):
            for sentence in NOTE_SENTENCES.split(fold(note)):
                found = self._critical.search(sentence)
                if found is None or self._phoned.search(sentence) is None or self._rule.search(sentence) is not None:
                    continue
                if not self._spares(sentence[: found.start()]) and not is_of_another(sentence):
                    return note[:_LONGEST]
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
        withheld = next((each.code for each in codings(why) if each.code in self._withheld), "")
        withheld = withheld or next((each[:_SHOWN] for each in texts(why) if self._elsewhere.search(fold(each))), "")
        if not withheld and (status := observation.get("status")) in CORRECTED:
            # The value that was there before no longer counts.
            withheld = next(iter(texts(why)), "")[:_SHOWN] or str(status)
        if withheld:
            return Gap(concept, origin.path, "value-withheld", on, (("why", withheld),))
        for note in (*remarks(observation), *texts(why)):
            plain = fold(note)
            if self._critical.search(plain) or (self._amount is not None and self._amount.search(plain)):
                return Gap(concept, origin.path, "note-alone", on, (("note", note[:_LONGEST]),))
        return Gap(concept, origin.path, "absent" if why else "no-value", on)

    def withheld(self, concept: str, observation: Json, origin: Origin, on: date | None) -> Gap | None:
        """Return the gap for a result that counts and says that it has a value without giving it; else ``None``."""
        if text(observation.get("status")) not in COUNTED or not VALUES.isdisjoint(observation):
            return None
        gap = self.missing(concept, observation, observation, "", origin, on)
        return gap if gap.reason in _WITHHELD else None

    def _flags(self, holder: Json) -> tuple[tuple[str, str], ...]:
        """Return the side and the words of each flag that is known."""
        return self._again(holder["interpretation"]) if "interpretation" in holder else ()

    def _read(self, interpretation: Any) -> tuple[tuple[str, str], ...]:
        return tuple(self._known(interpretation))

    def _known(self, interpretation: Any) -> Iterator[tuple[str, str]]:
        for _, flag in objects(interpretation):
            coded = [each.code for each in codings(flag)]
            for each in (*coded, *texts(flag)):
                if side := self._sides.get(fold(each[:_LONGEST])):
                    yield side, each[:_SHOWN]
                    break
