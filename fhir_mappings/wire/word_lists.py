"""Finds the words of long lists in folded texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cards.values.caching import lazy
from fhir_mappings.wire.folding import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
"""Scripts that put no blanks between words."""


class Words:
    """The words of one list, with a pattern that is made when the first note is read: most charts have none."""

    def __init__(
        self,
        words: Iterable[str],
        *,
        beside: re.Pattern[str] | None = None,
        begins: bool = False,
        unless: re.Pattern[str] | None = None,
    ) -> None:
        """Keep the words; ``beside``, ``begins`` and ``unless`` say where they count."""
        self._words, self.beside, self.begins, self.unless = words, beside, begins, unless

    @lazy
    def pattern(self) -> re.Pattern[str]:
        """The pattern that finds them."""
        return any_of(self._words)


def any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds some phrases as whole words of a folded text; "*" stands for any ending of a word."""
    folded = {fold(each) for each in phrases}
    spaced = _alternatives(each for each in folded if not _UNSPACED.search(each))
    unspaced = [re.escape(each) for each in folded if _UNSPACED.search(each)]
    whole = rf"(?<!\w)(?:{spaced})(?!\w)" if spaced else r"(?!)"
    return re.compile(f"(?:{'|'.join((whole, *unspaced))})" if unspaced else whole)


def _alternatives(phrases: Iterable[str]) -> str:
    """Return an expression for any of some phrases, those of one beginning as one branch: no text is tried for each."""
    root: dict[str, Any] = {}
    for phrase in phrases:
        node = root
        for sign in phrase:
            node = node.setdefault(r"\w*" if sign == "*" else re.escape(sign), {})
        node[""] = {}
    return _branches(root)


def _branches(node: dict[str, Any]) -> str:
    found = []
    for start, following in node.items():
        written, child = start, following
        while len(child) == 1 and "" not in child:
            ((sign, child),) = child.items()
            written += sign
        found.append(written + _branches(child) if child.keys() - {""} else written)
    listed = "|".join(each for each in found if each)
    if "" in node:
        return f"(?:{listed})?"
    return f"(?:{listed})" if len(found) > 1 else listed
