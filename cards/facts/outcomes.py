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

    A line about something that was set aside carries the gap, and the wording says why it could not be used.
    ``by`` names the source of a figure; it must be among those that the finding cites. ``parts`` are said on the same
    line, behind it; ``below`` are lines of their own under it.
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
    """Lines of a card under a heading of their own: ``heading`` is a key of the wording."""

    heading: str
    lines: tuple[Evidence, ...]


class SetDose(msgspec.Struct, frozen=True, tag="set-dose"):
    """Put other doses into quantities of the order; ``dose`` is how the suggestion names the change.

    ``restated`` pairs the same dose in the other unit, as a text may state it, with what the text must say then.
    """

    dose: str
    changes: tuple[tuple[OrderedDose, Mg | MgPerKg], ...]
    restated: tuple[tuple[Mg | MgPerKg, Mg | MgPerKg], ...] = ()


class OrderTests(msgspec.Struct, frozen=True, tag="order-tests"):
    """Order the missing tests; each is a concept of the terminology. ``is_all``: of several groups, every one.

    ``by`` is the day of the dose that needs them; without one they are needed today.
    """

    concepts: tuple[str, ...]
    is_urgent: bool = True
    is_all: bool = False
    by: date | None = None


class RemoveOrder(msgspec.Struct, frozen=True, tag="remove-order"):
    """Take the order out of the session."""


class HoldOrder(msgspec.Struct, frozen=True, tag="hold-order"):
    """Put an order that is already signed on hold: unlike a draft, it cannot simply be removed."""


class ReplaceBillingCode(msgspec.Struct, frozen=True, tag="replace-billing-code"):
    """Put the product's own billing code in the place of another."""

    wrong: BillingCode
    code: str
    descriptor: str


class RemoveNdc(msgspec.Struct, frozen=True, tag="remove-ndc"):
    """Take a National Drug Code off the order."""

    ndc: WrittenNdc


Fix = SetDose | OrderTests | RemoveOrder | HoldOrder | ReplaceBillingCode | RemoveNdc


class Fired(msgspec.Struct, frozen=True, tag="fired"):
    """The rule found something. ``values`` fill the wording; ``notes`` are keys of further sentences.

    ``variant`` chooses among the wordings of a topic. ``indicator`` overrides the topic's default. ``sections`` are for
    a card that is read as a sheet: they stand behind the rule.
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
    """The rule looked at everything it needs and found nothing."""


class Missing(msgspec.Struct, frozen=True, rename={"reported_by": "told_by"}):
    """What a rule would have needed: a wording key, and the topic that already reports it, if any.

    Records hold ``reported_by`` as "told_by". ``is_urgent``: the rule would warn if there were no data, so data that
    cannot be judged is a warning too.
    """

    what: str
    reported_by: Topic | None = None
    values: Mapping[str, str] = msgspec.field(default_factory=dict)
    is_urgent: bool = False


FAILED = "internal-error"
"""What a rule lacked that raised an exception."""
AN_INTERNAL_ERROR = "an internal error (the service's log has it)"
"""Why a part of the chart is unavailable that was there and failed to be read."""


class CannotTell(msgspec.Struct, frozen=True, tag="cannot-tell"):
    """The rule applies and could not be carried out."""

    missing: tuple[Missing, ...]


class NotApplicable(msgspec.Struct, frozen=True, tag="not-applicable"):
    """The rule has nothing to say about this order."""

    because: str


Outcome = Fired | Clear | CannotTell | NotApplicable


class Verdict(msgspec.Struct, frozen=True):
    """What one rule answered about one order (``None``: about the request as a whole)."""

    topic: TopicCode
    order: Origin | None
    outcome: Outcome
    product: str | None = None
    drug: str = ""
    soften: bool = False
