"""The four states of a prefetch key. "Not sent" and "none on record" are never the same thing."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from fhir_mappings.wire.lenient import objects, text
from fhir_mappings.wire.resources import BundleEnvelope, ResourceList, Unreadable

if TYPE_CHECKING:
    from fhir_mappings.wire.resources import ResourceStub

_SERIOUS = frozenset({"error", "fatal"})


class PrefetchState(StrEnum):
    """What the client said about a key."""

    PRESENT = "present"
    EMPTY = "empty"
    """``null``, or a list without entries: the chart has none."""
    FAILED = "failed"
    """An OperationOutcome, or a value that is no resource: the client tried and could not."""
    OMITTED = "omitted"


class Answer(msgspec.Struct, frozen=True):
    """The state of a key, and its resources where there are any.

    ``partial`` when the server says that some lack, ``cut`` when it holds more than one request may.
    """

    state: PrefetchState
    listing: ResourceList | None = None
    partial: bool = False
    cut: bool = False


_PRESENT = PrefetchState.PRESENT
OMITTED = Answer(PrefetchState.OMITTED)


def read_answer(raw: bytes | msgspec.Raw | BundleEnvelope | Answer | None, path: str) -> Answer:
    """Read the value of one prefetch key, or the body of a search; one that has been read already stays as it is."""
    if isinstance(raw, BundleEnvelope):
        listing = ResourceList.of(raw, path)
    elif isinstance(raw, Answer):
        return raw
    elif raw is None or memoryview(raw)[:8].tobytes().strip() == b"null":
        return Answer(PrefetchState.EMPTY)
    else:
        try:
            listing = ResourceList.read(raw, path)
        except Unreadable:
            return Answer(PrefetchState.FAILED)
    outcomes = [glimpse for glimpse in listing.non_observations if glimpse.resource_type == "OperationOutcome"]
    if listing.glimpses and not outcomes:
        return Answer(_PRESENT, listing)
    listing.glimpses = [glimpse for glimpse in listing.glimpses if glimpse.resource_type != "OperationOutcome"]
    serious = any(_is_serious(outcome) for outcome in outcomes)
    if not listing.glimpses and not listing.broken:
        failed = serious or listing.is_short or any(outcome.path == path for outcome in outcomes)
        return Answer(PrefetchState.FAILED if failed else PrefetchState.EMPTY, listing)
    return Answer(PrefetchState.PRESENT, listing, partial=serious)


def is_answer_to(answer: Answer, query: str) -> bool:
    """Return whether what a server sent is of the kind that was asked for: a list for a search, else the resource.

    A server that sends anything else has not said that the chart has none; one that knows no such resource has.
    """
    if (listing := answer.listing) is None:
        return answer.state is PrefetchState.EMPTY
    if "?" in query:
        return listing.is_bundle
    kind = query.partition("/")[0]
    return {each.resource_type for each in listing.glimpses} == {kind}


def _is_serious(outcome: ResourceStub) -> bool:
    """Return whether an OperationOutcome reports an error; one that cannot be read is taken to."""
    try:
        issues = list(objects(outcome.content.get("issue")))
    except Unreadable:
        return True
    return any(text(issue.get("severity")) in _SERIOUS for _, issue in issues)
