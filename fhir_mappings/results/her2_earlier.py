"""Leaves out of a HER2 text what it says of an earlier specimen, where it says which result is the current one.

"Prior specimen: HER2 1+. Current: HER2 3+", "3+ (prior biopsy 1+)". Without such a word, and without a bracket, the
text counts as not understood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fhir_mappings.results.her2_token import Token

_BEFORE = frozenset({"stop", "open"})
_RESULTS = frozenset({"score", "says"})


def without_earlier(tokens: list[Token]) -> list[Token]:
    """Return the tokens without what is said of an earlier specimen; a word for the current one ends a sentence."""
    if not any(token.kind in ("earlier", "current") for token in tokens):
        return tokens
    kept: list[Token] = []
    has_current = any(token.kind == "current" for token in tokens)
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "earlier" and (end := _end(tokens, at, has_current=has_current)) is not None:
            at = end
            continue
        kept.append(token._replace(kind="stop") if token.kind == "current" else token)
        at += 1
    return kept


def _end(tokens: list[Token], at: int, *, has_current: bool) -> int | None:
    """Return where what is said of an earlier specimen ends; ``None`` if that is not clear, or a word is not known."""
    before = tokens[at - 1].kind if at else "stop"
    if before not in _BEFORE:
        return None
    ends = {"close"} if before == "open" else {"current"}
    end = next((place for place in range(at, len(tokens)) if tokens[place].kind in ends), None)
    if before == "stop":
        end = (end if end is not None else len(tokens)) if has_current else None
    if end is None or any(token.kind == "unknown" for token in tokens[at:end]):
        return None
    # "3+ (prior biopsy)" is the score of that biopsy, and so may be "prior biopsy now 3+".
    told = _RESULTS if before == "open" else _RESULTS | {"stop", "comma"}
    is_told = any(token.kind in told or token.written == "0" for token in tokens[at:end])
    return end if is_told or end == len(tokens) else None
