"""Previews cards for a particular caller: each call is judged with its matching profile, as the service does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.values.caching import lazy
from cds_service.protocol.caller import UNKNOWN, Caller, Circumstances
from cds_service.protocol.services import SERVICES
from cds_service.workbench.previewing import Previewer, service_asked
from cds_service.workbench.specimens import specimens
from fhir_mappings.request.hook_request import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from cds_service.configuration.settings import Settings
    from cds_service.workbench.previewing import Seen
    from cds_service.workbench.specimens import Specimen

EVERY_CALLER = ""
"""No profile: a caller without a token."""


class CallerPreviewer:
    """Judges with given settings, as for a caller that matches a profile."""

    def __init__(self, settings: Settings, today: Callable[[], date], profile: str) -> None:
        """Keep the settings, and the name of one of their profiles or none."""
        self._base = Previewer(settings, today)
        self._profiles = [(match, Previewer(each, today)) for match, each in settings.by_profile()]
        self._caller, self._circumstances = _caller(settings, profile)

    def of_request(self, body: bytes, *, coverage: bool = False) -> Seen:
        """Answer a request with the clinical service of its hook, or the billing and coverage service."""
        try:
            service = service_asked(body, coverage=coverage).id
        except BadRequest:
            service = None
        return self._for(service).of_request(body, coverage=coverage)

    def of_specimen(self, specimen: Specimen) -> Seen:
        """Judge a specimen as of its own day, as the service of its hook does."""
        session = specimen.session()
        asked = (each.id for each in SERVICES if each.hook == session.hook and each.coverage is specimen.coverage)
        return self._for(next(asked, None)).of_specimen(specimen)

    @lazy
    def cases(self) -> dict[str, Seen]:
        """The results of all specimens."""
        return {name: self.of_specimen(each) for name, each in specimens().items()}

    def _for(self, service: str | None) -> Previewer:
        fitting = (p for match, p in self._profiles if match.holds(self._caller, service, self._circumstances))
        return next(fitting, self._base)


def _caller(settings: Settings, profile: str) -> tuple[Caller | None, Circumstances]:
    """Return a caller and circumstances that match a profile; a profile for a service matches anyone."""
    if profile == EVERY_CALLER:
        return None, UNKNOWN
    match = settings.profiles[profile].match
    # A profile for a tenant matches any issuer, and no issuer is empty.
    caller = Caller(match.issuer or "", match.tenant) if match.issuer or match.tenant else None
    user, kind = match.user or "", match.encounter_class
    roles = frozenset({user.casefold()}) if match.depends_on_role else frozenset()
    return caller, Circumstances(user, roles, frozenset({kind.casefold()}) if kind else frozenset())
