"""The facts used only by billing and coverage: supply, claim lines, diagnosis codes, prescriber, payer.

They are separate from the session, so that the clinical services neither read nor depend on them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
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
    """A quantity as written; milligrams and milliliters are already converted."""

    number: Decimal
    counted: Counted
    as_written: str


class ClaimLine(msgspec.Struct, frozen=True):
    """A HCPCS or CPT code in the session with quantity and modifiers. ``linked``: it refers to the order."""

    code: str
    quantity: Quantity | None
    modifiers: tuple[str, ...]
    places: tuple[str, ...]
    origin: Origin
    linked: bool


class Supplied(msgspec.Struct, frozen=True):
    """An order's supply and prescriber: specialties as codes and text, without the person's name."""

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

    ESTROGEN = "oestrogen"
    PROGESTERONE = "progesterone"


class Payer(msgspec.Struct, frozen=True):
    """The payer in a coverage of the patient; ``plan``: its description of the kind of plan."""

    name: str
    origin: Origin
    plan: str = ""


class InsuredBy(msgspec.Struct, frozen=True):
    """A Coverage of the patient, in force or not; ``payer`` is empty if its name could not be read.

    ``reference`` is the address used in an answer. ``rank`` is its position among the patient's coverages.
    """

    reference: str
    payer: Payer
    is_active: bool = True
    since: date | None = None
    until: date | None = None
    rank: int | None = None

    def is_in_force(self, on: date) -> bool:
        """Return whether the coverage is active and its period includes the day."""
        is_over = self.until is not None and self.until < on
        return self.is_active and not is_over and (self.since is None or self.since <= on)


class Approval(msgspec.Struct, frozen=True):
    """A prior authorization on record: its number, the billing codes it names, and the coverage if it says which."""

    number: str
    codes: tuple[str, ...]
    origin: Origin
    coverage: str = ""
    since: date | None = None
    until: date | None = None

    def is_for(self, codes: Collection[str], on: date) -> bool:
        """Return whether it names one of the codes and its period includes the day."""
        is_over = self.until is not None and self.until < on
        return not (is_over or (self.since is not None and self.since > on)) and any(
            each in codes for each in self.codes
        )


class CoverageExchange(msgspec.Struct, frozen=True):
    """A CRD client's configuration: the topics for which it wants no card or statement.

    ``says_nothing``: it wants no coverage statement. ``most_cards`` limits the number of cards.
    """

    withheld: tuple[str, ...] = ()
    says_nothing: bool = False
    most_cards: int | None = None


class BillingFacts(msgspec.Struct, frozen=True):
    """The facts for billing and coverage; ``supplied`` by the path of the order.

    ``exchange`` is set if the client uses CRD.
    """

    supplied: Mapping[str, Supplied] = msgspec.field(default_factory=dict)
    codes: tuple[RecordedCode, ...] = ()
    receptors: Mapping[Receptor, bool] = msgspec.field(default_factory=dict)
    payers: tuple[Payer, ...] = ()
    coverages: tuple[InsuredBy, ...] = ()
    approvals: tuple[Approval, ...] = ()
    exchange: CoverageExchange | None = None


class BillingSession(Session, frozen=True):
    """A session with its billing facts."""

    billing: BillingFacts = BillingFacts()
