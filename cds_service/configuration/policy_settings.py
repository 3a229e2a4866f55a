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

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.knowledge.schema import Knowledge


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
