"""Access to the parts of the application that answer the current request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, g

if TYPE_CHECKING:
    from cds_service.decisions.active import Configuration
    from cds_service.decisions.active_decider import ActiveDecider
    from cds_service.decisions.decider import Decider
    from cds_service.policies.publication import Publication
    from cds_service.protocol.caller import Caller
    from cds_service.store.store import Store
    from cds_service.web.admission import Admission


def configuration() -> Configuration:
    """Return the configuration, including authentication."""
    found: Configuration = current_app.extensions["her2_cds"]
    return found


def in_force() -> ActiveDecider:
    """Return the current decider and record writer."""
    return configuration().current()


def decider() -> Decider:
    """Return the decider of the configuration in force."""
    return in_force().decider


def store() -> Store:
    """Return the store of this process."""
    opened: Store = current_app.extensions["her2_cds_store"]
    return opened


def admission() -> Admission:
    """Return the call limiter of this process."""
    found: Admission = current_app.extensions["her2_cds_admission"]
    return found


def publication() -> Publication | None:
    """Return the follower of the published policy; none in a process that does not serve requests."""
    found: Publication | None = current_app.extensions.get("her2_cds_publication")
    return found


def caller() -> Caller | None:
    """Return the client identified by this request's token; none if authentication is off."""
    found: Caller | None = g.get("caller")
    return found
