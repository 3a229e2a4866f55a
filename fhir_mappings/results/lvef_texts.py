"""Reads an ejection fraction from text: one number, range or limit, with every word accounted for.

Texts with two results, the other ventricle, fractional shortening or a value from another day are not read.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cards.values.intervals import BOUND_BY_SIGN, ENDLESS, Bound, Interval
from fhir_mappings.results import echo_words as echo
from fhir_mappings.results import lvef_words as words
from fhir_mappings.results.own_dates import MONTHS
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.phrases import Phrases, Word, is_plain, words_of

if TYPE_CHECKING:
    from cards.knowledge.schema import LvefInWords

LONGEST = 400
"""A longer text is a report, not a value."""
_CUT = re.compile(r"\d ?%? ?[-\u2010-\u2015]\s{0,3}$")
"""A range whose end is missing: "55-"."""
_NORMAL = frozenset({"normal", "normaal", "nl"})
_THINGS = frozenset(
    {
        *("size", "normal size", "normal lv size", "volume", "volumes", "sinus rhythm", "heart", "contractility"),
        *("performance", "study", "scan", "exam", "examination", "lv volume"),
    }
)
_HUNDRED = Decimal(100)
_SPLITS = frozenset({"stop", "comma", "open", "close"})
_LONG = len("mrt")
"""The letters of abbreviated months, some of which are other words: "MRT", "may"."""
_NOT_OF_NOW = frozenset({"prior", "legend", "other", "unit", "bound", "after", "compares", "plus-minus"})
# A date is most often that of an earlier study, and a condition says what would follow.
_OF_ANOTHER_DAY = re.compile(
    r"\b(?:19|20)\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b"
    rf"|\b(?:{'|'.join(each for each in MONTHS if len(each) > _LONG)})\b"
    r"|^(?:if|when|wenn|falls|sofern|bei(?! (?:nach|kontroll|erneut|wiederhol))|si|en caso|se|als"
    r"|indien|jesli|om|hvis|jos|pokud|daca)\b"
    r"|\b(?:from|statt|instead of|anstelle von|au lieu de|en lugar de|invece di|em vez de|in plaats van|zamiast) \d"
    r"|\b(?:if|unless|wenn|falls|sofern|indien|jesli|hvis|hold|stop|until|bis|hasta|fino a)\b"
)
_PHRASES = Phrases(
    (
        ("ignored", None, echo.NORMAL_VENTRICLE),
        *(("ignored", None, group) for group in words.IGNORED.values()),
        *(("describes", named, listed) for named, listed in words.DESCRIBES.items()),
        *(("bound", BOUND_BY_SIGN[sign], listed) for sign, listed in words.BOUNDS.items()),
        *(("after", BOUND_BY_SIGN[sign], listed) for sign, listed in words.AFTER.items()),
        ("between", None, words.BETWEEN),
        ("and", None, words.AND),
        ("dash", None, words.DASHES),
        ("plus-minus", None, words.PLUS_MINUS),
        ("percent", None, words.PERCENT),
        ("unit", None, words.OTHER_UNITS),
        ("compares", None, words.COMPARES),
        ("legend", None, words.LEGEND),
        ("other", None, words.OTHERS),
        ("prior", None, words.PRIOR),
        ("name", None, words.NAMES),
    )
)
_DEGREES, _FINDINGS = Phrases((("degree", None, echo.DEGREES),)), Phrases((("finding", None, echo.FINDINGS),))
_CHAMBERS = Phrases((("chamber", None, echo.NORMAL_CHAMBERS),))
_SYMBOLS = {
    **dict.fromkeys(".;|", "stop"),
    **dict.fromkeys(",、", "comma"),
    ":": "link",
    "=": "link",
    "/": "unknown",
    **dict.fromkeys("([", "open"),
    **dict.fromkeys(")]", "close"),
    '"': "ignored",
}


class LvefStated(msgspec.Struct, frozen=True):
    """An ejection fraction in a text; for a range, ``value`` is the lower end and ``upper`` the other."""

    value: Decimal
    bound: Bound
    upper: Decimal | None
    in_percent: bool


class LvefNotRead(msgspec.Struct, frozen=True):
    """A text that is not understood, with the part responsible."""

    rest: str


class _Token(NamedTuple):
    kind: str
    meaning: object
    written: str


class _NotUnderstoodError(Exception):
    """A part of the text is not understood."""


class _Group(NamedTuple):
    """A number, range or limit; whether a word for "normal" precedes it, and whether it alone fills a bracket."""

    stated: LvefStated
    of_normal: bool
    is_bracket: bool


def read_lvef_text(written: str, known: LvefInWords) -> LvefStated | LvefNotRead:
    """Read an ejection fraction from text."""
    if len(written) > LONGEST or _CUT.search(written):
        return LvefNotRead(written[-40:])
    try:
        return _Parser(_tokens(words_of(written)), known).stated()
    except _NotUnderstoodError as error:
        return LvefNotRead(str(error)[:40])


def is_called_reduced(written: str) -> bool:
    """Return whether a text without a number calls the ejection fraction reduced, with every word accounted for."""
    return bool(descriptions_in(written) - {"normal"})


def descriptions_in(written: str) -> set[str]:
    """Return what a text without a number calls the ejection fraction; empty unless every word is accounted for."""
    if len(written) > LONGEST:
        return set()
    listed = _tokens(words_of(written))
    if any(token.kind in ("unknown", "number", "other") for token in listed):
        return set()
    return {str(token.meaning) for token in listed if token.kind == "describes"}


def named_descriptions_in(written: str) -> set[str]:
    """Return what a sentence that is not understood calls the ejection fraction; empty beside other measurements."""
    listed = _tokens(words_of(written[:LONGEST]))
    if (_NOT_OF_NOW | {"number"}) & {token.kind for token in listed}:
        return set()
    return {str(token.meaning) for token in listed if token.kind == "describes"}


def fractions_in(written: str) -> list[Decimal]:
    """List the percentages of a text that is not understood; none if it names another study, limit or measurement."""
    listed = _tokens(words_of(written[:LONGEST]))
    if _NOT_OF_NOW & {token.kind for token in listed} or _OF_ANOTHER_DAY.search(fold(written)):
        return []
    found: list[Decimal] = []
    for at, token in enumerate(listed):
        behind = [each.kind for each in listed[at + 1 : at + 4]]
        is_share = behind[:1] == ["percent"] or behind == ["dash", "number", "percent"]
        # "%38".
        is_share = is_share or (at > 0 and listed[at - 1].kind == "percent" and behind[:1] != ["percent"])
        if token.kind == "number" and is_share:
            found.append(Decimal(token.written))
    return found


def _tokens(listed: list[Word]) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(listed):
        degree = _DEGREES.longest(listed, at)
        if degree is not None and (finding := _FINDINGS.longest(listed, degree[1])) is not None:
            at = finding[1]
            continue
        chamber = _CHAMBERS.longest(listed, at)
        if chamber is not None and not _has_value(listed, chamber[1]):
            at = chamber[1]
            continue
        phrase = _PHRASES.longest(listed, at)
        word = listed[at].text
        if phrase is not None:
            (kind, meaning), end = phrase
            # "Decreased by 20 %" is a difference, "by 3D 60 %" a method.
            is_difference = word == "by" and end == at + 1 and _is_number(listed, end)
            kind = "unknown" if is_difference else kind
            found.append(_Token(kind, meaning, " ".join(each.text for each in listed[at:end])))
            at = end
            continue
        if word[0].isdecimal():
            is_number = is_plain(listed, at)
            found.append(_Token("number" if is_number else "unknown", Decimal(word) if is_number else None, word))
        else:
            found.append(_Token(_SYMBOLS.get(word, "unknown"), None, word))
        at += 1
    read = [each._replace(kind="unknown") if _is_of_thing(found, at) else each for at, each in enumerate(found)]
    return [token for token in read if token.kind != "ignored"]


def _is_of_thing(found: list[_Token], at: int) -> bool:
    """Return whether a number without a per cent sign is of the word before it: "LV size 45", "sinus rhythm 72"."""
    if found[at].kind != "number" or at == 0 or found[at - 1].written not in _THINGS:
        return False
    return at + 1 == len(found) or found[at + 1].kind != "percent"


def _has_value(listed: list[Word], at: int) -> bool:
    """Return whether a number stands here, or what leads to one."""
    while at < len(listed) and _SYMBOLS.get(listed[at].text) in ("comma", "link", "open"):
        at += 1
    return at < len(listed) and listed[at].text[0].isdecimal()


def _is_number(listed: list[Word], at: int) -> bool:
    return at < len(listed) and listed[at].text[0].isdecimal() and _PHRASES.longest(listed, at) is None


class _Parser:
    """Processes the tokens once; if a token is not consumed, the text is not understood."""

    def __init__(self, listed: list[_Token], known: LvefInWords) -> None:
        self.tokens = listed
        self.known = known
        # The percentages that each description allows; a range only has to overlap.
        self.fitting = {"normal": known.normal, "reduced": known.reduced, "severe": known.severe}
        self.at = 0
        self.groups: list[_Group] = []
        self.described: set[str] = set()
        self.opened: int | None = None
        self.legend = False
        self.says_normal = False
        self.is_without_limit = False
        """Whether a word such as "expected" has not met its number."""
        self.may_be_fall = False
        """Whether a comparison touches the number, which is then a difference if it is small."""

    def peek(self, ahead: int = 0) -> str:
        """Return the kind of a token further on; empty past the end."""
        place = self.at + ahead
        return self.tokens[place].kind if place < len(self.tokens) else ""

    def _before(self) -> str:
        return self.tokens[self.at - 1].kind if self.at else ""

    def stated(self) -> LvefStated:
        """Read the one value of the text."""
        while self.at < len(self.tokens):
            self._take(self.tokens[self.at])
        return self._the_one()

    def _take(self, token: _Token) -> None:
        kind = token.kind
        if kind in ("number", "bound", "between"):
            self._group()
        elif kind == "other":
            self._skip_other()
        elif kind == "prior":
            self._skip_prior(token)
        elif kind == "legend":
            self.legend = True
            self.says_normal = self.says_normal or (token.written == "normal" and self.peek(1) != "link")
            self.is_without_limit = self.is_without_limit or token.written not in _NORMAL
            self.at += 1
        elif kind == "describes":
            self.described.add(str(token.meaning))
            self.at += 1
        elif kind in _SPLITS:
            # A word for "normal" applies to one number only, possibly in a bracket right after it.
            self.legend = kind == "open" and self.legend and self.at > 0 and self.tokens[self.at - 1].kind == "legend"
            self.opened = {"open": self.at, "close": None}.get(kind, self.opened)
            self.at += 1
        elif kind == "compares":
            self.may_be_fall = self.may_be_fall or self._before() in ("number", "percent")
            self.at += 1
        elif kind in ("link", "name") or self._is_filler(token):
            self.at += 1
        else:
            raise _NotUnderstoodError(token.written)

    def _is_filler(self, token: _Token) -> bool:
        """Return whether a word that can join numbers does not do so here."""
        joins = self.peek(1) in ("number", "bound")
        if token.kind == "and":
            return not joins
        if token.kind == "dash":
            return (not joins and token.written in ("-", "a", "do")) or self._stands_apart(token)
        return token.kind == "percent" and not self.groups and self.peek(1) in ("name", "link", "number", "close")

    def _stands_apart(self, token: _Token) -> bool:
        """Return whether a dash only joins a name and its value: "LVEF - 55 %"."""
        return token.written in ("-", "a") and self._before() in (
            "name",
            "describes",
            "close",
            "legend",
            "stop",
            "comma",
        )

    def _skip_other(self) -> None:
        """Skip another measurement and the number that must follow it."""
        self.at += 1
        while self.peek() in ("link", "open"):
            self.at += 1
        if self.peek() == "dash" and self.peek(1) == "number":
            # Cardiac strain is negative.
            self.at += 1
        self._group(keep=False)
        if self.peek() == "unit":
            self.at += 1
        if self.peek() == "close" and self.opened is None:
            self.at += 1

    def _skip_prior(self, token: _Token) -> None:
        """Skip an earlier value in a bracket behind the present one, "57 % (prior 59 %)", unless it was much higher."""
        if self._before() != "open" or not self.groups:
            raise _NotUnderstoodError(token.written)
        self.at += 1
        while self.peek() in ("link", "name"):
            self.at += 1
        low, bound, _ = self._end()
        now = self.groups[-1].stated
        is_known = bound is Bound.EXACT is now.bound and now.upper is None and self.peek() == "close"
        if not is_known or low - now.value >= self.known.told_from:
            raise _NotUnderstoodError(token.written)

    def _group(self, *, keep: bool = True) -> None:
        start = self.at
        is_after_fall = self._before() == "describes" and self.tokens[self.at - 1].meaning == "reduced"
        self.may_be_fall = self.may_be_fall or (keep and is_after_fall)
        is_between = self.peek() == "between"
        self.at += is_between
        low, bound, has_percent = self._end()
        upper: Decimal | None = None
        joins = self.peek() == "dash" or (is_between and self.peek() == "and")
        if self.peek() == "plus-minus" and bound is Bound.EXACT and not is_between:
            self.at += 1
            margin, margin_bound, second_percent = self._end()
            if margin_bound is not Bound.EXACT or margin > low:
                raise _NotUnderstoodError("a margin")
            low, upper, has_percent = low - margin, low + margin, has_percent or second_percent
        elif joins and self.peek(1) in ("number", "bound"):
            self.at += 1
            upper, upper_bound, second_percent = self._end()
            has_percent = has_percent or second_percent
            if upper_bound is not Bound.EXACT or bound is not Bound.EXACT:
                raise _NotUnderstoodError("a limit of a range")
        elif is_between:
            raise _NotUnderstoodError("between")
        if not keep:
            return
        if self.peek() == "unit":
            raise _NotUnderstoodError(self.tokens[self.at].written)
        stated = LvefStated(low, bound, upper, has_percent)
        alone = self.opened == start - 1 and self.peek() == "close"
        self.groups.append(_Group(stated, self.legend, alone))
        self.is_without_limit = self.is_without_limit and not self.legend
        self.legend = False

    def _end(self) -> tuple[Decimal, Bound, bool]:
        """Read one number with its limit and its per cent sign."""
        bound = Bound.EXACT
        if self.peek() == "bound":
            meaning = self.tokens[self.at].meaning
            bound = meaning if isinstance(meaning, Bound) else bound
            self.at += 1
            if self.peek() == "percent":
                self.at += 1
        if self.peek() != "number":
            raise _NotUnderstoodError("a limit without a number")
        value = Decimal(self.tokens[self.at].written)
        self.at += 1
        has_percent = self.peek() == "percent"
        self.at += has_percent
        if self.peek() == "after" and bound is Bound.EXACT:
            meaning = self.tokens[self.at].meaning
            bound = meaning if isinstance(meaning, Bound) else bound
            self.at += 1
        return value, bound, has_percent

    def _the_one(self) -> LvefStated:
        if self.is_without_limit and len(self.groups) == 1:
            raise _NotUnderstoodError("a limit without a number")
        if any(group.stated.value > _HUNDRED for group in self.groups):
            raise _NotUnderstoodError("above 100")
        values = [group for group in self.groups if not group.of_normal]
        limits = [group for group in self.groups if group.of_normal]
        # "62 % >= 55 %", "60 % (55-70)": a limit or range after an exact value is the reference range.
        while len(values) > 1 and _is_limit(values[0], values[-1], self.known.normal.lowest):
            limits.append(values.pop())
        if self.says_normal and not limits:
            self.described.add("normal")
        # "LVEF normal 60-65 %": the word describes the value. A limit or a wide range is that of normal.
        if not values and len(limits) == 1 and self.says_normal and self._is_narrow(limits[0].stated):
            values = limits
            self.described.add("normal")
        # "EF normal (> 55 %)": whether that is the value or the limit of normal, the value is above it.
        if not values and len(limits) == 1 and self.says_normal and self._is_least_normal(limits[0]):
            values = limits
        # "Normal, 55-70 %" may be the range of normal.
        if self.says_normal and not limits and any(self._is_wide(group.stated) for group in values):
            raise _NotUnderstoodError("normal")
        found = {group.stated for group in values}
        if len(found) != 1:
            raise _NotUnderstoodError("no value" if not found else "more than one value")
        stated = found.pop()
        self._check(stated)
        return stated

    def _check(self, stated: LvefStated) -> None:
        """Refuse an impossible ejection fraction, or one that contradicts its description."""
        low, high = stated.value, stated.upper if stated.upper is not None else stated.value
        as_share = not stated.in_percent and high <= 1
        scale = _HUNDRED if as_share else Decimal(1)
        low, high = low * scale, high * scale
        is_fall = self.may_be_fall and high <= self.known.widest
        if high > _HUNDRED or high < low or high - low > self.known.widest or is_fall:
            raise _NotUnderstoodError(f"{low}-{high}")
        interval = Interval.of(low, stated.bound) if stated.upper is None else Interval(low, high)
        top = _HUNDRED if interval.high == ENDLESS else interval.high
        fitting = [self.fitting[each] for each in self.described]
        if any(top < each.lowest or interval.low > each.highest for each in fitting):
            raise _NotUnderstoodError(" ".join(sorted(self.described)))

    def _is_least_normal(self, group: _Group) -> bool:
        """Return whether a bracket holds a lower limit of normal."""
        stated = group.stated
        is_at_least = stated.bound in (Bound.ABOVE, Bound.AT_LEAST)
        return group.is_bracket and is_at_least and stated.in_percent and stated.value >= self.known.normal.lowest

    def _is_narrow(self, stated: LvefStated) -> bool:
        """Return whether a number may be the value described as "normal"."""
        return stated.bound is Bound.EXACT and not self._is_wide(stated)

    def _is_wide(self, stated: LvefStated) -> bool:
        """Return whether a range is as wide as that of normal."""
        return stated.upper is not None and stated.upper - stated.value > self.known.narrow


def _is_limit(value: _Group, other: _Group, least_normal: Decimal) -> bool:
    """Return whether a number after an exact value is a limit or range of normal, rather than a second result."""
    is_exact = value.stated.bound is Bound.EXACT and value.stated.upper is None
    # "60 > 35" may be a fall; no lower limit of normal is that low.
    share = _HUNDRED if other.stated.value <= 1 else Decimal(1)
    is_at_least = other.stated.bound in (Bound.ABOVE, Bound.AT_LEAST) and other.stated.value * share >= least_normal
    return is_exact and (is_at_least or (other.is_bracket and other.stated.upper is not None))
