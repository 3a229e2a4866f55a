"""Types for the codes in use, each with its pattern and, if it has one, its check digit.

A malformed code raises an error. A well-formed code need not exist.
"""

from __future__ import annotations

import re
from typing import ClassVar, Self
from unicodedata import normalize

_LONGEST = 60
"""The maximum number of characters read from a code."""


class MalformedCodeError(ValueError):
    """The text is not a code of the terminology."""

    def __init__(self, text: str, called: str) -> None:
        """Keep the text; ``called`` says what it should be."""
        super().__init__(f"{text!r} is not {called}")
        self.text = text


class _Code(str):
    """A string that matches the pattern of a code."""

    __slots__ = ()
    pattern: ClassVar[re.Pattern[str]]
    called: ClassVar[str]

    def __new__(cls, text: str) -> Self:
        """Check the pattern, and the check digit if there is one.

        Raises:
            MalformedCodeError: the text is not a well-formed code.

        """
        if not cls.pattern.fullmatch(text) or not cls.checked(text):
            raise MalformedCodeError(text, cls.called)
        return super().__new__(cls, text)

    @classmethod
    def checked(cls, text: str) -> bool:
        """Return whether the check digit is right; terminologies without one accept all."""
        del text
        return True

    @classmethod
    def of(cls, text: str) -> Self | None:
        """Return the code, or ``None`` if the text is not one."""
        try:
            return cls(text)
        except MalformedCodeError:
            return None


class LoincCode(_Code):
    """A LOINC observation code with its Mod-10 check digit (https://loinc.org/kb/users-guide)."""

    __slots__ = ()
    pattern = re.compile(r"\d{1,7}-\d")
    called = "a LOINC code (its last digit is a check digit)"

    @classmethod
    def checked(cls, text: str) -> bool:
        """Check the Mod-10 digit. Answer codes (LA…) are not of this type: theirs does not follow it."""
        body, digit = text.split("-")
        total = 0
        for position, character in enumerate(reversed(body)):
            number = int(character) * (2 if position % 2 == 0 else 1)
            total += number // 10 + number % 10
        return (10 - total % 10) % 10 == int(digit)


class LoincAnswerCode(_Code):
    """A LOINC answer code (``LA6576-8``); its check digit is not computed from the digits alone."""

    __slots__ = ()
    pattern = re.compile(r"LA\d{1,6}-\d")
    called = "a LOINC answer code, such as LA6576-8"


_VERHOEFF_MULTIPLY = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_VERHOEFF_PERMUTE = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)


class SnomedCode(_Code):
    """A SNOMED CT concept identifier with its Verhoeff check digit."""

    __slots__ = ()
    pattern = re.compile(r"[1-9]\d{5,17}")
    called = "a SNOMED CT code (its last digit is a check digit)"

    @classmethod
    def checked(cls, text: str) -> bool:
        """Check the Verhoeff digit."""
        state = 0
        for position, character in enumerate(reversed(text)):
            state = _VERHOEFF_MULTIPLY[state][_VERHOEFF_PERMUTE[position % 8][int(character)]]
        return state == 0


class RxNormCode(_Code):
    """An RxNorm concept identifier (RxCUI)."""

    __slots__ = ()
    pattern = re.compile(r"[1-9]\d{0,7}")
    called = "an RxNorm code"


class UniiCode(_Code):
    """An identifier of a substance in the FDA's list (Unique Ingredient Identifier), with its check character."""

    __slots__ = ()
    pattern = re.compile(r"[0-9A-Z]{10}")
    called = "a UNII (its last character is a check character)"

    @classmethod
    def checked(cls, text: str) -> bool:
        """Check the last character: the sum of the others, each as a digit to the base of 36."""
        return sum(int(each, 36) for each in text[:-1]) % 36 == int(text[-1], 36)


class HcpcsCode(_Code):
    """A HCPCS Level II code: a letter and four digits."""

    __slots__ = ()
    pattern = re.compile(r"[A-V]\d{4}")
    called = "a HCPCS code: a letter and four digits"


_HCPCS_AS_CLAIMED = re.compile(r"(?:HCPCS[\s:#-]{0,3})?([A-V])[\s.-]?(\d{4})((?:[\s,:;/.+_-]{0,3}[A-Z][A-Z0-9]){0,5})")
_AROUND_CODE = " \t\r\n\"'`.,;:()[]"


def hcpcs_with_modifiers(text: str) -> tuple[HcpcsCode, str] | None:
    """Read a HCPCS code with attached modifiers, as on a claim: ``J9308-JZ``, ``J9308JW``, ``J9308 JW``.

    A blank or hyphen in the code, marks around it and "HCPCS" before it are passed over. The modifiers are returned as
    written; ``None`` for a text that is not such a code.
    """
    written = text[:_LONGEST] if text.isascii() else normalize("NFKC", text[:_LONGEST])
    written = written.strip(_AROUND_CODE)
    match = _HCPCS_AS_CLAIMED.fullmatch(written.upper())
    return None if match is None else (HcpcsCode(match[1] + match[2]), written[match.end(2) :])


