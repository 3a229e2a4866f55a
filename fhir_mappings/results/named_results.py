"""Results that only words name: an Observation with a local code, or none, whose text is "AST" or "Platelet count".

Such a result is not read, because its code does not say what was measured. It is reported with its value: otherwise the
card would call the test missing, or use an older result with a code as if it were the newest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.values.text_cache import cached_by_text
from fhir_mappings.codings import words_or_codes
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import text

if TYPE_CHECKING:
    from cards.knowledge.schema import Terminology
    from fhir_mappings.wire.lenient import Json

_LONGEST = 80
_IN_BRACKETS = re.compile(r"\([^()]{0,60}\)|\[[^\[\]]{0,60}\]")
_WORD = re.compile(r"[^\W_]+")


class NamedResults:
    """Finds the concept that the words of an Observation's code name; one reader serves every request."""

    def __init__(self, terminology: Terminology) -> None:
        """Index the names."""
        self._beside = frozenset(terminology.words_beside_tests)
        self._names = {
            self._plain(name): concept for concept, known in terminology.concepts.items() for name in known.names
        }
        # A laboratory's names of tests are few, and each stands on many results.
        self._named = cached_by_text(self._look_up)

    def concept(self, observation: Json) -> str | None:
        """Return what the words of a code name; ``None`` if nothing that rules use, or several things."""
        code = observation.get("code")
        written = words_or_codes(code)
        if not written and code.__class__ is str:
            written = [text(code)]
        found = {name for each in written if (name := self._named(each))}
        return found.pop() if len(found) == 1 else None

    def _look_up(self, written: str) -> str:
        return self._names.get(self._plain(written[:_LONGEST]), "")

    def _plain(self, written: str) -> str:
        words = _WORD.findall(_IN_BRACKETS.sub(" ", fold(written)))
        return " ".join(word for word in words if word not in self._beside)
