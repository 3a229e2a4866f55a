"""The parts of the configuration that affect the judgment: topics, thresholds, profiles, shadow and repeats."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from cards.facts.outcomes import Indicator
from cards.facts.policy import Mode
from cards.facts.topics import Topic, TopicCode
from cards.knowledge.loader import default_knowledge
from cards.knowledge.schema import Scope
from cds_service.configuration.section import Section, nearest, on_off, problem_below
from cds_service.protocol.caller import UNKNOWN, Circumstances
from cds_service.protocol.services import BY_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.knowledge.schema import Knowledge
    from cds_service.protocol.caller import Caller


_TOPIC = re.compile(r"[a-z][a-z0-9-]{2,59}")


def _topic(name: str, info: ValidationInfo) -> TopicCode:
    """Accept a topic that ships, or one that a site rule may have.

    The site's rules are not known here; `loading` refuses a topic that has no rule. For a policy version, the
    validation context has the allowed topics.
    """
    if name in set(Topic):
        return Topic(name)
    allowed = (info.context or {}).get("topics")
    if not _TOPIC.fullmatch(name) or (allowed is not None and name not in allowed):
        msg = "unknown topic"
        raise ValueError(msg)
    return name


TopicKey = Annotated[str, AfterValidator(_topic)]
"""A topic as a key of ``cards``."""

_REFERENCE = re.compile(r"[A-Z][A-Za-z]{2,40}/[A-Za-z0-9.-]{1,64}")
_PRODUCT = re.compile(r"[a-z][a-z0-9-]{0,59}")


def _by_product(thresholds: object) -> object:
    """Turn ``{default: 5, kadcyla: 10}`` into one general value, and one with the product in its name."""
    if not isinstance(thresholds, dict):
        return thresholds
    flat: dict[object, object] = {}
    for name, value in thresholds.items():
        for product, each in value.items() if isinstance(value, dict) else (("default", value),):
            flat[name if product == "default" else f"{name}.{product}"] = each
    return flat


def _within_bounds(thresholds: dict[str, Decimal | None]) -> dict[str, Decimal | None]:
    known = default_knowledge().thresholds
    for name, value in thresholds.items():
        base, _, product = name.partition(".")
        if base not in known:
            raise problem_below(name, f"unknown threshold{nearest(base, list(known))}")
        if "." in name and not _PRODUCT.fullmatch(product):
            raise problem_below(name, "the id of a product has lower-case letters, digits and hyphens")
        bounds = known[base]
        if value is not None and not bounds.minimum <= value <= bounds.maximum:
            raise problem_below(name, f"must lie between {bounds.minimum} and {bounds.maximum} {bounds.unit}")
        if value is None and bounds.default is not None:
            raise problem_below(name, "needs a number")
    return thresholds


def unknown_products(names: Iterable[str], known: Knowledge) -> Iterator[tuple[str, str]]:
    """Yield each threshold that is set for something other than a product, and what is wrong with it.

    Which products there are depends on what the site lays over the knowledge, so the whole configuration is read first.
    """
    # A threshold of a drug that is only known as a neighbor would count for no order.
    checked = [product for product in known.products if product.scope is Scope.CHECKED]
    brands = {brand.id: product for product in checked for brand in product.brands}
    ids = [product.id for product in checked]
    for name in names:
        base, dot, product = name.partition(".")
        if not dot or product in ids:
            continue
        if product in brands:
            of = brands[product].id
            yield name, f"thresholds.{name}: {product} is a brand; a threshold is set for its product, {of}"
        else:
            yield name, f"thresholds.{base}: unknown product {product!r}{nearest(product, ids)}"


Thresholds = Annotated[dict[str, Decimal | None], BeforeValidator(_by_product), AfterValidator(_within_bounds)]
"""Values that a site has set, each within the bounds of the knowledge; ``<name>.<product>`` is that of one product."""


class TopicSettings(Section):
    """How one topic behaves."""

    mode: Annotated[Mode, BeforeValidator(on_off)] = Mode.LIVE
    indicator: Indicator | None = None
    owner: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)] | None = Field(
        None, description="Who is responsible for the topic. Shown in the workbench and reports, never on a card."
    )

    @field_validator("owner")
    @classmethod
    def _is_one_line(cls, owner: str | None) -> str | None:
        if owner is not None and not owner.isprintable():
            msg = "must be one line of plain text"
            raise ValueError(msg)
        return owner

    @property
    def judgment(self) -> frozenset[str]:
        """The settings that affect cards; an owner does not."""
        return frozenset(self.model_fields_set - {"owner"})


class QuirkSettings(Section):
    """Deviations from CDS Hooks that some clients need."""

    crd: bool = Field(
        default=False,
        description="Answer order-sign and order-dispatch with an empty systemActions, as Da Vinci CRD clients and "
        "their test suite want it.",
    )
    same_ids: bool = Field(
        default=False,
        description="Announce one id for all order hooks, so that a client replaces the cards of an earlier hook. "
        "A client that identifies services by address then calls only one hook.",
    )


def _version(value: object) -> object:
    """YAML reads an unquoted version as a number."""
    return str(value) if isinstance(value, float) else value


CrdVersion = Annotated[
    Literal["2.2"] | None,
    BeforeValidator(_version),
    Field(
        description="Answer the services of billing and coverage as this version of Da Vinci CRD wants; the clinical "
        "services stay as they are."
    ),
]


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


class ShadowSettings(Section):
    """Another policy that judges the same facts as the one in force; its cards are never shown."""

    thresholds: Thresholds = Field({})
    configuration: Path | None = Field(
        None, description="A configuration file whose topics, thresholds and profiles are tried."
    )

    @model_validator(mode="after")
    def _is_one_of_them(self) -> ShadowSettings:
        if self.thresholds and self.configuration is not None:
            raise problem_below("thresholds", "put them into the file that shadow.configuration names")
        return self


class PromotionSettings(Section):
    """What a topic must achieve in the shadow before it goes live; a criterion that is not set is not checked."""

    min_orders: int | None = Field(None, ge=1, description="How many orders must have been judged.")
    max_per_100_orders: float | None = Field(None, ge=0, le=100, description="How often it may fire.")
    min_reviewed: int | None = Field(None, ge=1, description="How many of its cases must have been reviewed.")
    min_right_share: float | None = Field(
        None, ge=0, le=1, description="The share of the reviewed cases that must be right."
    )


class RepeatSettings(Section):
    """Whether a finding that was overridden with a reason at selection is shown again at signing and dispatch."""

    enabled: bool = False
    hours: int = Field(24, ge=1, le=168, description="How long an override counts, from when it was received.")
    never: list[Indicator] = Field([Indicator.CRITICAL], description="Indicators whose cards are always shown again.")
