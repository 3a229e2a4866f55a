"""``/smart``: the SMART app. A launch's token is discarded after the one request that reads the chart with it."""

from __future__ import annotations

import secrets
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from flask import Blueprint, Response, current_app, redirect, request

from cards.presentation.language import ENGLISH, Localizer
from cards.values.text_cache import cached_by_key
from cds_service.page_words import page_words
from cds_service.protocol.smart_links import topic_of
from cds_service.smart import exchange, launch, panels
from cds_service.smart.course import course
from cds_service.smart.launch import LaunchError, Seal
from cds_service.smart.markdown import html
from cds_service.smart.panels import TimeAxis, draw
from cds_service.smart.review import Review, Reviewer
from cds_service.telemetry import metrics
from cds_service.web.answers import decider
from cds_service.web.pages import later, page, words_of_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from flask.blueprints import BlueprintSetupState
    from werkzeug.wrappers import Response as AnyResponse

    from cds_service.configuration.smart_settings import SmartServer, SmartSettings
    from cds_service.decisions.decider import Decider
    from cds_service.smart.course import Course

blueprint = Blueprint("smart", __name__, url_prefix="/smart")
_SEAL = "her2_cds_smart_seal"
_LONGEST = 4096
_OAUTH_ERRORS = frozenset(
    {
        "access_denied", "invalid_request", "invalid_scope", "server_error", "temporarily_unavailable",
        "unauthorized_client", "unsupported_response_type",
    }
)  # fmt: skip
"""Error codes of an authorization response (RFC 6749, section 4.1.2.1)."""
_log = structlog.get_logger()


@blueprint.record
def _prepare(state: BlueprintSetupState) -> None:
    key = state.app.extensions["her2_cds"].current().decider.settings.smart.cookie_key
    state.app.extensions[_SEAL] = Seal(key.get_secret_value() if key else secrets.token_urlsafe(32))


@blueprint.get("")
def start() -> Response:
    """List the EHRs for a standalone launch."""
    servers = _settings().servers
    return page("smart_start.html", 200 if servers else 404, servers=servers)


@blueprint.get("/launch")
def begin() -> AnyResponse:
    """Begin a launch: from an EHR, with ``iss`` and ``launch``, or from the list, with ``iss`` alone."""
    try:
        server = _server(_given("iss"))
        found = exchange.endpoints(server)
        pending = launch.begin(server.base, found.token)
        url = launch.authorization_url(found.authorization, server, pending, _redirect_uri(), _given("launch"))
    except LaunchError as error:
        return _failed(error)
    answer = redirect(url)
    answer.headers["Cache-Control"] = "no-store"
    answer.set_cookie(
        launch.cookie_name(pending.state),
        _seal().close(pending),
        max_age=launch.MINUTES * 60,
        path="/smart",
        httponly=True,
        samesite="Lax",
        secure=decider().settings.base_url.startswith("https"),
    )
    return answer


@blueprint.get("/callback")
def end() -> Response:
    """Handle the EHR's redirect: redeem the code, read the chart, show it, and discard the token."""
    state = _given("state")
    name = launch.cookie_name(state)
    try:
        pending = _seal().open(request.cookies.get(name, ""), state)
        server = _server(pending.iss)
        grant = exchange.redeem(server, pending, _code(), _redirect_uri())
        review = _reviewer(decider()).review(server.base, grant)
    except LaunchError as error:
        answer = _failed(error)
    else:
        topics = [str(card.topic) for card in review.cards]
        _log.info("smart_opened", cards=topics, drugs=len(review.cases), unread=list(review.unread))
        answer = _time_line(review, topic_of(grant.app_context))
    answer.delete_cookie(name, path="/smart")
    return answer


@cached_by_key(2)
def _reviewer(current: Decider) -> Reviewer:
    """Return the reviewer of the configuration in force, cached."""
    return Reviewer(current, metrics.fetched)


@cached_by_key(8)
def _localizer(language: str) -> Localizer:
    return Localizer(page_words(language).locale)


def _time_line(review: Review, topic: str) -> Response:
    words = words_of_request()
    local = _localizer(words.code)
    courses = [(case.drug, later(partial(course, case, words.plain, local))) for case in review.cases]
    month = "%b %Y" if words.code == ENGLISH else "%m/%Y"
    axis = later(lambda: TimeAxis(_days(made for _, made in courses), review.today, month, local.figures))
    answer = page(
        "smart_timeline.html",
        review=review,
        courses=courses,
        draw=lambda panel: draw(panel, axis()),
        cards=review.cards,
        markdown=html,
        frame=panels,
        topic=topic,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _days(courses: Iterable[Callable[[], Course]]) -> Iterator[date]:
    """Yield the days of all courses that can be drawn; one that cannot says so in its own place."""
    for made in courses:
        with suppress(Exception):
            yield from [day for panel in made().panels for day in panel.days]


def _failed(error: LaunchError) -> Response:
    _log.info("smart_launch_failed", code=error.code)
    answer = page("smart_failed.html", error.status, error=error)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _settings() -> SmartSettings:
    return decider().settings.smart


def _server(iss: str) -> SmartServer:
    """Find the server that a launch names.

    Raises:
        LaunchError: it is not in the configuration.

    """
    server = _settings().server(iss)
    if server is None:
        raise LaunchError("unknown-server", "The app is not set up for this EHR.", 403)
    return server


def _given(name: str) -> str:
    """Return a query parameter that occurs once and is not too long."""
    values: list[Any] = request.args.getlist(name)
    return str(values[0]) if len(values) == 1 and len(values[0]) <= _LONGEST else ""


def _code() -> str:
    """Return the authorization code.

    Raises:
        LaunchError: the EHR refused.

    """
    code = _given("code")
    if not code or "error" in request.args:
        # The error's description is not logged: it is the EHR's own text and may name the patient.
        _log.info("smart_not_allowed", error=error if (error := _given("error")) in _OAUTH_ERRORS else "other")
        raise LaunchError("not-allowed", "The EHR did not allow the app to read the chart.", 403)
    return code


def _redirect_uri() -> str:
    return f"{decider().settings.base_url}/smart/callback"


def _seal() -> Seal:
    seal: Seal = current_app.extensions[_SEAL]
    return seal
