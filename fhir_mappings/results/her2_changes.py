"""Reads what a report says of an amplification or overexpression in a phrase: "no evidence of HER2 gene amplification".

The words of presence or absence stand before it or end the phrase, the receptor's name before or after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.results.her2_token import CHANGE

if TYPE_CHECKING:
    from fhir_mappings.results.her2_token import Token

_SAID = {
    ("no", "ish"): "not-amplified",
    ("some", "ish"): "amplified",
    ("no", "ihc"): "negative",
    ("some", "ihc"): "positive",
}
_ANSWERS = {"detected": "amplified", "not-detected": "not-amplified", "not-there": "not-amplified"}
_DENIALS = frozenset({"not-detected", "not-there"})


def with_changes(tokens: list[Token]) -> list[Token]:
    """Return the tokens with each such phrase as one status, behind the names in it."""
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        part, at = _phrase(tokens, at) or ([tokens[at]], at + 1)
        found += part
    return found


def _phrase(tokens: list[Token], at: int) -> tuple[list[Token], int] | None:
    change = _past_names(tokens, at + 1) if tokens[at].kind in ("no", "some") else at
    if change >= len(tokens) or tokens[change].value != CHANGE:
        return None
    end = _past_names(tokens, change + 1)
    answer = str(tokens[end].value) if end < len(tokens) and tokens[end].kind == "says" else ""
    said: str | None
    if change == at:
        said = _ANSWERS.get(answer) if tokens[at].kind == "ish" else None
    else:
        # "No amplification not seen" denies twice.
        said = _SAID[tokens[at].kind, tokens[change].kind] if answer not in _DENIALS else None
    if said is None:
        return None
    names = [each for each in tokens[at:end] if each.kind == "name"]
    return [*names, tokens[change]._replace(kind="says", value=said)], end + (answer in _ANSWERS)


def _past_names(tokens: list[Token], at: int) -> int:
    while at < len(tokens) and tokens[at].kind == "name":
        at += 1
    return at
