"""The time and the service that a report of the workbench is asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import request

from cds_service.learning.judgements import Window
from cds_service.protocol.services import BY_ID
from cds_service.web.answers import in_force

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIGNING = "her2-order-sign"


def window_asked(choices: Sequence[int]) -> tuple[Window, int]:
    """Read the window of a page, and its days: one of the choices, else the second of them."""
    asked = request.args.get("days", "")
    days = next((each for each in choices if str(each) == asked), choices[1])
    named = request.args.get("service", "")
    service = named if named in BY_ID else _SIGNING
    return Window(in_force().clock() - timedelta(days=days), None, service), days
