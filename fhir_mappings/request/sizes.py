"""Size limits of a request. Nothing is cut off without notice.

With too many orders, instructions, codings or prefetch keys, the request is refused, and the error names the field and
the limit. With too many entries in the chart's lists, the first ones are read, and a card says which list was cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import structs

from fhir_mappings.wire.lenient import child, items

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fhir_mappings.request.prefetch import Answer
    from fhir_mappings.wire.lenient import Json


class Sizes(msgspec.Struct, frozen=True):
    """The limits, each for one whole request. ``codings`` are those that name a drug ordered in the session."""

    orders: int = 1000
    instructions: int = 5000
    codings: int = 10_000
    entries: int = 20_000
    keys: int = 10_000


class TooManyError(ValueError):
    """A request exceeds a limit."""

    def __init__(self, what: str, limit: int, expression: str) -> None:
        """Keep what exceeds the limit, the limit, and the field."""
        super().__init__(f"more than {limit} {what}")
        self.expression = expression


def check_sizes(prefetch: Mapping[str, object], bundle: Json, limits: Sizes) -> None:
    """Count the prefetch keys and the orders of a session, their instructions and the codings of their drugs.

    Raises:
        TooManyError: there are more than the limits allow.

    """
    if len(prefetch) > limits.keys:
        raise TooManyError("keys", limits.keys, "prefetch")
    check_orders(list(_resources(bundle)), limits, "context.draftOrders.entry")


def _resources(bundle: Json) -> Iterator[object]:
    """List the resources of a Bundle and of the Bundles inside it."""
    for entry in items(bundle.get("entry")):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        yield resource
        if isinstance(resource, dict) and resource.get("resourceType") == "Bundle":
            yield from _resources(resource)


def check_orders(orders: Sequence[object], limits: Sizes, expression: str) -> None:
    """Count the orders of this request, with nested ones, their instructions and their codings.

    Raises:
        TooManyError: there are more than the limits allow; ``expression`` is the field that it names.

    """
    inside = [each for order in orders if isinstance(order, dict) for each in items(order.get("contained"))]
    if len(orders) + len(inside) > limits.orders:
        raise TooManyError("orders", limits.orders, expression)
    instructions = codings = 0
    for order in (*orders, *inside):
        if isinstance(order, dict):
            instructions += len(items(order.get("dosageInstruction")))
            codings += sum(map(_count, _concepts(order)))
    if instructions > limits.instructions:
        raise TooManyError("dosage instructions", limits.instructions, expression)
    if codings > limits.codings:
        raise TooManyError("codings", limits.codings, expression)


def _concepts(order: Json) -> Iterator[Any]:
    """List the concepts that name a drug: of an order, a service, or a Medication with its ingredients."""
    yield order.get("medicationCodeableConcept")
    yield order.get("code")
    for ingredient in items(order.get("ingredient")):
        yield child(ingredient, "itemCodeableConcept")


def _count(concept: Any) -> int:
    if isinstance(concept, list):
        return sum(map(_count, concept))
    return len(items(concept.get("coding"))) + len(items(concept.get("extension"))) if isinstance(concept, dict) else 0


def first_entries(answers: Mapping[str, Answer], limit: int) -> Mapping[str, Answer]:
    """Keep the first entries of the lists that were sent, ``limit`` in total; a shortened list is marked."""
    count = 0
    for answer in answers.values():
        if answer.listing is not None:
            count += len(answer.listing.stubs) + len(answer.listing.broken)
    if count <= limit:
        return answers
    kept, left = {}, limit
    for key, answer in answers.items():
        listing = answer.listing
        if listing is not None:
            if is_cut := len(listing.stubs) + len(listing.broken) > left:
                listing.stubs = listing.stubs[:left]
                listing.broken = listing.broken[: left - len(listing.stubs)]
            left -= len(listing.stubs) + len(listing.broken)
            answer = structs.replace(answer, cut=is_cut)  # noqa: PLW2901 - the same answer, marked
        kept[key] = answer
    return kept
