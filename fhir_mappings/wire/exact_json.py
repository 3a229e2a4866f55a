"""Reads and writes JSON with exact numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from fhir_mappings.wire.depth import is_too_deep

if TYPE_CHECKING:
    from collections.abc import Callable

_exact = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class Unreadable(ValueError):  # noqa: N818 - it is a state of the input, not a fault of ours
    """The bytes are not readable JSON."""


def decode(raw: bytes | msgspec.Raw) -> Any:
    """Read JSON with exact decimal numbers.

    Raises:
        Unreadable: the text is not JSON, or has a number that is too large.

    """
    try:
        return _exact.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, ArithmeticError) as error:
        raise Unreadable(type(error).__name__) from error


def decode_sent(raw: bytes) -> Any:
    """Read untrusted JSON, checking its depth first, with exact decimal numbers.

    Raises:
        Unreadable: as ``decode`` says.

    """
    if is_too_deep(raw):
        raise Unreadable("nested too deep")
    return decode(raw)


encode: Callable[[Any], bytes] = _encoder.encode
"""Writes JSON; an exact number keeps its digits."""
