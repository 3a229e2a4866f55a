"""What the cards would be for one caller: each call judged by the profile that is for it, as the service does it."""

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
"""The name of no profile: a caller who has no token."""


class CallerPreviewer:
    """Judges by one state of the settings, as for a caller whom a profile is for."""

    def __init__(self, settings: Settings, today: Callable[[], date], profile: str) -> None:
        """Take the settings, and the name of one of their profiles or none."""
        self._base = Previewer(settings, today)
        self._profiles = [(match, Previewer(each, today)) for match, each in settings.by_profile()]
        self._caller, self._circumstances = _caller(settings, profile)

    def of_request(self, body: bytes, *, coverage: bool = False) -> Seen:
        """Answer a request by the clinical service of its hook, or by that of billing and coverage."""
        try:
            service = service_asked(body, coverage=coverage).id
        except BadRequest:
            service = None
        return self._for(service).of_request(body, coverage=coverage)

    def of_specimen(self, specimen: Specimen) -> Seen:
        """Judge a case of the rules as of its own day, as the service of its moment does."""
        session = specimen.session()
        asked = (each.id for each in SERVICES if each.hook == session.moment and each.coverage is specimen.coverage)
        return self._for(next(asked, None)).of_session(session)

    @lazy
    def cases(self) -> dict[str, Seen]:
        """What every case of the rules comes to."""
        return {name: self.of_specimen(each) for name, each in specimens().items()}

    def _for(self, service: str | None) -> Previewer:
        fitting = (p for match, p in self._profiles if match.holds(self._caller, service, self._circumstances))
        return next(fitting, self._base)


def _caller(settings: Settings, profile: str) -> tuple[Caller | None, Circumstances]:
    """Return somebody whom a profile is for, and where; if it is for a service alone, that is anybody anywhere."""
    if profile == EVERY_CALLER:
        return None, UNKNOWN
    match = settings.profiles[profile].match
    # Nobody's issuer is empty: a profile for a tenant is met through any issuer.
    caller = Caller(match.issuer or "", match.tenant) if match.issuer or match.tenant else None
    user, kind = match.user or "", match.encounter_class
    roles = frozenset({user.casefold()}) if match.asks_role else frozenset()
    return caller, Circumstances(user, roles, frozenset({kind.casefold()}) if kind else frozenset())
