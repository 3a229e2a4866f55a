"""Finds a call's profile if it depends on the user or encounter: from what was sent, else from the FHIR server."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cards.facts.origins import Gap
from cards.facts.outcomes import FAILED
from cds_service.decisions import failures
from cds_service.ehr.limits import ServerBusyError
from cds_service.protocol.caller import UNKNOWN, Circumstances
from fhir_mappings.request.circumstances import (
    encounter_class_in,
    encounter_to_fetch,
    roles_in,
    roles_to_fetch,
    user_of,
)

if TYPE_CHECKING:
    from cds_service.configuration.settings import Settings
    from cds_service.decisions.active_decider import ActiveDecider
    from cds_service.decisions.data_access import RequestData
    from cds_service.decisions.decider import Decider
    from cds_service.protocol.caller import Caller
    from fhir_mappings.request.hook_request import HookRequest


_NO_PROFILE = Gap(None, "context.userId", FAILED)


class Answering(NamedTuple):
    """The decider for a call, the circumstances, and the data access used to find them, if any.

    ``gaps`` says where the settings for the user or encounter could not be determined.
    """

    active: ActiveDecider
    circumstances: Circumstances
    data: RequestData | None = None
    gaps: tuple[Gap, ...] = ()


def profile_of(settings: Settings, service: str, request: HookRequest, decider: Decider) -> Settings:
    """Return the settings of the profile for a call, judged by the request alone, or else the general settings.

    ``decider`` reads the request.
    """
    sent = decider.data_of(request).stubs()
    known = Circumstances(user_of(request), roles_in(request, sent), encounter_class_in(request, sent))
    fitting = (each for match, each in settings.by_profile() if match.holds(settings.client, service, known))
    return next(fitting, settings)


def decider_for_call(active: ActiveDecider, caller: Caller | None, service: str, request: HookRequest) -> Answering:
    """Find the decider for a call; nothing is read unless a profile for these calls depends on it.

    If finding it fails, the settings for everybody apply, and ``gaps`` says so.

    Raises:
        ServerBusyError: too many calls wait for FHIR servers already.

    """
    try:
        return _fetch(active, caller, service, request)
    except ServerBusyError:
        raise
    except Exception as error:  # noqa: BLE001 - what only the profile changes must not cost the answer
        failures.part_failed("profile", error)
        return Answering(_of_client(active, caller, service), UNKNOWN, None, (_NO_PROFILE,))


def _of_client(active: ActiveDecider, caller: Caller | None, service: str) -> ActiveDecider:
    """Return what answers a client of whose user and encounter nothing is known."""
    try:
        return active.of(caller, service)
    except Exception as error:  # noqa: BLE001 - what the site sets for everybody is left
        failures.part_failed("profile", error)
        return active


def _fetch(active: ActiveDecider, caller: Caller | None, service: str, request: HookRequest) -> Answering:
    depends_on_role, asks_encounter = active.needs_role_or_encounter(caller, service)
    user = user_of(request)
    if not depends_on_role and not asks_encounter:
        known = Circumstances(user)
        return Answering(active.of(caller, service, known), known)
    data = active.decider.data_of(request)
    sent = data.stubs()
    roles = roles_in(request, sent) if depends_on_role else frozenset()
    kind = encounter_class_in(request, sent) if asks_encounter else frozenset()
    queries = roles_to_fetch(request) if depends_on_role and not roles else {}
    queries |= encounter_to_fetch(request) if asks_encounter and not kind else {}
    if queries:
        fetched = data.fetched(queries)
        roles = roles or roles_in(request, fetched)
        kind = kind or encounter_class_in(request, fetched)
    known = Circumstances(user, roles, kind)
    return Answering(active.of(caller, service, known), known, data)
