"""``/workbench/learning``: what becomes of cards, what went silent or loud, and what clinicians wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, request, url_for

from cds_service.learning.control import PERIODS
from cds_service.learning.page import counts, sections
from cds_service.learning.report import learning_report
from cds_service.protocol.services import SERVICES
from cds_service.web.answers import in_force, store
from cds_service.workbench.access import shown
from cds_service.workbench.windows import client_choice, window_asked

if TYPE_CHECKING:
    from flask import Response

DAYS = (28, 90, 365)
AT_MOST = 10_000
"""Decisions that one page reads, in about a second of a worker that answers hooks too; a command reads them all."""


def add_to(blueprint: Blueprint) -> None:
    """Put the addresses where they belong."""
    blueprint.get("/learning")(learning)


def learning() -> Response:
    """Report on a window."""
    window, days = window_asked(DAYS)
    asked = request.args.get("period", "")
    period = asked if asked in PERIODS else "week"
    report = learning_report(store().engine, window, period, AT_MOST, clock=in_force().clock)
    return shown(
        "learning.html",
        counts=counts(report),
        sections=sections(report, _decision_of) if report["decisions"] else [],
        days=days,
        choices=DAYS,
        service=window.service,
        services=SERVICES,
        client=client_choice(),
        period=period,
        periods=list(PERIODS),
    )


def _decision_of(card: str) -> str:
    return url_for("workbench.decisions", id=card)
