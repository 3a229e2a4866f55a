"""Parses the tokens of a HER2 text: what each method found, or the part that was not understood."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cards.values.intervals import BOUND_BY_SIGN, Bound
from fhir_mappings.results.her2_cursor import Clauses, Cursor, Number
from fhir_mappings.results.her2_earlier import without_earlier
from fhir_mappings.results.her2_legends import without_legends
from fhir_mappings.results.her2_token import CHANGE, KIT, Token
from fhir_mappings.results.her2_tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Callable

_SPLITS = frozenset({"stop", "comma", "link", "dash", "open", "close"})
_OF_GENE = frozenset({"amplified", "not-amplified"})
_AFTER_BARE = frozenset({"", "stop", "comma", "open", "close", "says"})
_YEAR = len("YYYY")
"""How many digits a year has."""
_RESULTS_OF_OTHERS = frozenset({"intact", "retained", "stable", "proficient", "expressed", "wild type"})
_OF_OTHERS = frozenset(
    {
        *("stain", "percent", "of-others", "score-word", "counted", "bound", "or-less", "dash", "plus", "per-cell"),
        *("stop", "comma", "link", "open", "close", "ihc", "by", "done"),
    }
)


def clauses(written: str, *, of_ihc: bool = False, of_ish: bool = False) -> Clauses:
    """Parse a text; ``of_ihc`` and ``of_ish`` are set when the code of the result names the method.

    Raises:
        NotUnderstoodError: a part of the text is not understood.

    """
    return _Parser(without_earlier(without_legends(tokens(written))), of_ihc=of_ihc, of_ish=of_ish).parse()


class _Parser(Cursor):
    """Processes the tokens once; if a token is not consumed, the text is not understood."""

    def __init__(self, listed: list[Token], *, of_ihc: bool, of_ish: bool) -> None:
        super().__init__(listed)
        self.of_ihc, self.of_ish = of_ihc, of_ish
        self.found = Clauses(names_ihc=any(token.kind == "ihc" for token in listed))
        self.has_others = any(token.kind == "other" for token in listed)
        self.method = ""
        self.open_method = ""
        """A method that was named, without a finding so far."""
        self.about_other = False
        self.other_is_open = False
        self.name_is_open = False
        self.is_named = False
        self.last: tuple[int, str, str] | None = None
        """The newest status: the place after it, what it says, and the method it was noted under."""
        self.shared: tuple[int, str] | None = None
        """A status that a method behind it has taken: the place after that method, and what it says."""

    def parse(self) -> Clauses:
        """Parse the tokens."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if self.about_other and self._is_of_other(token):
                continue
            self._take(token)
        if self.open_method or self.other_is_open or (self.name_is_open and self.has_others):
            self.fail("nothing is said of a method or marker that is named")
        return self.found

    def _take(self, token: Token) -> None:
        taker = _TAKERS.get(token.kind)
        if taker is None:
            self.fail(token.written)
        taker(self, token)

    def _is_of_other(self, token: Token) -> bool:
        """Skip a token that belongs to another marker, and return whether it did."""
        # An amplification is never a hormone receptor's.
        if token.kind == "says" and token.value in _OF_GENE:
            return False
        is_year = token.kind == "number" and token.written.isdigit() and len(token.written) == _YEAR
        is_result = token.kind in ("says", "score", "number") or token.written in _RESULTS_OF_OTHERS
        is_result = is_result and not is_year
        is_sign = token.kind in ("plus", "dash") and self.peek(-1) == "other"
        is_result = is_result or (is_sign and self.peek() in ("", "stop", "comma", "close", "other", "name"))
        is_open = token.kind in ("pending", "not-done") and self.peek() in ("", "stop", "comma", "close", "other")
        if is_result or is_open:
            self.other_is_open = False
        elif token.kind not in _OF_OTHERS:
            return False
        self.at += 1
        return True

    # A handler for each kind of token.

    def other(self, _: Token) -> None:
        """Handle another marker: what follows belongs to it. A HER2 name or method before it needs its finding."""
        if self.name_is_open or self.open_method == "ish":
            self.fail("HER2 beside another marker")
        if self.has_unnamed_status():
            self.fail("a result before the marker that it is of")
        self.open_method = self.method = ""
        self.about_other = self.other_is_open = True
        self.at += 1

    def has_unnamed_status(self) -> bool:
        """Return whether a status came before the first HER2 name, which may belong to another marker."""
        return not self.is_named and not self.found.is_empty

    def name(self, _: Token) -> None:
        """Handle a name of HER2."""
        if self.other_is_open or (self.has_others and self.has_unnamed_status()):
            self.fail("a marker of which nothing is said")
        self.about_other = False
        self.is_named = self.name_is_open = True
        self.found.names_receptor = True
        if not self.open_method:
            self.method = ""
        self.at += 1
        # "Negative for HER2 overexpression".
        self._keep_last()

    def split(self, token: Token) -> None:
        """Handle a separator; a period ends what a method covers."""
        if token.kind == "stop" and not self.open_method:
            self.method = ""
        self.at += 1
        if token.kind == "close":
            self._keep_last()

    def _keep_last(self) -> None:
        """Let a method after a share, a stain or a bracket still belong to the status before it."""
        if self.last is not None and self.last[0] == self.at - 1:
            self.last = self.at, *self.last[1:]

    def method_named(self, token: Token) -> None:
        """Read a method: before its finding ("FISH negative"), or after it ("negative by FISH")."""
        method = token.kind
        if self.about_other:
            if self.other_is_open:
                self.fail("a marker of which nothing is said")
            self.about_other = False
        if method == "ish":
            self.is_named = True
            self.name_is_open = False
        if self.peek() == "not-done" or self._is_pending():
            self._pass_unanswered()
            if self.peek(0) in ("says", "score"):
                self.fail(token.written)
            return
        follows = self.peek()
        by = self.peek(-1) == "by"
        place = self.at - 1 if by else self.at
        if follows == "close" and place and self.tokens[place - 1].kind == "open":
            place -= 1
        at_end = follows in ("", "stop", "comma", "close", "by") or follows in ("ihc", "ish")
        if self.last and self.last[0] == place and (by or at_end) and follows != "link" and not self.open_method:
            self._belongs_to(method)
        elif self.shared and self.shared[0] == place and at_end and not self.open_method:
            # "Positive by IHC and FISH".
            self.found.said[method].add(self.shared[1])
            self.shared = self.at + 1, self.shared[1]
        elif token.value == KIT and follows in ("", "stop", "comma", "close") and not self.open_method:
            self.method = method
        elif self.open_method and self.open_method != method:
            self.fail("two methods and one result")
        else:
            self.method = self.open_method = method
        self.at += 1

    def _is_pending(self) -> bool:
        """Return whether the method is pending: "FISH pending", "awaiting FISH", "no FISH done"."""
        if self.tokens[self.at].kind != "ish":
            return False
        here = self.at + 1
        while here < len(self.tokens) and self.tokens[here].kind in ("done", "link", "open"):
            here += 1
        after = self.tokens[here].kind if here < len(self.tokens) else ""
        return after in ("pending", "not-done") or self.peek(-1) in ("pending", "no")

    def _pass_unanswered(self) -> None:
        self.at += 1
        while self.peek(0) in ("pending", "not-done", "done", "link", "open"):
            self.at += 1
        self.open_method = self.method = ""

    def _belongs_to(self, method: str) -> None:
        """Assign the status before a method to that method."""
        if self.last is None:
            return
        _, said, under = self.last
        if said not in ("score", "number"):
            self.shared = self.at + 1, said
        if said in ("score", "number"):
            if method != under:
                self.fail("a result of the other method")
        elif under != method:
            if under:
                self.fail("a status of two methods")
            self.found.said[under].discard(said)
            self.found.said[method].add(said)
        self.method = self.open_method = ""

    def says(self, token: Token) -> None:
        """Read a status."""
        said = token.value
        method = self.method
        if said in _OF_GENE:
            method, said = "ish", "positive" if said == "amplified" else "negative"
            self.is_named = True
            if self.open_method == "ihc" or self.other_is_open:
                self.fail("an amplification by IHC")
            self.about_other = False
        elif said in ("detected", "not-detected", "not-there"):
            # "Absent" alone is the answer to any question.
            is_named = any(each.kind in ("name", "ish", "ihc") for each in self.tokens)
            if not (is_named if said == "not-detected" else self._names_change()):
                self.fail(token.written)
            said = "positive" if said == "detected" else "negative"
        self._note(said, method)

    def _names_change(self) -> bool:
        """Return whether an amplification or overexpression is the finding."""
        return any(token.value == CHANGE for token in self.tokens[max(0, self.at - 3) : self.at])

    def _note(self, said: str, method: str) -> None:
        if self.has_others and not self.is_named:
            self.fail("a result before the marker that it is of")
        self.found.said[method].add(said)
        if not self.open_method or self.open_method == method:
            self.open_method = ""
        self.name_is_open = False
        self.at += 1
        self.last = self.at, said, method

    def score(self, token: Token) -> None:
        """Read an IHC score."""
        if self.has_others and not self.is_named:
            self.fail("a score before the marker that it is of")
        is_pair = self.peek() == "dash" or (self.peek() == "comma" and self.tokens[self.at + 1].written == "/")
        # "1+/2+" may be a range; "3+/3+" is the score of two blocks or of two readers.
        is_repeated = is_pair and self.peek() == "comma" and self._is_score_of(token, self.at + 2)
        if self.open_method == "ish" or (is_pair and not is_repeated and self.peek(2) in ("score", "number")):
            self.fail(token.written)
        self.found.scores.add(int(token.value))
        self.open_method = ""
        self.name_is_open = False
        self.at += 1
        self.last = self.at, "score", "ihc"

    def _is_score_of(self, number: Token, place: int) -> bool:
        other = self.tokens[place] if place < len(self.tokens) else number
        return other.kind == "score" and other.value == number.value

    def polysomy(self, token: Token) -> None:
        """Read the number of chromosomes 17; a status right beside it would be its own."""
        if self.peek(-1) == "says" and self.tokens[self.at - 1].value not in _OF_GENE:
            self.fail(token.written)
        here = self.at + 1
        while here < len(self.tokens) and self.tokens[here].kind in ("link", "chromosome"):
            here += 1
        after = self.tokens[here] if here < len(self.tokens) else None
        if after is not None and after.kind == "says" and after.value in ("detected", "not-detected"):
            here += 1
            is_present = after.value == "detected"
        elif after is not None and after.kind == "says" and after.value not in _OF_GENE:
            self.fail(token.written)
        else:
            is_present = True
        if is_present:
            self.found.polysomies.add(token.value)
        self.at = here
        self._keep_last()

    def plus(self, token: Token) -> None:
        """Read a separate sign: "HER2 +"."""
        if self.peek(-1) != "name" or self.peek() not in ("", "stop", "comma"):
            self.fail(token.written)
        self._note("positive", self.method)

    def dash(self, token: Token) -> None:
        """Read a dash: the sign of "HER2 -" at the end, else a separator."""
        if token.written == "-" and self.peek(-1) in ("name", "ish") and self.peek() in ("", "stop", "comma", "close"):
            self._note("negative", "ish" if self.peek(-1) == "ish" else self.method)
        elif token.written == "-":
            self.split(token)
        else:
            self.fail(token.written)

    def stain(self, token: Token) -> None:
        """Record the membrane staining."""
        if self.has_others and not self.is_named:
            self.fail("a stain before the marker that it is of")
        self.found.stains.add(token.value)
        if token.value == "none":
            self.name_is_open = False
            self.open_method = "" if self.open_method == "ihc" else self.open_method
        self.at += 1
        self._keep_last()

    def _take_share(self) -> bool:
        """Read a share of cells, and return whether there is one."""
        start, share = self.at, self.share()
        if share is None:
            return False
        if self.last is not None and self.last[0] == start:
            self.last = self.at, *self.last[1:]
        if self.has_others and not self.is_named:
            self.fail("a share before the marker that it is of")
        self.found.shares.append(share)
        return True

    def number(self, token: Token) -> None:
        """Read a number: a share of cells, a ratio, copies, or a score without its plus."""
        if self._take_share():
            return
        here = self.at
        bound = Bound.EXACT
        if token.kind == "bound":
            bound, here = BOUND_BY_SIGN[token.value], here + 1
        number = self.tokens[here] if here < len(self.tokens) else None
        if number is None or number.kind != "number":
            self.fail(token.written)
        follows = self.tokens[here + 1].kind if here + 1 < len(self.tokens) else ""
        if [each.kind for each in self.tokens[here + 1 : here + 4]] == ["open", "copies", "close"]:
            # "2.9 (HER2 signals/cell)".
            follows, here = "copies", here + 1
        kind = follows if follows in ("ratio", "copies", "counted") else ""
        if kind and here + 2 < len(self.tokens) and self.tokens[here + 2].kind in ("number", "bound"):
            kind = ""
        if kind == "counted" and bound is Bound.EXACT:
            self.at = here + 2
        elif kind in ("ratio", "copies"):
            self._measure(kind, (Decimal(number.value), bound), here + 2)
        elif bound is Bound.EXACT and self.is_beside_chromosome(here):
            self._measure("copies", (Decimal(number.value), bound), here + 1)
        elif bound is Bound.EXACT and self._is_score(number):
            self.score(number)
        elif self.of_ish and bound is Bound.EXACT and "." in number.written and follows in _AFTER_BARE:
            # "Ratio 1.2, HER2 2.4".
            is_count = self.peek(-1) == "name" and any(each.kind == "ratio" for each in self.tokens)
            self._measure("copies" if is_count else "bare", (Decimal(number.value), bound), here + 1)
        else:
            self.fail(number.written)

    def _is_score(self, token: Token) -> bool:
        is_list = self.peek() in ("dash", "plus", "comma", "number") and self.peek(2) in ("number", "score")
        is_list = is_list and not (self.peek() == "comma" and self.precedes_share())
        if token.written not in ("0", "1", "2", "3") or is_list:
            return False
        if token.written == "0" and not self.of_ish:
            return True
        # "Positive 3 (+++)".
        if self.peek() == "open" and self._is_score_of(token, self.at + 2):
            return True
        before = [
            each.kind
            for each in self.tokens[max(0, self.at - 3) : self.at]
            if each.kind not in ("link", "close", "open")
        ]
        if before and before[-1] in ("score-word", "ihc"):
            return True
        return (
            self.of_ihc
            and self.peek() == ""
            and (len(self.tokens) == 1 or self.peek(-1) == "link" or before == ["name"])
        )

    def measure(self, token: Token) -> None:
        """Read the number that follows the name of a ratio, of copies or of chromosome 17."""
        here = self.at + 1
        kind = token.kind
        while here < len(self.tokens) and self.tokens[here].kind in (
            *("ratio", "copies", "link", "per-cell", "open", "close", "name", "chromosome", "comma"),
        ):
            if self.tokens[here].kind == "comma" and self.tokens[here].written != "/":
                break
            if {self.tokens[here].kind, kind} == {"ratio", "copies"}:
                break
            if self.tokens[here].kind == "chromosome" and kind == "copies":
                kind = "chromosome"
            elif self.tokens[here].kind == "name" and kind == "chromosome":
                break
            here += 1
        bound = Bound.EXACT
        if here < len(self.tokens) and self.tokens[here].kind == "bound":
            bound, here = BOUND_BY_SIGN[self.tokens[here].value], here + 1
        if here >= len(self.tokens) or self.tokens[here].kind != "number":
            self.fail(token.written)
        number = self.tokens[here]
        here += 1
        while here < len(self.tokens) and self._is_unit(kind, here):
            here += 1
        if here < len(self.tokens) and self.tokens[here].kind in ("percent", "dash", "number"):
            self.fail(number.written)
        self._measure(kind, (Decimal(number.value), bound), here)

    def _is_unit(self, kind: str, here: int) -> bool:
        """Return whether a word behind a count is its unit: "6.4 signals/cell"; of another number it is the label."""
        word = self.tokens[here].kind
        if word == "per-cell" or word == kind == "copies":
            return True
        following = self.tokens[here + 1].kind if here + 1 < len(self.tokens) else ""
        return word == "copies" and kind == "chromosome" and following in ("", "stop", "comma", "close")

    def _measure(self, kind: str, value: Number, after: int) -> None:
        if self.open_method == "ihc" or (self.about_other and self.other_is_open):
            self.fail("a number of copies by IHC")
        self.about_other = False
        self.is_named = True
        self.name_is_open = False
        if kind == "ratio":
            self.found.ratios.add(value)
        elif kind == "copies":
            self.found.copies.add(value)
        elif kind == "bare":
            self.found.bare.add(value)
        else:
            self.found.chromosomes.add(value)
        self.open_method = ""
        self.at = after
        self.last = after, "number", "ish"

    def group(self, token: Token) -> None:
        """Read a group of the guideline for dual-probe ISH."""
        number = self.tokens[self.at + 1] if self.peek() == "number" else None
        if number is None or number.written not in ("1", "2", "3", "4", "5"):
            self.fail(token.written)
        self.found.groups.add(int(number.value))
        self.is_named, self.name_is_open, self.open_method = True, False, ""
        self.at += 2

    def counted(self, token: Token) -> None:
        """Skip the number of cells counted."""
        here = self.at + 1
        while here < len(self.tokens) and self.tokens[here].kind in ("link", "comma"):
            here += 1
        if here >= len(self.tokens) or self.tokens[here].kind != "number":
            self.fail(token.written)
        self.at = here + 1

    def unanswered(self, token: Token) -> None:
        """Skip "pending" and the like where the next word is the method they refer to."""
        is_before_ish = self.peek() == "ish" or (self.peek() == "by" and self.peek(2) == "ish")
        is_change = token.kind == "no" and is_before_ish and self.tokens[self.at + 1].value == CHANGE
        if not is_before_ish or is_change:
            self.fail(token.written)
        self.at += 2 if self.peek() == "by" else 1

    def by(self, token: Token) -> None:
        """Skip "by" before a method."""
        if self.peek() not in ("ihc", "ish"):
            self.fail(token.written)
        self.at += 1

    def passed(self, _: Token) -> None:
        """Skip a word without effect."""
        self.at += 1

    def score_word(self, token: Token) -> None:
        """Skip the word "score", which must come right before or after a score."""
        near = self.tokens[self.at + 1 : self.at + 7]
        ahead = [each.kind for each in near if each.kind not in ("by", "ihc", "link")][:3]
        if not (set(ahead) & {"score", "number", "says"}) and self.peek(-1) not in ("score", "number", "ihc"):
            self.fail(token.written)
        self.at += 1


_TAKERS: dict[str, Callable[[_Parser, Token], None]] = {
    "other": _Parser.other,
    "name": _Parser.name,
    "stop": _Parser.split,
    "comma": _Parser.split,
    "link": _Parser.split,
    "open": _Parser.split,
    "close": _Parser.split,
    "dash": _Parser.dash,
    "ihc": _Parser.method_named,
    "ish": _Parser.method_named,
    "says": _Parser.says,
    "score": _Parser.score,
    "plus": _Parser.plus,
    "stain": _Parser.stain,
    "number": _Parser.number,
    "bound": _Parser.number,
    "ratio": _Parser.measure,
    "copies": _Parser.measure,
    "chromosome": _Parser.measure,
    "group": _Parser.group,
    "polysomy": _Parser.polysomy,
    "counted": _Parser.counted,
    "pending": _Parser.unanswered,
    "no": _Parser.unanswered,
    "by": _Parser.by,
    "score-word": _Parser.score_word,
}
