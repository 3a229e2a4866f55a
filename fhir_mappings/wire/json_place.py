"""Where JSON breaks off, in words for the engineer who sent it: by line and column, never by its content."""

from __future__ import annotations

import re

_BYTE = re.compile(r"(?:JSON is malformed: )?(?P<what>[a-zA-Z0-9 ,'`-]{1,80}) \(byte (?P<byte>\d{1,12})\)")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def json_problem(body: bytes, error: Exception) -> str:
    """Say why a body is not valid JSON, and where; ``error`` is what decoding it raised.

    Columns count characters from 1, as editors do.
    """
    if not body.strip():
        return "the body is empty"
    if body.startswith(_BYTE_ORDER_MARK):
        return "the body is not valid JSON: it begins with a byte order mark"
    if isinstance(error, UnicodeDecodeError):
        return f"the body is not UTF-8 text: {_place(body, error.start)}"
    found = _BYTE.fullmatch(str(error))
    if found is not None:
        return f"the body is not valid JSON: {found['what']} at {_place(body, int(found['byte']))}"
    if "truncated" in str(error):
        return f"the body is not valid JSON: it ends too early, at {_place(body, len(body))}"
    return "the body is not valid JSON"


def _place(body: bytes, position: int) -> str:
    *above, last = body[:position].split(b"\n")
    return f"line {len(above) + 1}, column {len(last.decode('utf-8', 'replace')) + 1}"
