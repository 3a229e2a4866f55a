"""The four states of a prefetch key. "Not sent" and "none on record" are never the same."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from fhir_mappings.wire.exact_json import Unreadable
from fhir_mappings.wire.lenient import objects, text
from fhir_mappings.wire.resources import BundleEnvelope, ResourceList

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fhir_mappings.wire.stubs import ResourceStub

_SERIOUS = frozenset({"error", "fatal"})
_MISSING = frozenset(
    {
        *("security", "login", "expired", "forbidden", "suppressed", "incomplete", "too-costly"),
        *("transient", "lock-error", "no-store", "exception", "timeout", "throttled"),
    }
)
"""The issue types (FHIR R4, issue-type) by which a server says, as a warning too, that it left results out: those of
security, those of a passing failure, and a search that was cut.

Epic marks a part that the client may not read as a ``suppressed`` warning; its notice on every answer, that there may
be more in the record, is ``processing`` or ``informational``.
"""


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

    ``partial`` if the server reports an error beside them, ``withheld`` if it says that it left some out, ``cut`` if
    there are more than the limit of a request.
    """

    state: PrefetchState
    listing: ResourceList | None = None
    partial: bool = False
    withheld: bool = False
    cut: bool = False


_PRESENT, _EMPTY = PrefetchState.PRESENT, PrefetchState.EMPTY
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
    outcomes: list[ResourceStub] = []
    if listing.stubs and (others := listing.non_observations):
        outcomes = [stub for stub in others if stub.resource_type == "OperationOutcome"]
    if not (outcomes or listing.is_refused or listing.is_redacted):
        # Most answers: a list, or none on record.
        if listing.stubs or listing.broken:
            return Answer(_PRESENT, listing)
        return Answer(PrefetchState.FAILED if listing.is_short else _EMPTY, listing)
    listing.stubs = [stub for stub in listing.stubs if stub.resource_type != "OperationOutcome"]
    issues = [issue for outcome in outcomes for issue in _issues(outcome)]
    serious = listing.is_refused or any(severity in _SERIOUS for severity, _ in issues)
    withheld = not serious and (listing.is_redacted or any(code in _MISSING for _, code in issues))
    if not listing.stubs and not listing.broken:
        failed = serious or withheld or listing.is_short or any(outcome.path == path for outcome in outcomes)
        return Answer(PrefetchState.FAILED if failed else PrefetchState.EMPTY, listing)
    return Answer(PrefetchState.PRESENT, listing, partial=serious, withheld=withheld)


def stubs_of(answers: Mapping[str, Answer]) -> list[ResourceStub]:
    """List the resources of all answers that are lists."""
    return [stub for answer in answers.values() if answer.listing for stub in answer.listing.stubs]


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


def is_of_other_kind(answer: Answer, query: str) -> bool:
    """Return whether a client sent, in place of a list, a resource of another kind than the query asks for."""
    listing = answer.listing
    if listing is None or listing.is_bundle or not listing.stubs:
        return False
    kind = query.partition("?")[0].partition("/")[0]
    return all(each.resource_type != kind for each in listing.stubs)


def _issues(outcome: ResourceStub) -> Iterator[tuple[str, str]]:
    """Yield the severity and the type of each issue of an OperationOutcome; an unreadable one counts as an error."""
    try:
        issues = list(objects(outcome.content.get("issue")))
    except Unreadable:
        yield "error", ""
        return
    for _, issue in issues:
        yield text(issue.get("severity")), text(issue.get("code"))
