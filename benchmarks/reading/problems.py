"""Reads the words of a diagnosis as those of a Condition without a code are read."""

from __future__ import annotations

from functools import cache

from benchmarks.reading.tables import UNREADABLE
from cards.knowledge.loader import default_knowledge
from fhir_mappings.patient.problem_texts import ProblemTexts
from fhir_mappings.patient.problem_tokens import Said

NO_PROBLEM = "none"


@cache
def _reader() -> ProblemTexts:
    words = default_knowledge().terminology
    return ProblemTexts(words.problems, words.problem_words)


def read(where: str, text: str) -> str:  # noqa: ARG001 - all stand in one place
    """Return the problem, with "past" where it is over; `none` where the words name none or deny it.

    Args:
        where: where the text stands.
        text: what stands there.

    """
    found = _reader().read((text,))
    if any(said in (Said.SUSPECTED, Said.UNCLEAR) for said in found.values()):
        return UNREADABLE
    listed = [
        f"{problem} past" if said is Said.PAST else str(problem)
        for problem, said in found.items()
        if said in (Said.STATED, Said.PAST)
    ]
    return "; ".join(sorted(listed)) or NO_PROBLEM
