"""Limits the nesting of JSON before it is decoded.

A recursive decoder crashes the whole process if the thread's stack is exhausted before its own limit, as on Python
3.13. No FHIR resource is nested nearly as deeply as the limit.
"""

from __future__ import annotations

import re

DEPTH_LIMIT = 100
"""The most objects and arrays that may be nested in one another."""
# Opening and closing brackets alternate, so that an ordinary piece opens fewer than the limit.
_PIECE = DEPTH_LIMIT + DEPTH_LIMIT // 2
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
    marks = raw.translate(_AS_ONE, _WITHOUT_MEANING)
    return not _is_shallow(marks) and _is_too_deep(marks)


def _is_shallow(marks: bytes) -> bool:
    """Return whether the brackets are quickly seen to stay within the limit, as in ordinary requests."""
    # The two brackets of a pair are both inside a string ("[IU]/L"), or both outside: then it is one level.
    marks = marks.replace(b"{}", b"")
    brackets = marks.translate(None, b'"')
    if 2 * marks.count(b'""') != len(marks) - len(brackets):
        # An odd number of quotation marks stands next to a bracket, which may be inside a string.
        return False
    depth = 1
    for begin in range(0, len(brackets), _PIECE):
        opened = brackets.count(b"{", begin, begin + _PIECE)
        if depth + opened > DEPTH_LIMIT:
            return False
        depth += 2 * opened - _PIECE
    return True


def _is_too_deep(marks: bytes) -> bool:
    """Remove the innermost pairs level by level, and return whether there are more levels than the limit."""
    # Every second part is the inside of a string.
    brackets = b"".join(marks.replace(b'""', b"").split(b'"')[::2])
    for levels in range(DEPTH_LIMIT + 1):
        inner = brackets.replace(b"{}", b"")
        if len(inner) == len(brackets):
            return levels + brackets.count(b"{") > DEPTH_LIMIT
        brackets = inner
    return True
