"""Who is signed in: a signed cookie that lives below ``/workbench`` and nowhere else."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from cds_service.policies.people import Person, Role

if TYPE_CHECKING:
    from flask import Flask, Request

    from cds_service.settings import Settings

PATH = "/workbench"
_PERSON = "person"
_STATE = "_state_"
"""How Authlib names what it keeps of a sign-in under way."""
_LONGEST_NAME = 120


class _Sessions(SecureCookieSessionInterface):
    """Opens a session for the workbench alone: a hook has none, and pays for none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie of a page of the workbench."""
        return super().open_session(app, request) if request.path.startswith(PATH) else None


def prepare(app: Flask, settings: Settings) -> None:
    """Set up the cookie; it expires when the session is so old, used or not."""
    key = settings.workbench.cookie_key
    app.secret_key = key.get_secret_value() if key else secrets.token_hex(32)
    app.session_interface = _Sessions()
    app.config.update(
        SESSION_COOKIE_NAME="her2-workbench",
        SESSION_COOKIE_PATH=PATH,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https"),
        SESSION_REFRESH_EACH_REQUEST=False,
        # A form is good for as long as the session that it was made in.
        WTF_CSRF_TIME_LIMIT=None,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.workbench.session_hours),
    )


def begin(person: Person) -> None:
    """Sign a person in; what the cookie held before is gone."""
    session.clear()
    session.permanent = True
    session[_PERSON] = {
        "subject": person.subject,
        "name": person.name[:_LONGEST_NAME],
        "roles": sorted(str(role) for role in person.roles),
    }


def forget_sign_ins() -> None:
    """Forget sign-ins that were begun and never ended: a cookie that grew with each would one day be dropped."""
    for name in [each for each in session if each.startswith(_STATE)]:
        del session[name]


def end() -> None:
    """Sign whoever it is out."""
    session.clear()


def signed_in() -> Person | None:
    """Give the person that the cookie speaks for."""
    kept: Any = session.get(_PERSON)
    if not isinstance(kept, dict):
        return None
    return Person(kept["subject"], kept["name"], frozenset(Role(role) for role in kept["roles"]))
