"""Describes where JSON is invalid, for the engineer who sent it: by line and column, never by content."""

from __future__ import annotations

import re
from codecs import BOM_UTF8

import msgspec

from fhir_mappings.wire.depth import is_too_deep

_BYTE = re.compile(r"(?:JSON is malformed: )?(?P<what>[^()]{1,80}) \(byte (?P<byte>\d{1,12})\)")


def json_problem(body: bytes) -> str:
    """Return why a body is not valid JSON, and where. Columns count characters from 1, as in editors."""
    if not body.strip():
        return "the body is empty"
    if body.startswith(BOM_UTF8):
        return "the body is not valid JSON: it begins with a byte order mark"
    if is_too_deep(body):
        return "the body is nested too deeply to be read"
    try:
        body.decode()
        # The decoder that failed may have skipped a part, and counted from there.
        msgspec.json.decode(body)
    except UnicodeDecodeError as error:
        return f"the body is not UTF-8 text: {_place(body, error.start)}"
    except msgspec.DecodeError as error:
        return f"the body is not valid JSON: {_where(body, str(error))}"
    return "the body is not valid JSON"


def _where(body: bytes, said: str) -> str:
    found = _BYTE.fullmatch(said)
    if found is not None:
        return f"{found['what']} at {_place(body, int(found['byte']))}"
    return f"it ends too early, at {_place(body, len(body))}"


def _place(body: bytes, position: int) -> str:
    *above, last = body[:position].split(b"\n")
    return f"line {len(above) + 1}, column {len(last.decode('utf-8', 'replace')) + 1}"
