"""The setup of billing and coverage: the knowledge, the payer policies in the site's order, vials and prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from cards.knowledge.schema.billing import BillingKnowledge
from cards.knowledge.schema.coverage import PayerPolicy

if TYPE_CHECKING:
    from cards.knowledge.prices import PriceList
    from cards.knowledge.schema import Knowledge, Source


@dataclass(frozen=True, slots=True)
class BillingSetup:
    """The setup of a site.

    ``stock``: vial sizes in mg by product or brand; if a product is not named, all sizes are stocked. ``sources`` are
    the documents cited by the site's own policies.
    """

    known: BillingKnowledge
    policies: tuple[PayerPolicy, ...]
    stock: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    prices: PriceList | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)


def with_sources(known: Knowledge, setup: BillingSetup) -> Knowledge:
    """Add the documents of the site's own policies to those that cards may cite."""
    return msgspec.structs.replace(known, sources={**known.sources, **setup.sources})
