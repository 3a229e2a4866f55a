"""Access to the workbench: sign-in, roles, request limits, and CSRF protection of its forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from flask import Blueprint, current_app, redirect, request, url_for
from flask_wtf.csrf import generate_csrf, validate_csrf
from sqlalchemy.exc import SQLAlchemyError
from wtforms import ValidationError

from cds_service.configuration.roles import Role
from cds_service.page_words import script_words
from cds_service.policies.people import Person
from cds_service.policies.views import UnknownVersionError
from cds_service.web.answers import decider, store
from cds_service.web.loopback import is_on_this_machine
from cds_service.web.pages import later, page, say, words_of_request
from cds_service.workbench import sessions
from cds_service.workbench.current import library
from cds_service.workbench.sign_in_error import SignInError

if TYPE_CHECKING:
    from flask import Response
    from flask.blueprints import BlueprintSetupState
    from werkzeug.wrappers import Response as AnyResponse

    from cds_service.configuration.workbench_settings import WorkbenchSettings
    from cds_service.policies.lifecycle import StepRefusedError
    from cds_service.policies.stops import OpenStop
    from cds_service.workbench.provider import Provider

LOCAL_PEOPLE = (
    Person("local|ada", "Ada, informatics (made up)", frozenset({Role.VIEWER, Role.EDITOR, Role.PUBLISHER})),
    Person("local|ben", "Ben, oncology pharmacist (made up)", frozenset({Role.VIEWER, Role.REVIEWER})),
    Person("local|eve", "Eve, who only looks (made up)", frozenset({Role.VIEWER})),
)
"""Two people, because going live takes two, and one who may change nothing."""
_PROVIDER = "her2_cds_workbench_provider"
_OPEN = frozenset(
    f"workbench.{name}" for name in ("sign_in", "sign_in_as", "to_provider", "from_provider", "signed_out")
)
_FRESH_S = 300
"""The maximum age of a sign-in, in seconds, for changing what is in force: a role may have been revoked since."""
_log = structlog.get_logger()


def prepare(state: BlueprintSetupState) -> None:
    """Set up sessions and the OpenID provider for an application."""
    app: Any = state.app
    settings = app.extensions["her2_cds"].current().decider.settings
    sessions.prepare(app, settings)
    oidc = settings.workbench.oidc
    app.extensions[_PROVIDER] = None
    if oidc is not None:
        from cds_service.workbench.provider import Provider  # noqa: PLC0415 - Authlib is for a site with a provider

        app.extensions[_PROVIDER] = Provider(app, oidc)


def settings() -> WorkbenchSettings:
    """Return the settings of the workbench."""
    return decider().settings.workbench


def guard() -> AnyResponse | None:
    """Refuse requests without access, before any page runs."""
    how = settings().sign_in
    if how == "off":
        text = say("The site has not said who may sign in (workbench.sign_in).")
        return message(say("The workbench is not set up"), text, 404)
    if how == "local" and not is_on_this_machine():
        text = say("This workbench signs in made-up people, so it answers nobody else.")
        return message(say("Only on this machine"), text, 403)
    if request.method == "POST":
        # A pasted request may be as long as one that is sent to a hook.
        request.max_content_length = request.max_form_memory_size = decider().settings.limits.body_bytes
        try:
            validate_csrf(request.form.get("csrf_token"))
        except ValidationError:
            text = say("The page was open for too long, or the form is not from here. Load it again.")
            return message(say("Not sent"), text, 400)
    if request.endpoint in _OPEN:
        return None
    person = sessions.signed_in()
    if person is None or sessions.is_revoked(store().engine):
        return redirect(url_for("workbench.sign_in"))
    if not person.roles and request.endpoint != "workbench.sign_out":
        text = say("You are signed in as {name}, who has no role in the workbench.", name=person.name)
        return message(say("No role here"), text, 403)
    return None


def me() -> Person:
    """Return the signed-in person; the guard has refused everyone else."""
    person = sessions.signed_in()
    if person is None:
        raise RuntimeError("asked without the guard")
    return person


def shown(template: str, status: int = 200, **values: Any) -> Response:
    """Render a workbench page for the signed-in person, not to be cached."""
    person = sessions.signed_in()
    stops = later(stopped_now) if person is not None and person.roles else None
    words = script_words(words_of_request().code)
    told = {"person": person, "stops": stops, "csrf_token": generate_csrf, "script_words": words}
    answer = page(f"workbench/{template}", status, **told, **values)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def stopped_now() -> list[OpenStop]:
    """Return the stopped topics; none if the database does not answer, which the page reports itself."""
    try:
        return library().stops.open()
    except SQLAlchemyError:
        return []


def is_signed_in_afresh() -> bool:
    """Return whether this person's roles are recent enough for changing what is in force."""
    return settings().sign_in != "oidc" or sessions.signed_in_s() <= _FRESH_S


def message(title: str, text: str, status: int) -> Response:
    """Render a page with one message."""
    return shown("message.html", status, title=title, text=text)


def not_done(text: str, status: int) -> Response:
    """Render a page that says why a step was not taken."""
    return message(say("Not done"), text, status)


def refused_draft(error: StepRefusedError) -> Response:
    """Render a page that says why a draft was refused."""
    return not_done(refusal(error), 403 if error.reason == "role" else 400)


def stale_sign_in() -> str:
    """Return the sentence that asks for a new sign-in before a step."""
    return say(
        "Your roles are checked again for this step. Sign in once more (/workbench/sign-in), then take it again."
    )


def refusal(error: StepRefusedError | UnknownVersionError) -> str:
    """Say why a step was refused, with the words that it is about in the language of the page too."""
    if isinstance(error, UnknownVersionError):
        return say("There is no such version.")
    said = say(error.says, **{name: say(str(value).replace("-", " ")) for name, value in error.values.items()})
    return f"{said}."


def provider() -> Provider:
    """Return the provider.

    Raises:
        SignInError: the site has none, or configured it after the start.

    """
    found: Provider | None = current_app.extensions[_PROVIDER]
    if found is None or settings().sign_in != "oidc":
        raise SignInError("no-provider", say("This site signs people in another way."), 404)
    return found


def welcome(person: Person, id_token: str = "") -> AnyResponse:
    """Sign a person in."""
    sessions.begin(person, id_token)
    _log.info("workbench_signed_in", subject=person.subject, roles=[str(each) for each in sorted(person.roles)])
    return redirect(url_for("workbench.topics"))


def refuse(error: SignInError) -> Response:
    """Render the reason why sign-in failed."""
    _log.warning("workbench_sign_in_failed", code=error.code)
    return message(say("Not signed in"), say(error.message), error.status)


def add_guard(blueprint: Blueprint) -> None:
    """Add the guard before every page, and our own error pages."""
    blueprint.record_once(prepare)
    blueprint.before_request(guard)
