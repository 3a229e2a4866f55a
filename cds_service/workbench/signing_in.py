"""``/workbench/sign-in``: with the site's OpenID provider, or as a made-up person on this machine."""

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
    """Add the routes."""
    blueprint.get("/sign-in")(sign_in)
    blueprint.post("/sign-in")(sign_in_as)
    # A link, because the Content-Security-Policy (form-action) also restricts where forms may redirect.
    blueprint.get("/sign-in/provider")(to_provider)
    blueprint.get("/sign-in/callback")(from_provider)
    blueprint.post("/sign-out")(sign_out)
    blueprint.get("/signed-out")(signed_out)


def sign_in() -> Response:
    """Show the sign-in page."""
    return shown("sign_in.html", how=settings().sign_in, people=LOCAL_PEOPLE)


def sign_in_as() -> AnyResponse:
    """Sign in as a made-up person."""
    chosen = next((each for each in LOCAL_PEOPLE if each.subject == request.form.get("subject")), None)
    if settings().sign_in != "local" or chosen is None:
        abort(404)
    return welcome(chosen)


def to_provider() -> AnyResponse:
    """Redirect to the provider."""
    try:
        return provider().begin(f"{decider().settings.base_url}{url_for('workbench.from_provider')}")
    except SignInError as error:
        return refuse(error)


def from_provider() -> AnyResponse:
    """Handle the redirect back from the provider."""
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
    return shown(
        "signed_out.html",
        sign_out_address=provider().sign_out_address(id_token, back, sessions.leave()),
        everywhere=False,
    )


def signed_out() -> AnyResponse:
    """Handle the redirect back after signing out at the provider."""
    if sessions.signed_in() is not None:
        return redirect(url_for("workbench.topics"))
    return shown(
        "signed_out.html",
        sign_out_address=None,
        everywhere=sessions.is_returning_from_sign_out(request.args.get("state", "")),
    )
