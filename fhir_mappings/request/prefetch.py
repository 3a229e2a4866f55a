"""The four states of a prefetch key. "Not sent" and "none on record" are never the same."""

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
    """The state of a key."""

    PRESENT = "present"
    EMPTY = "empty"
    """``null``, or an empty list: the chart has none."""
    FAILED = "failed"
    """An OperationOutcome, or a value that is not a resource: the client tried and failed."""
    OMITTED = "omitted"


class Answer(msgspec.Struct, frozen=True):
    """The state of a key, and its resources, if any.

    ``partial`` if the server says that some are missing, ``cut`` if it exceeded the limit of a request.
    """

    state: PrefetchState
    listing: ResourceList | None = None
    partial: bool = False
    cut: bool = False


_PRESENT = PrefetchState.PRESENT
OMITTED = Answer(PrefetchState.OMITTED)


def read_answer(raw: bytes | msgspec.Raw | BundleEnvelope | Answer | None, path: str) -> Answer:
    """Read the value of one prefetch key, or the body of a search; an answer that is already read is returned as is."""
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
    outcomes = [stub for stub in listing.non_observations if stub.resource_type == "OperationOutcome"]
    if listing.stubs and not outcomes:
        return Answer(_PRESENT, listing)
    listing.stubs = [stub for stub in listing.stubs if stub.resource_type != "OperationOutcome"]
    serious = any(_is_serious(outcome) for outcome in outcomes)
    if not listing.stubs and not listing.broken:
        failed = serious or listing.is_short or any(outcome.path == path for outcome in outcomes)
        return Answer(PrefetchState.FAILED if failed else PrefetchState.EMPTY, listing)
    return Answer(PrefetchState.PRESENT, listing, partial=serious)


def is_answer_to(answer: Answer, query: str) -> bool:
    """Return whether a server sent what was asked for: a list for a search, else the resource.

    Anything else does not mean that the chart has none; "no such resource" does.
    """
    if (listing := answer.listing) is None:
        return answer.state is PrefetchState.EMPTY
    if "?" in query:
        return listing.is_bundle
    kind = query.partition("/")[0]
    return {each.resource_type for each in listing.stubs} == {kind}


def _is_serious(outcome: ResourceStub) -> bool:
    """Return whether an OperationOutcome reports an error; an unreadable one counts as an error."""
    try:
        issues = list(objects(outcome.content.get("issue")))
    except Unreadable:
        return True
    return any(text(issue.get("severity")) in _SERIOUS for _, issue in issues)
