"""Reads stages as settings: metastatic or early, from stage groups, TNM formulas, categories and words.

If a stage says neither ("Mx", a kidney disease stage), no setting is guessed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.knowledge.schema import Setting
from cards.values.text_cache import cached_by_text
from fhir_mappings.codings import NO_CODE_MAP, codings, texts
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import objects, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.knowledge.schema import StageWords, Terminology
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.wire.lenient import Json

# The American Joint Committee on Cancer's code system uses the stage itself as the code: "3C", "cM0".
_AJCC = "cancerstaging"
# Longer than any stage or diagnosis; what follows is a narrative.
_LONGEST = 1000


def words(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for any of some phrases as whole words in folded text; without phrases it matches nothing."""
    listed = [re.escape(phrase) for phrase in phrases]
    return re.compile(r"(?<![\w])(?:" + "|".join(listed) + r")(?![\w])") if listed else re.compile(r"(?!)")


class StageReader:
    """Reads stages as defined in the knowledge."""

    def __init__(self, terminology: Terminology, code_map: CodeMap = NO_CODE_MAP) -> None:
        """Build one pattern for each setting."""
        self._code_map = code_map
        self._patterns = tuple((stage.setting, _pattern(stage)) for stage in terminology.stages)
        self._texts = tuple((stage.setting, words(stage.texts)) for stage in terminology.stages)
        self._snomed = {entry.code: stage.setting for stage in terminology.stages for entry in stage.snomed}
        self.of_text = cached_by_text(self._of_text)
        """Read a text that is a stage, or that names one."""

    def of_stage(self, concept: Json) -> Setting | None:
        """Read the value of a stage, by its code and text; metastatic takes precedence."""
        found: set[Setting | None] = {
            self._snomed[coding.code]
            for coding in codings(concept, self._code_map)
            if coding.system == "snomed" and coding.code in self._snomed
        }
        written = texts(concept)
        for _, raw in objects(concept.get("coding")):
            if _AJCC in text(raw.get("system")).casefold():
                written.append(text(raw.get("code")))
        found |= {said for each in written if (said := self.of_text(each)) is not None}
        return _worse(found)

    def _of_text(self, written: str) -> Setting | None:
        folded = fold(written[:_LONGEST])
        return _worse({setting for setting, pattern in self._patterns if pattern.search(folded)})

    def of_words(self, written: str) -> Setting | None:
        """Read the text of a diagnosis: a stage in it, or "early-stage"."""
        folded = fold(written[:_LONGEST])
        by_words = {setting for setting, pattern in self._texts if pattern.search(folded)}
        return _worse({self.of_text(written), *by_words} - {None})


def _worse(found: set[Setting | None]) -> Setting | None:
    return Setting.METASTATIC if Setting.METASTATIC in found else Setting.EARLY if found else None


def _pattern(stage: StageWords) -> re.Pattern[str]:
    """Match a group after the word "stage", a group as the whole text, or a category anywhere in a TNM formula."""
    groups = "|".join(map(re.escape, stage.groups))
    categories = "|".join(map(re.escape, stage.categories))
    return re.compile(
        rf"\b(?:stage|stadium|estadio|stade|stadio|stopien|evre|uicc|ajcc)(?:\s+group)?\s*[:=]?\s*(?:{groups})[a-c]?\d?\b"
        rf"|^\s*[cpyr]{{0,2}}(?:{groups})[a-c]?\d?\s*$"
        rf"|(?:\b[cpyr]{{0,2}}|(?<=[\dxa-c]))(?:{categories})[a-d]?\b"
    )
