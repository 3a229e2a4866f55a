"""Normalizes text: lower case, no accents, plain hyphens, signs and spaces, decimal points."""

from __future__ import annotations

import re
import unicodedata

_SIGNS = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-"),
        "\u2264": "<=",
        "\u2265": ">=",
        "\u2a7d": "<=",
        "\u2a7e": ">=",
        "\u00d7": "x",
        "\u2019": "'",
        "\u00ad": "",
        **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff", ""),
        "\u0142": "l",
        "\u00f8": "o",
        "\u0131": "i",
    }
)
SENTENCES = re.compile(r"[;\n]|\.(?=\s|$)")
"""What parts the sentences of a text; a period inside a number or a name does not."""
_SWAPPED_BOUND = re.compile(r"=([<>])")
_in_number = re.compile(r"\d,\d").search
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d{1,4}),(\d{1,2})(?![\d,.]*\d)")


def fold(written: str) -> str:
    """Fold a text; the caller has already limited its length.

    A comma between at most four and at most two digits is a decimal comma.
    """
    if written.isascii():
        plain = written.casefold()
    else:
        decomposed = unicodedata.normalize("NFKD", written.translate(_SIGNS))
        plain = "".join(each for each in decomposed if not unicodedata.combining(each)).casefold().translate(_SIGNS)
    # Most texts have neither sign, and to look is cheaper than to replace nothing: a start folds 5,000 phrases.
    if "=" in plain:
        plain = _SWAPPED_BOUND.sub(r"\1=", plain)
    plain = " ".join(plain.split())
    return _DECIMAL_COMMA.sub(r"\1.\2", plain) if "," in plain and _in_number(plain) else plain
