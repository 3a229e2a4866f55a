"""The options that say which decisions a report is about."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import click

from cds_service.commands.options import moment
from cds_service.commands.record import utc
from cds_service.learning.judgements import Window, services_on_record
from cds_service.protocol.services import BY_ID

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Engine

_ALL = "all"
_OPTIONS = (
    click.option("--from", "begin", type=moment, help="From this moment on (UTC)."),
    click.option("--to", "end", type=moment, help="Before this moment (UTC)."),
    click.option(
        "--service",
        type=click.Choice([*BY_ID, _ALL]),
        default="her2-order-sign",
        show_default=True,
        help="The service whose decisions count; at selection one order may be judged many times.",
    ),
)


def window_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a window; it gets them as one ``window``."""

    @functools.wraps(command)
    def with_window(*, begin: datetime | None, end: datetime | None, service: str, **others: Any) -> None:
        command(window=Window(utc(begin), utc(end), None if service == _ALL else service), **others)

    wrapped: Callable[..., None] = with_window
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def nothing_on_record(engine: Engine, window: Window) -> str:
    """Say that there is nothing to report, and where there would be something."""
    there_is = ", ".join(f"{count} of {name}" for name, count in services_on_record(engine).items()) or "none"
    return f"no decisions of {window.service or 'any service'} to report on (on record: {there_is}; see --service)"
