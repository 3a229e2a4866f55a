"""Several versions of one resource in what was sent: a list of its history, or two lists of different age."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING

from fhir_mappings.wire.exact_json import Unreadable
from fhir_mappings.wire.lenient import child, number, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fhir_mappings.wire.stubs import ResourceStub

_REFERENCE = attrgetter("reference")
_READ_AGAIN = frozenset({"Observation", "Condition", "MedicationAdministration"})
"""The resources that say no more if they are read twice: of one dose, each amount counts once."""
_NAMES = (b'"lastUpdated"', b'"versionId"')


def replaced(stubs: Sequence[ResourceStub]) -> frozenset[int]:
    """Return the ``id()`` of each stub that is not to be read: of an older version, or a repetition.

    Two results, diagnoses or doses under one id without a version may be of two systems that number alike: both are
    read.
    """
    named = list(map(_REFERENCE, stubs))
    if len(set(named)) == len(named):
        # Nearly every chart: each resource once, and each with its id.
        return frozenset()
    several = {reference for reference, count in Counter(named).items() if count > 1 and reference}
    newest: dict[str, ResourceStub] = {}
    read: dict[str, set[bytes]] = {}
    found: set[int] = set()
    for stub in stubs:
        if stub.reference in several:
            kept = newest.setdefault(stub.reference, stub)
            if kept is not stub:
                new, old = _version(stub), _version(kept)
                if new == old and stub.resource_type in _READ_AGAIN:
                    sent = read.setdefault(stub.reference, {kept.as_sent()})
                    if stub.as_sent() not in sent:
                        sent.add(stub.as_sent())
                        continue
                found.add(id(kept if new > old else stub))
                newest[stub.reference] = stub if new > old else kept
    return frozenset(found)


def _version(stub: ResourceStub) -> tuple[str, Decimal]:
    if not stub.mentions(_NAMES):
        # Most repeated entries are the same one in two lists; they are not decoded for this.
        return "", Decimal(0)
    try:
        meta = child(stub.content, "meta")
    except Unreadable:
        meta = {}
    return text(meta.get("lastUpdated")), number(meta.get("versionId")) or Decimal(0)
