"""What a rule may answer. "Could not check" is an answer of its own and never looks like "checked and fine"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import msgspec

from cards.facts.order import BillingCode, OrderedDose, WrittenNdc
from cards.facts.origins import Gap, Origin
from cards.facts.topics import Topic, TopicCode
from cards.knowledge.schema import Cited
from cards.values.quantities import Mg, MgPerKg


class Indicator(StrEnum):
    """How urgent a card is, in the words of CDS Hooks."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Evidence(msgspec.Struct, frozen=True):
    """A line of the card's evidence: ``label`` is a key of the wording, ``text`` the value with unit and date.

    A line about unusable data has the gap, and the wording says why it could not be used. ``by`` is the source of a
    number; it must be among those that the finding cites. ``parts`` follow on the same line; ``below`` are separate
    lines under it.
    """

    label: str
    text: str
    origin: Origin | None = None
    gap: Gap | None = None
    values: tuple[tuple[str, str], ...] = ()
    by: Cited | None = None
    parts: tuple[Evidence, ...] = ()
    below: tuple[Evidence, ...] = ()


class Section(msgspec.Struct, frozen=True):
    """Lines of a card under a heading, which is a key of the wording."""

    heading: str
    lines: tuple[Evidence, ...]


class SetDose(msgspec.Struct, frozen=True, tag="set-dose"):
    """Replace dose quantities of the order; ``dose`` is the new dose as named in the suggestion.

    ``restated`` pairs the old dose in the other unit, as it may appear in a text, with its replacement.
    """

    dose: str
    changes: tuple[tuple[OrderedDose, Mg | MgPerKg], ...]
    restated: tuple[tuple[Mg | MgPerKg, Mg | MgPerKg], ...] = ()


class OrderTests(msgspec.Struct, frozen=True, tag="order-tests"):
    """Order the missing tests; each is a concept of the terminology.

    ``is_all``: all of several groups. ``by`` is the day of the dose that needs them; without one they are needed today.
    """

    concepts: tuple[str, ...]
    is_urgent: bool = True
    is_all: bool = False
    by: date | None = None


class RemoveOrder(msgspec.Struct, frozen=True, tag="remove-order"):
    """Remove the order from the session."""


class HoldOrder(msgspec.Struct, frozen=True, tag="hold-order"):
    """Put an order that is already signed on hold: unlike a draft, it cannot simply be removed."""


class ReplaceBillingCode(msgspec.Struct, frozen=True, tag="replace-billing-code"):
    """Replace another billing code by the product's own."""

    wrong: BillingCode
    code: str
    descriptor: str


class RemoveNdc(msgspec.Struct, frozen=True, tag="remove-ndc"):
    """Remove a National Drug Code from the order."""

    ndc: WrittenNdc


Fix = SetDose | OrderTests | RemoveOrder | HoldOrder | ReplaceBillingCode | RemoveNdc


class Fired(msgspec.Struct, frozen=True, tag="fired"):
    """The rule found something. ``values`` fill the wording; ``notes`` are keys of further sentences.

    ``variant`` chooses among the wordings of a topic. ``indicator`` overrides the topic's default. ``sections`` are for
    long cards such as the billing summary, and come after the rule.
    """

    values: Mapping[str, str]
    evidence: tuple[Evidence, ...]
    cited: tuple[Cited, ...]
    variant: str = "default"
    indicator: Indicator | None = None
    notes: tuple[tuple[str, Mapping[str, str]], ...] = ()
    fixes: tuple[Fix, ...] = ()
    sections: tuple[Section, ...] = ()


class Clear(msgspec.Struct, frozen=True, tag="clear"):
    """The rule checked everything it needs and found nothing."""


class Missing(msgspec.Struct, frozen=True, rename={"reported_by": "told_by"}):
    """A missing input of a rule: a wording key, and the topic that already reports it, if any.

    Records store ``reported_by`` as "told_by". ``is_urgent``: the rule would warn without data, so data that cannot be
    judged are a warning too.
    """

    what: str
    reported_by: Topic | None = None
    values: Mapping[str, str] = msgspec.field(default_factory=dict)
    is_urgent: bool = False


FAILED = "internal-error"
"""The missing input of a rule that raised an exception."""
AN_INTERNAL_ERROR = "an internal error (see the service's log)"
"""Why a part of the chart is unavailable that was there and failed to be read."""


class CannotTell(msgspec.Struct, frozen=True, tag="cannot-tell"):
    """The rule applies but could not be carried out."""

    missing: tuple[Missing, ...]


class NotApplicable(msgspec.Struct, frozen=True, tag="not-applicable"):
    """The rule has nothing to say about this order."""

    because: str


Outcome = Fired | Clear | CannotTell | NotApplicable


class Verdict(msgspec.Struct, frozen=True):
    """The outcome of one rule for one order (``None``: for the request as a whole)."""

    topic: TopicCode
    order: Origin | None
    outcome: Outcome
    product: str | None = None
    drug: str = ""
    soften: bool = False
