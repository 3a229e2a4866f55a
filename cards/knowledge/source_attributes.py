"""Reads the source attributes of topics, and finds the documents they are based on.

The documents are taken from the knowledge in force, so that a site's own values and sources are included.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from cards.knowledge.loader import citations, parse
from cards.knowledge.schema.billing import BillingKnowledge
from cards.knowledge.schema.known import Knowledge
from cards.knowledge.schema.monitoring import Monitoring
from cards.knowledge.schema.products import Product
from cards.knowledge.schema.source_attributes import SourceAttributes, TopicAttributes
from cards.knowledge.schema.sourced import Confidence, KnowledgeError
from cards.knowledge.schema.supply import Brand
from cards.knowledge.schema.terminology import Terminology
from cards.knowledge.shipped import shipped_file
from cards.values.caching import once

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cards.knowledge.billing_setup import BillingSetup
    from cards.knowledge.schema import Cited

_FILE = "source_attributes.yaml"
BILLING, POLICIES = "billing", "policies"
_OF_BILLING = frozenset({BILLING, POLICIES})


@once
def source_attributes() -> SourceAttributes:
    """Return the shipped source attributes; read once.

    Raises:
        KnowledgeError: a field is unknown or missing, or a topic refers to something that does not exist.

    """
    found = parse(shipped_file(files("cards") / "knowledge" / _FILE), _FILE, SourceAttributes)
    for name, entry in found.topics.items():
        for each in entry.reads:
            if each not in found.data:
                raise KnowledgeError(f"{_FILE}: topics.{name}: unknown data {each!r}")
        for part in entry.stands_on:
            if not _is_part(part):
                raise KnowledgeError(f"{_FILE}: topics.{name}: unknown part of the knowledge {part!r}")
    for name, element in found.elements.items():
        if unknown := set(element.reads) - set(found.data):
            raise KnowledgeError(f"{_FILE}: elements.{name}: unknown data {sorted(unknown)}")
    return found


def cited_by(entry: TopicAttributes, known: Knowledge, billing: BillingSetup) -> Mapping[str, Confidence]:
    """Return the documents that a topic is based on, each with the best confidence of a value taken from it."""
    found: dict[str, Confidence] = {}
    for part in entry.stands_on:
        for cited in _citations(part, known, billing):
            best = found.get(cited.source, cited.confidence)
            found[cited.source] = min(best, cited.confidence, key=_RANK.index)
    return {**dict.fromkeys(entry.sources, Confidence.PRIMARY), **found}


_RANK = (
    Confidence.PRIMARY,
    Confidence.SITE,
    Confidence.DEFAULT,
    Confidence.SECONDARY,
    Confidence.UNVERIFIED,
)


def _is_part(name: str) -> bool:
    first, _, rest = name.partition(".")
    if rest:
        return rest.isidentifier() and rest in _INSIDE.get(first, ())
    return first in _OF_BILLING or first in Knowledge.__struct_fields__ or first in Product.__struct_fields__


_INSIDE = {
    "brands": Brand.__struct_fields__,
    "monitoring": Monitoring.__struct_fields__,
    BILLING: BillingKnowledge.__struct_fields__,
    "terminology": Terminology.__struct_fields__,
}


def _citations(part: str, known: Knowledge, billing: BillingSetup) -> Iterator[Cited]:
    first, _, rest = part.partition(".")
    if first == BILLING:
        yield from citations(getattr(billing.known, rest) if rest else billing.known)
    elif first == POLICIES:
        yield from citations(billing.policies)
    elif first in Knowledge.__struct_fields__:
        node = getattr(known, first)
        yield from citations(getattr(node, rest) if rest else node)
    else:
        for product in known.products:
            node = getattr(product, first)
            for each in node if isinstance(node, tuple) else (node,):
                yield from citations(getattr(each, rest) if rest else each)
