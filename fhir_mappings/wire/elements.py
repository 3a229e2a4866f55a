"""Splits the Observations of a list into their elements while the list is parsed.

An Observation that is parsed as one piece is scanned twice: for its end, and for its codes. A list may have a thousand.
"""

from __future__ import annotations

from msgspec import UNSET, Raw, Struct, UnsetType

_NOT_SENT = Raw(b"")


class ObservationElements(Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """The usual elements of an Observation, parsed only for its type, id and date; encoded, the same JSON again.

    So that no element is lost, a request in which an Observation has another one is parsed the slower way: every field
    costs time for every Observation. They stand in the order in which servers write them, the fastest to parse.
    """

    resource_type: str | UnsetType = UNSET
    id: str | UnsetType = UNSET
    meta: Raw = _NOT_SENT
    text: Raw = _NOT_SENT
    contained: Raw = _NOT_SENT
    extension: Raw = _NOT_SENT
    identifier: Raw = _NOT_SENT
    based_on: Raw = _NOT_SENT
    status: Raw = _NOT_SENT
    category: Raw = _NOT_SENT
    code: Raw = _NOT_SENT
    subject: Raw = _NOT_SENT
    focus: Raw = _NOT_SENT
    encounter: Raw = _NOT_SENT
    effective_date_time: str | UnsetType = UNSET
    effective_period: Raw = _NOT_SENT
    effective_instant: Raw = _NOT_SENT
    issued: Raw = _NOT_SENT
    performer: Raw = _NOT_SENT
    value_quantity: Raw = _NOT_SENT
    value_codeable_concept: Raw = _NOT_SENT
    value_string: Raw = _NOT_SENT
    value_boolean: Raw = _NOT_SENT
    value_integer: Raw = _NOT_SENT
    value_range: Raw = _NOT_SENT
    data_absent_reason: Raw = _NOT_SENT
    interpretation: Raw = _NOT_SENT
    note: Raw = _NOT_SENT
    body_site: Raw = _NOT_SENT
    method: Raw = _NOT_SENT
    specimen: Raw = _NOT_SENT
    device: Raw = _NOT_SENT
    reference_range: Raw = _NOT_SENT
    has_member: Raw = _NOT_SENT
    derived_from: Raw = _NOT_SENT
    component: Raw = _NOT_SENT
