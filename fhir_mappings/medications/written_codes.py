"""Codes written in the text of a drug: "J9354", "RxNorm 1371041", "NDC 50242-088-01"."""

from __future__ import annotations

import re
from typing import NamedTuple

from cards.values.text_cache import cached_by_text
from cards.values.texts import bounded

_BOUNDS = r"(?<![^\W_]){}(?![^\W_])"
_HCPCS = re.compile(_BOUNDS.format(r"(?:J[\s-]?\d|Q5|C9)\d{3}(?:-?[A-Z]{2})?"))
_ATC = re.compile(_BOUNDS.format(r"[A-V]\d{2}[A-Z]{2}\d{2}"))
_RXNORM = re.compile(r"RX[\s_-]?(?:NORM|CUI)(?:[\s_-]?(?:CUI|CODE|ID))?\W{0,5}(\d{2,8})(?!\d)")
_SNOMED = re.compile(r"(?:SNOMED(?:[\s_-]?CT)?|SCT(?:ID)?)(?:[\s_-]?(?:CODE|ID))?\W{0,5}(\d{6,18})(?!\d)")
_NDC = re.compile(r"NDC(?:-?1[01])?\W{0,5}((?:N4)?\d[\d-]{8,13})(?![\d-])")
_NDC_BY_SHAPE = re.compile(_BOUNDS.format(r"(?<!-)(?:\d{5}-\d{4}-\d{1,2}|\d{5}-\d{3}-\d{2}|\d{4}-\d{4}-\d{2})(?!-)"))


class CodesInText(NamedTuple):
    """The codes in a text: clinical ones with their system, billing codes as written, and drug codes of packages."""

    clinical: tuple[tuple[str, str], ...] = ()
    hcpcs: tuple[str, ...] = ()
    ndcs: tuple[str, ...] = ()


_NONE = CodesInText()


@cached_by_text
def codes_in_text(written: str) -> CodesInText:
    """Find the codes in a text; a bare number never counts as one."""
    text = bounded(written).upper()
    if not any(each.isdecimal() for each in text):
        return _NONE
    clinical = [("rxnorm", code) for code in _RXNORM.findall(text)]
    clinical += [("snomed", code) for code in _SNOMED.findall(text)]
    clinical += [("atc", code) for code in _ATC.findall(text)]
    ndcs = dict.fromkeys((*_NDC.findall(text), *_NDC_BY_SHAPE.findall(text)))
    return CodesInText(tuple(clinical), tuple(_HCPCS.findall(text)), tuple(ndcs))