class AtcCode(_Code):
    """A code of the WHO Anatomical Therapeutic Chemical classification, down to the substance."""

    __slots__ = ()
    pattern = re.compile(r"[A-Z]\d{2}[A-Z]{2}\d{2}")
    called = "an ATC code of a substance, such as L01FD01"


class AtcGroup(_Code):
    """A code of the same classification at any of its levels: L, L01, L01D, L01DB or L01DB01."""

    __slots__ = ()
    pattern = re.compile(r"[A-Z](?:\d{2}(?:[A-Z](?:[A-Z](?:\d{2})?)?)?)?")
    called = "an ATC code, such as L01DB"


class Icd10Code(_Code):
    """An ICD-10 category or ICD-10-CM code, with its dot."""

    __slots__ = ()
    pattern = re.compile(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?")
    called = "an ICD-10 code"


_NDC_SEGMENTS = (5, 4, 2)
# The three ways to read ten digits: which segment lost its leading zero.
_TEN_DIGIT_SHAPES = ((4, 4, 2), (5, 3, 2), (5, 4, 1))
_LABELER_AND_PRODUCT = 2


class Ndc(_Code):
    """A National Drug Code in the 11-digit form of claims, hyphenated 5-4-2."""

    __slots__ = ()
    pattern = re.compile(r"\d{5}-\d{4}-\d{2}")
    called = "an NDC of 11 digits, such as 50242-0088-01"

    @property
    def product_part(self) -> str:
        """Labeler and product without the package: what two cartons of the same vial share."""
        return self[:10]


_LONG_LABELER, _TWELVE_DIGITS = 6, 12
_WITH_ASTERISKS = re.compile(r"\d{4,5}\*\d{3,4}\*\d{1,2}")
_BEFORE_NDC = re.compile(r"(?:urn:)?ndc(?:11|10)?[\s:#]{0,5}(?:n4)?[\s:#]{0,5}|n4[\s:#-]{0,5}", re.IGNORECASE)
# On a claim, the unit of measure and the quantity follow the number ("N450242008801ML1").
_BEHIND_NDC = re.compile(r"(?<=\d)[\s*]{0,3}(?:ml|un|me|gr|f2)\s{0,3}\d{0,10}(?:\.\d{1,4})?\Z", re.IGNORECASE)
# The number in a bar code: US drugs have the prefix 3, and a check digit at the end. In the code of a package it stands
# behind "(01)", before the last day of use and the lot.
_BAR_CODE = re.compile(r"(?:\(01\))?(?:[0-9]03|3)(\d{10})\d(?:\(\d{2,4}\)[^()]{1,20}){0,4}")


def ndc_readings(text: str) -> tuple[str, ...]:
    """List every 11-digit NDC, or 9-digit labeler and product, that a written NDC may mean.

    Hyphenated forms have one reading. Ten digits without hyphens have three: match them against known products, never
    guess. An empty tuple means that the text is not an NDC.
    """
    cleaned = text.strip()[:_LONGEST]
    before = _BEFORE_NDC.match(cleaned)
    cleaned = _BEHIND_NDC.sub("", cleaned[before.end() if before else 0 :])
    # An asterisk stands for a zero that was left out, or between the parts.
    cleaned = cleaned.replace("*", "-" if _WITH_ASTERISKS.fullmatch(cleaned) else "0")
    if bar_code := _BAR_CODE.fullmatch(cleaned):
        cleaned = bar_code[1]
    segments = re.split(r"[-\s./\u2010-\u2015]", cleaned)
    if not all(segment.isdecimal() and segment.isascii() for segment in segments):
        return ()
    # The FDA's form of twelve digits (6-4-2), which numbers of today enter with a zero before them.
    if len(segments[0]) in (_LONG_LABELER, _TWELVE_DIGITS) and segments[0].startswith("0"):
        segments[0] = segments[0][1:]
    if len(segments) == len(_NDC_SEGMENTS):
        return _joined(segments)
    if len(segments) == _LABELER_AND_PRODUCT:
        return _joined(segments)
    if len(segments) == 1:
        digits = segments[0]
        shapes = {10: _TEN_DIGIT_SHAPES, 11: (_NDC_SEGMENTS,)}.get(len(digits), ())
        readings = (_joined((digits[:a], digits[a : a + b], digits[a + b :])) for a, b, _ in shapes)
        return tuple(reading for found in readings for reading in found)
    return ()


def _joined(segments: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Pad each segment to its 11-digit width; nothing when a segment is too long or empty."""
    padded = []
    for segment, width in zip(segments, _NDC_SEGMENTS, strict=False):
        if not segment or len(segment) > width:
            return ()
        padded.append(segment.rjust(width, "0"))
    return ("-".join(padded),)
