"""Limits the nesting of JSON before it is decoded.

A recursive decoder crashes the whole process if the thread's stack is exhausted before its own limit, as on Python
3.13. No FHIR resource is nested nearly as deeply as the limit.
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

    Only brackets outside strings count; the innermost pairs are removed level by level. Invalid JSON is judged by the
    part that a decoder would read; mismatched or unclosed brackets are left for the decoder to refuse.
    """
    if b"\\" in raw:
        # An escaped quotation mark does not end a string. A backslash outside a string ends the decoding, whatever
        # follows.
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
