"""Removes legends from a HER2 text: "(scale 0-3+)", "(negative below 2, positive from 2)"."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fhir_mappings.results.her2_token import Token

# The only tokens a legend may hold; with any other, the text counts as not understood.
_PARTS = frozenset(
    {"legend", "says", "score", "number", "bound", "or-less", "dash", "link", "comma", "score-word", "percent", "ratio"}
)
_SCORES = 4
_SIDES = frozenset({"positive", "amplified"}), frozenset({"negative", "not-amplified"})
_LIMITS = frozenset(map(Decimal, ("1.8", "2", "2.0", "2.2", "4", "4.0", "6", "6.0")))
"""Guideline limits for ratios and copies: a bound there explains how results are classified."""


def without_legends(tokens: list[Token]) -> list[Token]:
    """Remove explanations of how results are classified, in brackets or after a word such as "scale" or "reference"."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        end = _closing(tokens, at) if token.kind == "open" else None
        if end and (_is_legend(tokens[at + 1 : end]) or _is_range_of_negative(tokens[at + 1 : end], kept)):
            at = end + 1
            continue
        if token.kind == "legend" and (end := _after_legend(tokens, at)):
            at = end
            continue
        kept.append(token)
        at += 1
    return kept


def _closing(tokens: list[Token], at: int) -> int | None:
    for place in range(at + 1, len(tokens)):
        if tokens[place].kind == "open":
            return None
        if tokens[place].kind == "close":
            return place
    return None


def _after_legend(tokens: list[Token], at: int) -> int | None:
    """Return where a legend without brackets ends: the shortest one for a range, else the end of its sentence."""
    end = at + 1
    while end < len(tokens) and tokens[end].kind in _PARTS and tokens[end].kind != "legend":
        end += 1
    for place in range(at + 2, end + 1):
        if _is_whole_range(tokens[at + 1 : place]):
            return place
    if (over := _after_key(tokens, at)) is not None:
        return over
    if end < len(tokens) and tokens[end].kind not in ("stop", "close"):
        return None
    return end if _is_legend(tokens[at:end]) else None


def _after_key(tokens: list[Token], at: int) -> int | None:
    """Return where a key of several sentences ends: it lists each score once, the highest last, and both sides."""
    listed: list[int] = []
    for place in range(at + 1, len(tokens)):
        token = tokens[place]
        if token.kind not in _PARTS and token.kind != "stop":
            return None
        if token.kind in ("score", "number"):
            if token.value != len(listed):
                return None
            listed.append(int(token.value))
        if len(listed) == _SCORES and token.kind == "says":
            said = {each.value for each in tokens[at:place]} | {token.value}
            return place + 1 if all(said & side for side in _SIDES) else None
    return None


def _is_legend(tokens: list[Token]) -> bool:
    if not tokens or any(token.kind not in _PARTS and token.kind != "stop" for token in tokens):
        return False
    if _is_whole_range(tokens):
        return True
    said = {token.value for token in tokens if token.kind == "says"}
    numbers = [token for token in tokens if token.kind in ("number", "score")]
    named = tokens[0].kind == "legend"
    if all(said & side for side in _SIDES) and len(numbers) > 1:
        return True
    scores = {int(token.value) for token in numbers if token.kind == "score" or token.value in (0, 1, 2, 3)}
    if named and scores >= {0, 1, 2, 3}:
        return True
    # "(positive >= 2.0)", "(reference < 2.0)": one bound, at a limit of the guidelines.
    at_limit = len(numbers) == 1 and numbers[0].kind == "number" and numbers[0].value in _LIMITS
    is_bounded = any(token.kind in ("bound", "or-less") for token in tokens)
    return at_limit and (len(said) == 1 or named) and is_bounded and not any(t.kind == "ratio" for t in tokens[1:])


def _is_range_of_negative(inner: list[Token], before: list[Token]) -> bool:
    """Return whether a bracket holds the scores of a negative result, "(0-1+)", behind a higher one."""
    shown = [(token.kind == "dash", token.value) for token in inner if token.kind != "legend"]
    return shown == [(False, 0), (True, None), (False, 1)] and any(
        token.kind == "score" and token.value > 1 for token in before
    )


def _is_whole_range(tokens: list[Token]) -> bool:
    """Return whether the tokens are the range of all scores: "0-3+", "0 to 3+"."""
    shown = [token for token in tokens if token.kind not in ("legend", "link", "score-word")]
    return (
        len(shown) == 3  # noqa: PLR2004 - two ends and what joins them
        and shown[0].kind in ("number", "score")
        and shown[0].value == 0
        and shown[1].kind == "dash"
        and shown[2].kind in ("number", "score")
        and shown[2].value == 3  # noqa: PLR2004 - the highest score
    )
