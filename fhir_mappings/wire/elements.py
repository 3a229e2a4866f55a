"""Splits the Observations of a list into their elements while the list is parsed.

An Observation that is parsed as one piece is scanned twice: for its end, and for its codes. A list may have a thousand.
"""

from __future__ import annotations

from msgspec import UNSET, Raw, Struct, UnsetType

NOT_SENT = Raw(b"")
"""Stands for an element that was not sent."""


class ObservationElements(Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """The usual elements of an Observation, parsed only for its type, id and date; encoded, the same JSON again.

    So that no element is lost, a request in which an Observation has another one is parsed the slower way: every field
    costs time for every Observation. They stand in the order in which servers write them, the fastest to parse.
    """

    resource_type: str | UnsetType = UNSET
    id: str | UnsetType = UNSET
    meta: Raw = NOT_SENT
    text: Raw = NOT_SENT
    contained: Raw = NOT_SENT
    extension: Raw = NOT_SENT
    identifier: Raw = NOT_SENT
    based_on: Raw = NOT_SENT
    status: Raw = NOT_SENT
    category: Raw = NOT_SENT
    code: Raw = NOT_SENT
    subject: Raw = NOT_SENT
    focus: Raw = NOT_SENT
    encounter: Raw = NOT_SENT
    effective_date_time: str | UnsetType = UNSET
    effective_period: Raw = NOT_SENT
    effective_instant: Raw = NOT_SENT
    issued: Raw = NOT_SENT
    performer: Raw = NOT_SENT
    value_quantity: Raw = NOT_SENT
    value_codeable_concept: Raw = NOT_SENT
    value_string: Raw = NOT_SENT
    value_boolean: Raw = NOT_SENT
    value_integer: Raw = NOT_SENT
    value_range: Raw = NOT_SENT
    data_absent_reason: Raw = NOT_SENT
    interpretation: Raw = NOT_SENT
    note: Raw = NOT_SENT
    body_site: Raw = NOT_SENT
    method: Raw = NOT_SENT
    specimen: Raw = NOT_SENT
    device: Raw = NOT_SENT
    reference_range: Raw = NOT_SENT
    has_member: Raw = NOT_SENT
    derived_from: Raw = NOT_SENT
    component: Raw = NOT_SENT
