"""JSON with only one possible reading: no duplicate names, no NaN, no Infinity.

Parsers disagree about a token with a duplicate name, which an attacker could exploit (RFC 8725, 2.4).
"""

from __future__ import annotations

import json
from typing import Any

from fhir_mappings.wire.depth import is_too_deep


def read_object(raw: bytes) -> dict[str, Any]:
    """Read a JSON object in UTF-8.

    Raises:
        ValueError: it is not JSON, or can be read in more than one way.

    """
    if is_too_deep(raw):
        raise ValueError("nested too deep")
    value = json.loads(raw.decode(), object_pairs_hook=_object, parse_constant=_constant)
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004 - the caller asks for one kind of error
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
