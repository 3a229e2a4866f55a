"""The decider and the record writer of one configuration, with those of its profiles."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cds_service.clock import Clock
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.settings import Settings
from cds_service.decisions.decider import Decider
from cds_service.decisions.recording import RecordWriter
from cds_service.decisions.shadow import Shadow
from cds_service.decisions.suppression import RepeatSuppressor
from cds_service.ehr.limits import Aside, OnFetched
from cds_service.protocol.caller import UNKNOWN
from cds_service.store.record import Pseudonyms
from cds_service.telemetry.client_names import ClientNames
from fhir_mappings.codings import CodeMapError

if TYPE_CHECKING:
    from cds_service.configuration.profile_settings import ProfileMatch
    from cds_service.protocol.caller import Caller, Circumstances


_KEY_OF_THIS_PROCESS = secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class ActiveDecider:
    """The decider and the record writer of one configuration."""

    decider: Decider
    records: RecordWriter
    repeats: RepeatSuppressor | None
    shadow: Shadow | None
    clock: Clock
    clients: ClientNames
    profiles: tuple[tuple[ProfileMatch, ActiveDecider], ...] = ()

    @property
    def same_ids(self) -> bool:
        """Whether the order services are announced under one id."""
        return self.decider.settings.quirks.same_ids

    def of(self, caller: Caller | None, service: str | None, circumstances: Circumstances = UNKNOWN) -> ActiveDecider:
        """Return the decider for a client's calls, by the matching profile if there is one."""
        for match, profile in self.profiles:
            if match.holds(caller, service, circumstances):
                return profile
        return self

    def needs_role_or_encounter(self, caller: Caller | None, service: str) -> tuple[bool, bool]:
        """Return whether a profile for these calls turns on the user's role, and whether one turns on the encounter."""
        if not self.profiles:
            return False, False
        matches = [match for match, _ in self.profiles if match.may_hold(caller, service)]
        return any(match.depends_on_role for match in matches), any(
            match.encounter_class is not None for match in matches
        )


def active_decider(settings: Settings, clock: Clock, on_fetched: OnFetched | None, aside: Aside) -> ActiveDecider:
    """Build the decider of some settings, and those of their profiles.

    Raises:
        ConfigurationError: the settings cannot be used.

    """
    zone = ZoneInfo(settings.site.timezone)
    try:
        decider = Decider(settings, lambda: clock().astimezone(zone).date(), on_fetched=on_fetched, aside=aside)
        decider.fhir.open()
    except CodeMapError as error:
        raise ConfigurationError([f"site.code_maps: {each}" for each in error.problems]) from None
    except OSError as error:
        raise ConfigurationError([f"fhir.ca_bundle: cannot be used ({type(error).__name__})"]) from None
    key = settings.audit.patient_key
    pseudonyms = Pseudonyms(settings.audit, key.get_secret_value().encode() if key else _KEY_OF_THIS_PROCESS)
    repeats = (
        RepeatSuppressor(settings.suppress_repeats, pseudonyms, clock) if settings.suppress_repeats.enabled else None
    )
    tried = settings.tried()
    try:
        shadow = _shadow(tried, decider) if tried is not None else None
    except (ConfigurationError, OSError) as error:
        raise ConfigurationError([f"shadow.configuration: {error}"]) from None
    return ActiveDecider(
        decider,
        RecordWriter(decider.versions, decider.policy, pseudonyms, clock),
        repeats,
        shadow,
        clock,
        ClientNames(settings.auth),
        tuple((match, active_decider(profile, clock, on_fetched, aside)) for match, profile in settings.by_profile()),
    )


def _shadow(tried: Settings, decider: Decider) -> Shadow:
    """Build the shadow of a trial with its own knowledge, wording and rules."""
    layer = tried.site_layer
    return Shadow(tried, layer.known, layer.wording, decider.billing)
