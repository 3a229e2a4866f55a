"""Limits the nesting of JSON before it is decoded.

A recursive decoder crashes the whole process if the thread's stack is exhausted before its own limit, as on Python
3.13. No FHIR resource is nested nearly as deeply as the limit.
"""

from __future__ import annotations

import re

DEPTH_LIMIT = 100
"""The most objects and arrays that may be nested in one another."""
_PIECE = DEPTH_LIMIT // 2
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_AS_ONE = bytes.maketrans(b"[]", b"{}")
_WITHOUT_MEANING = bytes(set(range(256)) - set(b'[]{}"'))


def is_too_deep(raw: bytes) -> bool:
    """Return whether objects and arrays are nested deeper than ``DEPTH_LIMIT``, by a linear pass over UTF-8 bytes.

    Only brackets outside strings count. Invalid JSON is judged by the
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
    return not _stays_shallow(brackets) and _is_too_deep(brackets)


def _stays_shallow(brackets: bytes) -> bool:
    """Return whether brackets stay within half of the limit, as in every ordinary request.

    They are counted in pieces: a piece of half the limit that begins in the lower half cannot exceed the limit.
    """
    depth = 0
    for begin in range(0, len(brackets), _PIECE):
        piece = brackets[begin : begin + _PIECE]
        depth += 2 * piece.count(b"{") - len(piece)
        if depth > _PIECE:
            return False
    return True


def _is_too_deep(brackets: bytes) -> bool:
    """Remove the innermost pairs level by level, and return whether there are more levels than the limit."""
    for levels in range(DEPTH_LIMIT + 1):
        inner = brackets.replace(b"{}", b"")
        if len(inner) == len(brackets):
            return levels + brackets.count(b"{") > DEPTH_LIMIT
        brackets = inner
    return True
