"""Sign-in sessions: a signed cookie that is sent only to ``/workbench``.

A copied cookie works like the original, so each has a number, and the database stores the numbers of signed-out cookies
for as long as they would have been valid.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from sqlalchemy import select

from cds_service.configuration.roles import Role
from cds_service.policies.people import Person
from cds_service.store.database import writing
from cds_service.store.dialects import dialect_of
from cds_service.store.tables import seen_tokens

if TYPE_CHECKING:
    from flask import Flask, Request
    from sqlalchemy import Engine

    from cds_service.configuration.settings import Settings

PATH = "/workbench"
_PERSON = "person"
_STATE = "_state_"
"""The prefix of Authlib's keys for pending sign-ins."""
_HINT = "hint"
"""The ID token of the sign-in."""
_LEAVING = "leaving"
_NUMBER, _SINCE = "number", "since"
_LONGEST_NAME = 120
# With this limit the cookie stays below the browsers' 4 KiB.
_LONGEST_TOKEN = 2400


class _Sessions(SecureCookieSessionInterface):
    """Opens sessions only for the workbench, so that hooks do not pay for them."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie on workbench pages."""
        return super().open_session(app, request) if request.path.startswith(PATH) else None


def prepare(app: Flask, settings: Settings) -> None:
    """Set up the cookie, which expires at a fixed age, used or not."""
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
        # A form is valid for as long as its session.
        WTF_CSRF_TIME_LIMIT=None,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.workbench.session_hours),
    )


def begin(person: Person, id_token: str = "") -> None:
    """Sign a person in with a new session. A short ID token is kept for signing out."""
    session.clear()
    session.permanent = True
    session[_PERSON] = {
        "subject": person.subject,
        "name": person.name[:_LONGEST_NAME],
        "roles": sorted(str(role) for role in person.roles),
    }
    session[_NUMBER] = secrets.token_urlsafe(16)
    session[_SINCE] = int(time.time())
    if 0 < len(id_token) <= _LONGEST_TOKEN:
        session[_HINT] = id_token


def forget_sign_ins() -> None:
    """Drop unfinished sign-ins, so that the cookie does not grow too large."""
    for name in [each for each in session if each.startswith(_STATE)]:
        del session[name]


def end() -> str:
    """Sign out, and return the ID token; empty if none was kept."""
    kept = session.get(_HINT, "")
    session.clear()
    return str(kept)


def revoke(engine: Engine, hours: float) -> None:
    """Revoke this cookie and all copies of it.

    Raises:
        SQLAlchemyError: the database does not answer; the cookie still works.

    """
    number = session.get(_NUMBER)
    if isinstance(number, str):
        row = {"token_hash": _hash(number), "expires_at": int(time.time() + hours * 3600) + 1}
        with writing(engine) as connection:
            dialect = dialect_of(engine.dialect.name)
            connection.execute(dialect.insert(seen_tokens).on_conflict_do_nothing(), row)


def is_revoked(engine: Engine) -> bool:
    """Return whether this cookie, or its original, was signed out.

    Raises:
        SQLAlchemyError: the database does not answer.

    """
    number = session.get(_NUMBER)
    if not isinstance(number, str):
        return True
    with engine.connect() as connection:
        wanted = select(seen_tokens.c.token_hash).where(seen_tokens.c.token_hash == _hash(number))
        return connection.scalar(wanted) is not None


def signed_in_s() -> float:
    """Return how many seconds ago the provider confirmed the roles."""
    since = session.get(_SINCE)
    return time.time() - since if isinstance(since, int) else float("inf")


def _hash(number: str) -> str:
    return hashlib.sha256(f"workbench session {number}".encode()).hexdigest()


def leave() -> str:
    """Start signing out at the provider, and return the state that the browser must bring back."""
    state = session[_LEAVING] = secrets.token_urlsafe(16)
    return state


def is_returning_from_sign_out(state: str) -> bool:
    """Return, once, whether the browser is returning from signing out at the provider."""
    expected = session.pop(_LEAVING, None)
    return isinstance(expected, str) and secrets.compare_digest(expected.encode(), state.encode(errors="replace"))


def signed_in() -> Person | None:
    """Return the signed-in person."""
    kept: Any = session.get(_PERSON)
    if not isinstance(kept, dict):
        return None
    return Person(kept["subject"], kept["name"], frozenset(Role(role) for role in kept["roles"]))
