"""``/workbench/sign-in``: with the site's OpenID provider, or as somebody made up on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, redirect, request, url_for

from cds_service.web.answers import decider, store
from cds_service.workbench import sessions
from cds_service.workbench.access import LOCAL_PEOPLE, provider, refuse, settings, shown, welcome
from cds_service.workbench.sign_in_error import SignInError

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse


def add_to(blueprint: Blueprint) -> None:
    """Put the addresses where they belong."""
    blueprint.get("/sign-in")(sign_in)
    blueprint.post("/sign-in")(sign_in_as)
    # A link and no form: browsers hold the way a form leads to where this site allows forms to go.
    blueprint.get("/sign-in/provider")(to_provider)
    blueprint.get("/sign-in/callback")(from_provider)
    blueprint.post("/sign-out")(sign_out)
    blueprint.get("/signed-out")(signed_out)


def sign_in() -> Response:
    """Offer to sign in."""
    return shown("sign_in.html", how=settings().sign_in, people=LOCAL_PEOPLE)


def sign_in_as() -> AnyResponse:
    """Sign in somebody made up."""
    chosen = next((each for each in LOCAL_PEOPLE if each.subject == request.form.get("subject")), None)
    if settings().sign_in != "local" or chosen is None:
        abort(404)
    return welcome(chosen)


def to_provider() -> AnyResponse:
    """Send the browser to the provider."""
    try:
        return provider().begin(f"{decider().settings.base_url}{url_for('workbench.from_provider')}")
    except SignInError as error:
        return refuse(error)


def from_provider() -> AnyResponse:
    """Take back the browser that the provider has sent."""
    try:
        return welcome(*provider().end())
    except SignInError as error:
        return refuse(error)


def sign_out() -> AnyResponse:
    """Sign out here, and offer to sign out at the provider too: that may end more than the workbench."""
    sessions.revoke(store().engine, settings().session_hours)
    id_token = sessions.end()
    if settings().sign_in != "oidc":
        return redirect(url_for("workbench.sign_in"))
    back = f"{decider().settings.base_url}{url_for('workbench.signed_out')}"
    return shown("signed_out.html", way_out=provider().way_out(id_token, back, sessions.leave()), everywhere=False)


def signed_out() -> AnyResponse:
    """Take back the browser that the provider has signed out."""
    if sessions.signed_in() is not None:
        return redirect(url_for("workbench.topics"))
    return shown("signed_out.html", way_out=None, everywhere=sessions.has_left(request.args.get("state", "")))
