"""One decision: the answer and its reasons, suppressed cards, and what a policy on trial would have said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from cards.facts.outcomes import Verdict
from cards.facts.session import Session
from cards.presentation.grouping import CardContent
from cds_service.decisions.versions import Versions

if TYPE_CHECKING:
    from cds_service.store.overrides import Override


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A card that was not sent, the findings on it, and the override that suppressed it."""

    card: dict[str, Any]
    content: CardContent
    override: Override


@dataclass(frozen=True, slots=True)
class Tried:
    """What a policy on trial would have said on the same facts, and its versions."""

    versions: Versions
    verdicts: dict[str, Any]


class Decision(msgspec.Struct, frozen=True):
    """An answer and its reasons: every verdict, including silent ones, and the cards shown."""

    id: str
    cards: tuple[dict[str, Any], ...]
    verdicts: tuple[Verdict, ...]
    session: Session | None
    """The judged facts; ``None`` if nothing was judged."""
    duration_s: float
    shown: tuple[CardContent, ...] = ()
    """The findings behind each card, whether sent or suppressed."""
    suppressed: tuple[Suppressed, ...] = ()
    findings: Mapping[str, str] = msgspec.field(default_factory=dict)
    """The names of findings by card id, if repeats of them may be suppressed later."""
    actions: tuple[dict[str, Any], ...] = ()
    """System actions: coverage information written on orders, for CRD clients."""
    tried: Tried | None = None
    """The result of the policy on trial; ``None`` if nothing is on trial."""


def subjects(decision: Decision) -> list[CardContent]:
    """Return the content of each card sent."""
    suppressed = {id(each.content) for each in decision.suppressed}
    return [content for content in decision.shown if id(content) not in suppressed]
