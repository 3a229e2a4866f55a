"""Profiles: the calls that they are for, and what differs for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import (
    Field,
    field_validator,
    model_validator,
)

from cds_service.configuration.policy_settings import CrdVersion, QuirkSettings, Thresholds, TopicKey, TopicSettings
from cds_service.configuration.section import Section, nearest, problem_below
from cds_service.protocol.caller import UNKNOWN, Circumstances
from cds_service.protocol.services import BY_ID

if TYPE_CHECKING:
    from cds_service.protocol.caller import Caller


_REFERENCE = re.compile(r"[A-Z][A-Za-z]{2,40}/[A-Za-z0-9.-]{1,64}")


class ProfileMatch(Section):
    """The calls that a profile is for: those that meet every condition it names."""

    issuer: str | None = Field(None, min_length=1, description="The exact 'iss' of the client's tokens.")
    tenant: str | None = Field(None, min_length=1, description="The 'tenant' of its tokens.")
    service: str | None = Field(None, description="The id of a service.")
    user: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="The user: a reference (Practitioner/17), or a role or specialty by code, system|code or words.",
    )
    encounter_class: str | None = Field(
        None, min_length=1, max_length=200, description="The class of the encounter, by code or words: AMB."
    )

    @field_validator("service")
    @classmethod
    def _is_known(cls, service: str | None) -> str | None:
        if service is not None and service not in BY_ID:
            raise ValueError(f"no service {service!r}{nearest(service, list(BY_ID))}")
        return service

    @model_validator(mode="after")
    def _says_something(self) -> ProfileMatch:
        if not self.conditions:
            msg = (
                "name an issuer, a tenant, a service, a user or an encounter_class; "
                "what holds for every call stands outside the profiles"
            )
            raise ValueError(msg)
        return self

    @property
    def conditions(self) -> dict[str, str]:
        """The conditions on a call. A person and a role are two conditions: one call may meet both."""
        given = {"issuer": self.issuer, "tenant": self.tenant, "service": self.service}
        given |= {"user" if self.is_person else "role": self.user, "encounter_class": self.encounter_class}
        return {name: value for name, value in given.items() if value is not None}

    @property
    def is_person(self) -> bool:
        """Whether ``user`` names one person, and not a role."""
        return self.user is not None and _REFERENCE.fullmatch(self.user) is not None

    @property
    def depends_on_role(self) -> bool:
        """Whether the user must have a role or specialty."""
        return self.user is not None and not self.is_person

    def may_hold(self, caller: Caller | None, service: str | None) -> bool:
        """Return whether a call matches by its token and service; a call without a token has no client."""
        return (
            (self.issuer is None or (caller is not None and caller.issuer == self.issuer))
            and (self.tenant is None or (caller is not None and caller.tenant == self.tenant))
            and (self.service is None or service == self.service)
        )

    def holds(self, caller: Caller | None, service: str | None, circumstances: Circumstances = UNKNOWN) -> bool:
        """Return whether a call matches. An unknown user or encounter does not match."""
        if not self.may_hold(caller, service):
            return False
        if self.is_person:
            if self.user != circumstances.user:
                return False
        elif self.user is not None and self.user.casefold() not in circumstances.roles:
            return False
        return self.encounter_class is None or self.encounter_class.casefold() in circumstances.encounter_class

    def may_meet(self, other: ProfileMatch) -> bool:
        """Return whether one call could match both."""
        mine, theirs = self.conditions, other.conditions
        return all(theirs.get(name, value) == value for name, value in mine.items())


class ProfileSettings(Section):
    """Settings that differ for the calls of some client, tenant or service."""

    match: ProfileMatch
    cards: dict[TopicKey, TopicSettings] = Field({})
    thresholds: Thresholds = Field({})
    quirks: QuirkSettings = QuirkSettings()
    crd: CrdVersion = None

    @model_validator(mode="after")
    def _has_ids_for_all_services(self) -> ProfileSettings:
        match = self.match
        if self.quirks.same_ids and (match.service or match.user or match.encounter_class):
            raise problem_below("quirks.same_ids", "is for all services of a client; match by issuer or tenant")
        return self


def check_profiles(profiles: dict[str, ProfileSettings]) -> dict[str, ProfileSettings]:
    """Refuse two profiles if it would be ambiguous which one applies to a call."""
    named = list(profiles.items())
    for index, (name, profile) in enumerate(named):
        for other_name, other in named[:index]:
            mine, theirs = profile.match.conditions.items(), other.match.conditions.items()
            if profile.match.may_meet(other.match) and not (mine < theirs or theirs < mine):
                text = (
                    f"a call may be one of {other_name!r} too, and neither is the narrower; "
                    "give one of them every condition of the other as well"
                )
                raise problem_below(f"{name}.match", text)
    return profiles
