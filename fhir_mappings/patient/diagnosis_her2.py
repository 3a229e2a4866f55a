"""Reads the HER2 status that the text of a cancer diagnosis names: "MBC HER2+", "triple negative breast cancer".

Such a status supports the pathology and never replaces it. A text with a doubt, an earlier tumor or two statuses
says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.values.texts import LONGEST
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.phrases import Phrases, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cards.knowledge.schema import DiagnosisHer2
    from fhir_mappings.wire.phrases import Word

_PLUS, _MINUS = "+", "-"
_ENDS = frozenset({"", ")", ",", ";", "/", "|", ".", "]"})


class DiagnosisHer2Reader:
    """Reads the HER2 status in texts of diagnoses; one reader serves every request."""

    def __init__(self, words: DiagnosisHer2) -> None:
        """Index the words."""
        self._phrases = Phrases(())
        for kind, value, listed in (
            ("between", None, words.between),
            ("name", None, words.names),
            ("says", True, words.positive),
            ("says", False, words.negative),
            ("alone", True, words.positive_alone),
            ("alone", False, words.negative_alone),
            ("unsure", None, words.unsure),
        ):
            for phrase in listed:
                self._phrases.add(" ".join(each.text for each in words_of(phrase)), (kind, value))
        self._hints = tuple(words.hints)

    def read(self, written: Iterable[str]) -> bool | None:
        """Return whether the texts of a diagnosis name a HER2-positive tumor; ``None`` if they name no one status."""
        said: set[bool] = set()
        for each in written:
            folded = fold(each[:LONGEST])
            if any(hint in folded for hint in self._hints):
                found = self._of_text(words_of(each[:LONGEST]))
                if found is None:
                    return None
                said |= found
        return said.pop() if len(said) == 1 else None

    def _of_text(self, words: Sequence[Word]) -> set[bool] | None:
        """Return every status that a text names; ``None`` if a word makes them uncertain."""
        said: set[bool] = set()
        at = 0
        while at < len(words):
            found = self._phrases.longest(words, at)
            if found is None:
                at += 1
                continue
            (kind, value), end = found
            if kind == "unsure":
                return None
            if kind == "alone":
                said.add(value)
            elif kind == "name" and (status := self._status(words, end)) is not None:
                said.add(status)
            at = end
        return said

    def _status(self, words: Sequence[Word], at: int) -> bool | None:
        """Return whether the words right after HER2 say positive or negative; ``None`` for 2+ and all else."""
        while at < len(words):
            word = words[at]
            following = words[at + 1].text if at + 1 < len(words) else ""
            if word.text == _PLUS:
                return True
            if word.text == _MINUS and word.touches:
                return False if following in _ENDS else None
            if word.text.isdecimal():
                return {"3": True, "1": False}.get(word.text) if following.startswith(_PLUS) else None
            found = self._phrases.longest(words, at)
            if found is None or found[0][0] not in ("says", "between"):
                return None
            (kind, value), at = found
            if kind == "says":
                return bool(value)
        return None
