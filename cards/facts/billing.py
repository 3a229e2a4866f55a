"""What only billing and coverage read of a request: supply, claim lines, diagnosis codes, prescriber, payer.

It comes beside the session, so that the clinical services neither read it nor can depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

import msgspec

from cards.facts.origins import Origin
from cards.facts.session import Session


class Counted(StrEnum):
    """What a quantity counts."""

    MG = "mg"
    ML = "mL"
    UNITS = "billing units"
    VIALS = "vials"
    UNSAID = "unsaid"
    OTHER = "other"


class Quantity(msgspec.Struct, frozen=True):
    """A number of something, as written; milligrams and millilitres already in their unit."""

    number: Decimal
    counted: Counted
    as_written: str


class ClaimLine(msgspec.Struct, frozen=True):
    """A HCPCS or CPT code in the session with quantity and modifiers. ``linked``: it says that it is for the order."""

    code: str
    quantity: Quantity | None
    modifiers: tuple[str, ...]
    places: tuple[str, ...]
    origin: Origin
    linked: bool


class Supplied(msgspec.Struct, frozen=True):
    """What an order says of supply and prescriber: the specialties as codes and words, and no name of a person."""

    dispensed: Quantity | None = None
    infusion_minutes: int | None = None
    specialties: tuple[str, ...] = ()
    lines: tuple[ClaimLine, ...] = ()


class RecordedCode(msgspec.Struct, frozen=True):
    """An ICD-10-CM code of a condition on record, with its dot."""

    code: str
    label: str
    origin: Origin


class Receptor(StrEnum):
    """A hormone receptor."""

    OESTROGEN = "oestrogen"
    PROGESTERONE = "progesterone"


class Payer(msgspec.Struct, frozen=True):
    """Who pays, as a coverage of the patient says; ``plan``: what else it says of the kind of plan."""

    name: str
    origin: Origin
    plan: str = ""


class BillingFacts(msgspec.Struct, frozen=True):
    """What billing and coverage read beside the chart; ``supplied`` by the path of the order."""

    supplied: Mapping[str, Supplied] = msgspec.field(default_factory=dict)
    codes: tuple[RecordedCode, ...] = ()
    receptors: Mapping[Receptor, bool] = msgspec.field(default_factory=dict)
    payers: tuple[Payer, ...] = ()


class BillingSession(Session, frozen=True):
    """A session with what billing and coverage read beside it."""

    billing: BillingFacts = BillingFacts()
