"""``/workbench``: its pages behind their door."""

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
    """Answer an unknown address with a page that says so."""
    abort(404)


_SAID = {
    404: ("Not here", "There is no such page."),
    405: ("Not so", "This page does not take that."),
    413: ("Too long", "What was sent is over the limit of this site."),
}


@blueprint.errorhandler(HTTPException)
def failed(error: HTTPException) -> Response:
    """Say on a page what is wrong."""
    title, text = _SAID.get(error.code or 500, ("Not done", "What was sent could not be read."))
    return access.message(title, text, error.code or 500)


@blueprint.errorhandler(SQLAlchemyError)
def store_is_down(error: SQLAlchemyError) -> Response:  # noqa: ARG001 - the page says no more than this
    """Say that the database does not answer; cards are given without it."""
    return access.message("Not just now", "The database of the service cannot be reached. Nothing was changed.", 503)


@blueprint.app_template_filter("number")
def number(value: Decimal) -> str:
    """Write a number in full."""
    return precise(Decimal(value))


@blueprint.app_template_filter("moment")
def moment(value: datetime) -> str:
    """Write a moment in the time of the site, and which time that is."""
    return f"{_here(value):%Y-%m-%d %H:%M %Z}"


@blueprint.app_template_filter("iso")
def iso(value: str) -> datetime:
    """Read a moment as a record or a report has it; one without a zone is in UTC."""
    read = datetime.fromisoformat(value)
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


@blueprint.app_template_filter("reason")
def reason(given: dict[str, Any]) -> str:
    """Write the reason of an override, in our own words where the code is one of ours, and the comment."""
    code = given.get("code", "")
    named = default_wording().override_reasons.get(code) or given.get("display") or code
    comment = given.get("comment", "")
    return " ".join(part for part in (named, f"“{comment}”" if comment else "") if part)


@blueprint.app_template_filter("local")
def local(value: datetime) -> str:
    """Write a moment as a field for one takes it, in the time of the site."""
    return f"{_here(value):%Y-%m-%dT%H:%M}"


@blueprint.app_template_filter("day")
def day(value: datetime) -> date:
    """Return the day of a moment, in the time of the site."""
    return _here(value).date()


def _here(value: datetime) -> datetime:
    return value.astimezone(ZoneInfo(decider().settings.site.timezone))
