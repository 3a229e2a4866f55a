"""Where a list of the chart is not complete: pages and entries that were left out, and entries that cannot be read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.facts.origins import Gap
from fhir_mappings.request.queries import PAGE_SIZES

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from fhir_mappings.request.prefetch import Answer
    from fhir_mappings.wire.resources import ResourceList

_TYPE = re.compile(r"[A-Z][a-z][A-Za-z]{1,60}")


def gaps_of_lists(answers: Mapping[str, Answer], required: frozenset[str], known: Container[str]) -> list[Gap]:
    """Report incomplete lists, and entries that could not be read at all; ``known`` are the types that are read."""
    found: list[Gap] = []
    for key, answer in answers.items():
        listing = answer.listing
        if listing is None or key not in required:
            continue
        is_short = listing.total is not None and listing.total > listing.matches
        if is_short or answer.partial or answer.withheld or answer.cut or listing.next_page:
            found += _of_incomplete(answer, listing, f"prefetch.{key}")
        if listing.matches == PAGE_SIZES.get(key) and listing.is_full(PAGE_SIZES.get(key)):
            found.append(Gap(None, f"prefetch.{key}", "full-page", values=(("sent", str(listing.matches)),)))
        for path in listing.broken:
            found.append(Gap(None, path, "malformed"))
        for stub in listing.non_observations if listing.stubs else ():
            if stub.resource_type not in known and not _TYPE.fullmatch(stub.resource_type):
                found.append(Gap(None, stub.path, "malformed"))
    return found


def _of_incomplete(answer: Answer, listing: ResourceList, path: str) -> Iterator[Gap]:
    """Yield what the server, or the limit of a request, left out of a list."""
    if listing.next_page:
        yield Gap(None, path, "next-page")
    if answer.partial:
        yield Gap(None, path, "partial")
    if answer.withheld:
        yield Gap(None, path, "withheld")
    if answer.cut:
        yield Gap(None, path, "list-cut")
    if listing.is_short:
        values = (("total", str(listing.total)), ("sent", str(listing.matches)))
        yield Gap(None, path, "short", values=values)
