"""``/workbench/learning``: responses to cards, what went silent or loud, and a monthly report to download."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, request, url_for

from cds_service.audit.committee import committee_report, month_in, month_of, months_on_record
from cds_service.audit.committee_page import committee_page, committee_sections, committee_tables, zipped
from cds_service.charts.pdf import as_pdf, can_print
from cds_service.learning.control import PERIODS
from cds_service.learning.page import counts, sections
from cds_service.learning.report import learning_report
from cds_service.learning.report_words import made
from cds_service.protocol.services import SERVICES
from cds_service.web.answers import decider, in_force, store
from cds_service.web.pages import later, say, words_of_request
from cds_service.workbench.access import message, shown
from cds_service.workbench.forms import text_in
from cds_service.workbench.windows import client_choice, window_asked

if TYPE_CHECKING:
    from cds_service.store.selection import Window

DAYS = (28, 90, 365)
_KINDS = {"html": "text/html; charset=utf-8", "pdf": "application/pdf", "csv": "application/zip"}
AT_MOST = 10_000
"""Decisions that one page reads, in about a second of a worker that answers hooks too; a command reads them all."""


def add_to(blueprint: Blueprint) -> None:
    """Add the routes."""
    blueprint.get("/learning")(learning)
    blueprint.get("/report")(report)


def learning() -> Response:
    """Report on a window."""
    window, days = window_asked(DAYS)
    asked = request.args.get("period", "")
    period = asked if asked in PERIODS else "week"
    found = later(lambda: learning_report(store().engine, window, period, AT_MOST, clock=in_force().clock))
    return shown(
        "learning.html",
        counts=later(lambda: counts(found(), words_of_request())),
        sections=later(lambda: sections(found(), _decision_of, words_of_request()) if found()["decisions"] else []),
        days=days,
        choices=DAYS,
        service=window.service,
        services=SERVICES,
        client=client_choice(),
        period=period,
        periods=list(PERIODS),
        months=_months(window),
        can_print=can_print(),
    )


def report() -> Response:
    """Return the monthly committee report as a page, a PDF or tables."""
    kind = request.args.get("format", "html")
    if kind not in _KINDS:
        abort(404)
    try:
        month = month_in(text_in(request.args, "month"), decider().settings.site.timezone)
    except ValueError:
        return message(say("No month"), say("Write a month as 2026-11."), 400)
    asked, _ = window_asked(DAYS)
    found = committee_report(store().engine, asked, month, AT_MOST, in_force().clock)
    if not found["decisions"]:
        said = say("No decision of {service} is on record in {month}.", service=asked.service, month=month.name)
        if months := _months(asked):
            said += " " + say("There are some from {first} to {last}.", first=months["first"], last=months["last"])
        return message(say("Nothing on record"), said, 200)
    if kind == "pdf" and not can_print():
        said = say("A PDF needs her2-cds[charts] and Pango, which are not here. Print the page from your browser.")
        return message(say("No PDF"), said, 501)
    words = words_of_request()
    parts = committee_sections(found, words)
    page = committee_page(found, parts, made(asked, in_force().clock(), words), words)
    written = zipped(committee_tables(parts)) if kind == "csv" else as_pdf(page) if kind == "pdf" else page.encode()
    if written is None:
        said = say("It could not be made; the log says why. Print the page from your browser.")
        return message(say("No PDF"), said, 503)
    answer = Response(written, content_type=_KINDS[kind])
    name = f"her2-{month.name}.{'zip' if kind == 'csv' else kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Language"] = words.code
    return answer


def _months(window: Window) -> dict[str, str]:
    """Return the first and last month that can be reported, and the one to offer; empty without decisions.

    Offered is the month before this one, or the last with a decision if that is older or nothing else is on record.
    """
    zone = decider().settings.site.timezone
    found = months_on_record(store().engine, replace(window, begin=None, end=None), zone)
    if found is None:
        return {}
    first, last = (each.name for each in found)
    before = month_of(in_force().clock(), zone).before_or_after(-1).name
    return {"first": first, "last": last, "offered": before if first <= before <= last else last}


def _decision_of(card: str) -> str:
    return url_for("workbench.decisions", id=card)
