"""How deep JSON may be nested, checked before a decoder sees it.

A decoder that calls itself for every level ends the whole process where the stack of its thread ends before its own
limit does, as on Python 3.13. No FHIR resource is nested nearly as deep as what is let through.
"""

from __future__ import annotations

import re

DEPTH_LIMIT = 100
"""The most objects and arrays that may be nested in one another."""
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_AS_ONE = bytes.maketrans(b"[]", b"{}")
_WITHOUT_MEANING = bytes(set(range(256)) - set(b'[]{}"'))


def is_too_deep(raw: bytes) -> bool:
    """Return whether objects and arrays are nested deeper than ``DEPTH_LIMIT``, by a linear pass over UTF-8 bytes.

    Of the bytes only brackets and quotation marks count, and what stands between quotation marks does not. Then the
    innermost pairs are taken away, level by level. Invalid JSON is judged by the part of it that a decoder would
    read; a pair that does not match, or a bracket that is never closed, is left for the decoder to refuse.
    """
    if b"\\" in raw:
        # An escaped quotation mark ends no text. A backslash outside of a text ends the reading, whatever follows.
        raw = _ESCAPED.sub(b"", raw)
    brackets = raw.translate(_AS_ONE, _WITHOUT_MEANING).replace(b'""', b"")
    if b'"' in brackets:
        # Every second part is the inside of a string that holds brackets.
        brackets = b"".join(brackets.split(b'"')[::2])
    if len(brackets) <= DEPTH_LIMIT:
        return False
    for levels in range(DEPTH_LIMIT + 1):
        inner = brackets.replace(b"{}", b"")
        if len(inner) == len(brackets):
            return levels + brackets.count(b"{") > DEPTH_LIMIT
        brackets = inner
    return True
