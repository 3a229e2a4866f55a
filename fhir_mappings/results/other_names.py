"""Reads whether the name of a result is of another measurement than its code: "RVEF" under the code of LVEF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.patient.staging import words
from fhir_mappings.wire.phrases import words_of

if TYPE_CHECKING:
    import re

    from cards.knowledge.schema import Terminology


# Words that may stand beside such a name in a note that says nothing else: "stress echo only".
_BESIDE = frozenset(
    {
        "a", "at", "by", "from", "in", "is", "it", "meant", "of", "on", "only", "the", "this", "used", "was",
        "'", "d", "de", "di", "echographie", "echokardiographie", "ecocardiograma", "ecocardiogramma", "ecografia",
        "body", "bw", "echo", "echocardiogram", "echocardiography", "level", "measured", "measurement", "result",
        "auf", "bajo", "bei", "durante", "onder", "pendant", "pod", "sob", "sotto", "sous", "under", "unter", "wahrend",
        "fractional", "sample", "specimen", "test", "tube", "value", "ventricle", "ventricular", "weight", "wt",
    }
)  # fmt: skip


class OtherNameReader:
    """Looks for words of other measurements; one reader serves every request."""

    def __init__(self, terminology: Terminology) -> None:
        """Prepare the words of each concept."""
        self._words: dict[str, list[tuple[re.Pattern[str], re.Pattern[str], bool]]] = {}
        for each in terminology.names_another:
            patterns = words(map(_plain, each.words)), words(map(_plain, each.unless)), each.of_panels
            for concept in each.concepts:
                self._words.setdefault(concept, []).append(patterns)

    def is_another(self, concept: str, named: str, *, is_panel: bool = False) -> bool:
        """Return whether a name says that a result of a concept is something else.

        ``is_panel``: it is the name of a panel that holds the result.
        """
        plain = _plain(named)
        return any(
            found.search(plain) is not None and unless.search(plain) is None
            for found, unless, of_panels in self._words.get(concept, ())
            if of_panels or not is_panel
        )

    def is_only_another(self, concept: str, said: str) -> bool:
        """Return whether a note says that a result of a concept is something else, and nothing more."""
        plain = _plain(said)
        return any(
            found.search(plain) is not None
            and unless.search(plain) is None
            and _BESIDE.issuperset(found.sub(" ", plain).split())
            for found, unless, _ in self._words.get(concept, ())
        )


def _plain(written: str) -> str:
    return " ".join(each.text for each in words_of(written))
