"""``/workbench``: all its pages, behind the access guard."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from cards.presentation.wording import default_wording
from cards.values.quantities import precise
from cds_service.web.answers import decider
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


_SAID = {
    404: ("Not here", "There is no such page."),
    405: ("Not so", "This page does not take that."),
    413: ("Too long", "What was sent is over the limit of this site."),
}


@blueprint.errorhandler(HTTPException)
def failed(error: HTTPException) -> Response:
    """Render an error as a page."""
    title, text = _SAID.get(error.code or 500, ("Not done", "What was sent could not be read."))
    return access.message(title, text, error.code or 500)


@blueprint.errorhandler(SQLAlchemyError)
def store_is_down(error: SQLAlchemyError) -> Response:  # noqa: ARG001 - the page says no more than this
    """Say that the database does not answer; cards are shown without it."""
    return access.message("Not just now", "The database of the service cannot be reached. Nothing was changed.", 503)


@blueprint.app_template_filter("number")
def number(value: Decimal) -> str:
    """Format a number in full."""
    return precise(Decimal(value))


@blueprint.app_template_filter("moment")
def moment(value: datetime) -> str:
    """Format a time in the site's zone, with the zone."""
    return f"{_here(value):%Y-%m-%d %H:%M %Z}"


@blueprint.app_template_filter("iso")
def iso(value: str) -> datetime:
    """Parse a time from a record or a report; without a zone it is UTC."""
    read = datetime.fromisoformat(value)
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


@blueprint.app_template_filter("reason")
def reason(given: dict[str, Any]) -> str:
    """Format an override reason, in our own words if the code is ours, and the comment."""
    code = given.get("code", "")
    named = default_wording().override_reasons.get(code) or given.get("display") or code
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
