"""``/workbench``: all its pages, behind the access guard."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from cards.values.quantities import precise
from cds_service.decisions import failures
from cds_service.web.answers import decider
from cds_service.web.pages import failed_page, internal_error, say, words_of_request
from cds_service.workbench import (
    access,
    decision_pages,
    learning_pages,
    preview_pages,
    rule_pages,
    signing_in,
    source_pages,
    stop_pages,
    topic_pages,
    trial_pages,
    version_pages,
)

if TYPE_CHECKING:
    from flask import Response

blueprint = Blueprint("workbench", __name__, url_prefix="/workbench")
access.add_guard(blueprint)
for pages in (
    signing_in,
    topic_pages,
    stop_pages,
    preview_pages,
    rule_pages,
    source_pages,
    version_pages,
    trial_pages,
    learning_pages,
    decision_pages,
):
    pages.add_to(blueprint)


@blueprint.get("/<path:rest>")
def not_here(rest: str) -> Response:  # noqa: ARG001 - whatever it is
    """Answer an unknown address with a page."""
    abort(404)


@blueprint.errorhandler(HTTPException)
def failed(error: HTTPException) -> Response:
    """Say on a page what is wrong."""
    code = error.code or 500
    if code == HTTPStatus.NOT_FOUND:
        return access.message(say("Not here"), say("There is no such page."), code)
    if code == HTTPStatus.METHOD_NOT_ALLOWED:
        return access.message(say("Not possible"), say("This page does not take that."), code)
    if code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return access.message(say("Too long"), say("What was sent is over the limit of this site."), code)
    return access.not_done(say("What was sent could not be read."), code)


@blueprint.errorhandler(SQLAlchemyError)
def store_is_down(error: SQLAlchemyError) -> Response:  # noqa: ARG001 - the page says no more than this
    """Say that the database does not answer; cards are given without it."""
    text = say("The database of the service cannot be reached. Nothing was changed.")
    return access.message(say("Not just now"), text, 503)


@blueprint.errorhandler(Exception)
def broken(error: Exception) -> Response:
    """Say that the page could not be shown, within the frame of the workbench if that can be."""
    failures.part_failed("page", error)
    try:
        return access.message(say("This page could not be shown"), internal_error(words_of_request()), 500)
    except Exception:  # noqa: BLE001 - what failed may be the frame
        return failed_page()


@blueprint.app_template_filter("number")
def number(value: Decimal) -> str:
    """Write a number in full, as the language of the page does."""
    return words_of_request().figure(precise(Decimal(value)))


@blueprint.app_template_filter("figure")
def figure(value: float) -> str:
    """Write a figure of a report as the language of the page does."""
    return words_of_request().figure(str(value))


@blueprint.app_template_filter("moment")
def moment(value: datetime) -> str:
    """Write a moment in the time of the site, and which time that is."""
    here = _here(value)
    return f"{words_of_request().dated(here.date())} {here:%H:%M %Z}"


@blueprint.app_template_filter("iso")
def iso(value: str) -> datetime:
    """Parse a time from a record or a report; without a zone it is UTC."""
    read = datetime.fromisoformat(value)
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


@blueprint.app_template_filter("reason")
def reason(given: dict[str, Any]) -> str:
    """Write the reason of an override, in the words of the site where the code is one of ours, and the comment."""
    code = given.get("code", "")
    named = decider().wording.override_reasons.get(code) or given.get("display") or code
    comment = given.get("comment", "")
    return " ".join(part for part in (named, f"“{comment}”" if comment else "") if part)


@blueprint.app_template_filter("local")
def local(value: datetime) -> str:
    """Format a time for an input field, in the site's zone."""
    return f"{_here(value):%Y-%m-%dT%H:%M}"


@blueprint.app_template_filter("day")
def day(value: datetime) -> date:
    """Return the day of a time, in the site's zone."""
    return _here(value).date()


def _here(value: datetime) -> datetime:
    return value.astimezone(ZoneInfo(decider().settings.site.timezone))
