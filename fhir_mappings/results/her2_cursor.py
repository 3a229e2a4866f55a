"""A position in the tokens of a HER2 text, what was found so far, and the numbers at that position."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn

from cards.values.intervals import BOUND_BY_SIGN, ENDLESS, NOTHING, Bound, Interval

if TYPE_CHECKING:
    from fhir_mappings.results.her2_token import Token

"""The comparison signs, and the bounds they mean."""


class NotUnderstoodError(Exception):
    """A part of the text is not understood; it names the part."""


Number = tuple[Decimal, Bound]


@dataclass(slots=True)
class Clauses:
    """What a text says, by subject. ``said`` is keyed by method: "ihc", "ish", or "" if none is named.

    ``bare`` are numbers of in situ hybridization without a word for what they count.
    """

    scores: set[int] = field(default_factory=set)
    said: dict[str, set[str]] = field(default_factory=lambda: {"": set(), "ihc": set(), "ish": set()})
    ratios: set[Number] = field(default_factory=set)
    copies: set[Number] = field(default_factory=set)
    chromosomes: set[Number] = field(default_factory=set)
    groups: set[int] = field(default_factory=set)
    bare: set[Number] = field(default_factory=set)
    shares: list[Interval] = field(default_factory=list)
    stains: set[str] = field(default_factory=set)
    names_receptor: bool = False
    names_ihc: bool = False
    polysomies: set[str] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said about HER2."""
        has_status = any(self.said.values())
        has_number = bool(self.ratios or self.copies or self.groups or self.bare)
        return not (self.scores or has_status or has_number or "none" in self.stains)


class Cursor:
    """A place in the tokens of a text."""

    def __init__(self, listed: list[Token]) -> None:
        """Start before the first token."""
        self.tokens = listed
        self.at = 0

    def fail(self, what: str) -> NoReturn:
        """Stop at a part that is not understood.

        Raises:
            NotUnderstoodError: always.

        """
        raise NotUnderstoodError(what)

    def peek(self, ahead: int = 1) -> str:
        """Return the kind of a token further on; empty past the end."""
        place = self.at + ahead
        return self.tokens[place].kind if 0 <= place < len(self.tokens) else ""

    def share(self) -> Interval | None:
        """Read a share of cells: "10 %", "> 10 %", "70-80 %", "> 0 and <= 10 %"."""
        here, ends, has_percent = self.at, [], False
        for _ in range(2):
            bound = Bound.EXACT
            if here < len(self.tokens) and self.tokens[here].kind == "bound":
                bound, here = BOUND_BY_SIGN[self.tokens[here].value], here + 1
            if here >= len(self.tokens) or self.tokens[here].kind != "number":
                break
            value, here = Decimal(self.tokens[here].value), here + 1
            has_percent = here < len(self.tokens) and self.tokens[here].kind == "percent"
            here += has_percent
            if here < len(self.tokens) and self.tokens[here].kind == "or-less" and bound is Bound.EXACT:
                bound, here = BOUND_BY_SIGN[self.tokens[here].value], here + 1
            ends.append((value, bound))
            if here < len(self.tokens) and self.tokens[here].kind == "dash":
                here += 1
            elif here >= len(self.tokens) or self.tokens[here].kind != "bound":
                break
        if not ends or not has_percent or any(value > 100 for value, _ in ends):  # noqa: PLR2004 - per cent
            return None
        self.at = here
        return _interval(ends)

    def is_beside_chromosome(self, here: int) -> bool:
        """Return whether a number is the first of a pair of counts: "HER2 2.3 / CEP17 1.9"."""
        before = here - 1
        while before > 0 and self.tokens[before].kind == "link":
            before -= 1
        after = here + 1
        while after < len(self.tokens) and self.tokens[after].kind in ("comma", "stop", "per-cell"):
            after += 1
        is_pair = before >= 0 and self.tokens[before].kind == "name" and after < len(self.tokens)
        if not is_pair or self.tokens[after].kind != "chromosome":
            return False
        after += 1
        while after < len(self.tokens) and self.tokens[after].kind == "link":
            after += 1
        return after < len(self.tokens) and self.tokens[after].kind == "number"

    def precedes_share(self) -> bool:
        """Return whether a share of cells follows behind a comma: "IHC 0, staining in 5 %"."""
        here = self.at
        self.at += 2
        share = self.share()
        self.at = here
        return share is not None


def _interval(ends: list[Number]) -> Interval:
    """Return the range of shares within one or two limits."""
    (first, bound), *more = ends
    if not more:
        found = Interval.of(first, bound)
        return found if found.high != ENDLESS else found._replace(high=Decimal(100), high_open=False)
    second, upper = more[0]
    low_open = bound is Bound.ABOVE
    if bound in (Bound.BELOW, Bound.AT_MOST) or upper in (Bound.ABOVE, Bound.AT_LEAST) or second < first:
        raise NotUnderstoodError(str(second))
    return Interval(max(first, NOTHING), second, low_open, upper is Bound.BELOW)
