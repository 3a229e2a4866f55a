"""Finds elements that have another JSON type than in FHIR, such as a note that is a bare text: they were not read.

Only elements that matter here are looked at. What is read in another shape as well, such as one object in place of an
array, is right. Types as in FHIR R4 (hl7.org/fhir/R4), with those of STU3 and R5 where these are read.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias, TypeVar

import msgspec

from cards.facts.origins import Gap

T = TypeVar("T")
Text: TypeAlias = str | None
Number: TypeAlias = float | str | None
Flag: TypeAlias = bool | str | None
Texts: TypeAlias = list[Text] | Text
_Many: TypeAlias = list[T | None] | T | None
"""An array; a single object in place of one is read as well."""


class _Element(msgspec.Struct, rename="camel", gc=False):
    """An element of which only what is read is looked at."""


class _Coding(_Element):
    system: Text = None
    code: Number = None
    display: Text = None


class _Concept(_Element):
    coding: _Many[_Coding] = None
    text: Text = None


class _Reference(_Element):
    reference: Text = None


class _Note(_Element):
    text: Text = None


class _Quantity(_Element):
    value: Number = None
    comparator: Text = None
    unit: Text = None
    system: Text = None
    code: Text = None


class _Range(_Element):
    low: _Quantity | None = None
    high: _Quantity | None = None


class _Ratio(_Element):
    numerator: _Quantity | None = None
    denominator: _Quantity | None = None


class _Period(_Element):
    start: Text = None
    end: Text = None


class _Repeat(_Element):
    bounds_period: _Period | None = None
    bounds_duration: _Quantity | None = None
    bounds_range: _Range | None = None
    count: Number = None
    count_max: Number = None
    frequency: Number = None
    frequency_max: Number = None
    period: Number = None
    period_max: Number = None
    period_unit: Text = None
    duration: Number = None
    duration_unit: Text = None
    day_of_week: Texts = None
    time_of_day: Texts = None
    when: Texts = None
    offset: Number = None


class _Timing(_Element):
    event: Texts = None
    repeat: _Repeat | None = None
    code: _Concept | None = None


Reference: TypeAlias = list[_Reference | None] | _Reference | str | None
Concepts: TypeAlias = _Many[_Concept]
Said: TypeAlias = list[_Concept | str | None] | _Concept | str | None
"""Concepts of a result, for which a bare text is read as well."""
Notes: TypeAlias = _Many[_Note]


class _ReferenceRange(_Element):
    low: _Quantity | None = None
    high: _Quantity | None = None
    type: _Concept | None = None
    applies_to: Concepts = None
    age: _Range | None = None
    text: Text = None


class _Component(_Element):
    code: _Concept | None = None
    value_quantity: _Quantity | None = None
    value_codeable_concept: _Concept | None = None
    value_string: Text = None
    value_boolean: Flag = None
    value_integer: Number = None
    value_range: _Range | None = None
    value_ratio: _Ratio | None = None
    value_date_time: Text = None
    data_absent_reason: _Concept | None = None
    interpretation: Said = None
    reference_range: list[_ReferenceRange | str | None] | _ReferenceRange | str | None = None


class _Observation(_Component):
    """A note as bare text, as STU3's ``comment`` is, is heard."""

    status: Text = None
    subject: Reference = None
    focus: _Many[_Reference] = None
    effective_date_time: Text = None
    effective_period: _Period | None = None
    effective_instant: Text = None
    effective_timing: _Timing | None = None
    issued: Text = None
    note: Notes | str = None
    body_site: _Concept | str | None = None
    method: _Concept | str | None = None
    component: _Many[_Component] = None


class _DoseAndRate(_Element):
    dose_quantity: _Quantity | None = None
    dose_range: _Range | None = None
    rate_quantity: _Quantity | None = None
    rate_range: _Range | None = None
    rate_ratio: _Ratio | None = None


class _Dosage(_DoseAndRate):
    text: Text = None
    patient_instruction: Text = None
    additional_instruction: Concepts = None
    timing: _Timing | None = None
    as_needed_codeable_concept: _Concept | None = None
    site: _Concept | None = None
    route: _Concept | None = None
    method: _Concept | None = None
    dose_and_rate: _Many[_DoseAndRate] = None
    max_dose_per_period: _Many[_Ratio] = None
    max_dose_per_administration: _Quantity | None = None


class _Order(_Element):
    status: Text = None
    intent: Text = None
    medication_codeable_concept: _Concept | str | None = None
    medication_reference: Reference = None
    subject: Reference = None
    authored_on: Text = None
    reason_code: Concepts = None
    reason_reference: _Many[_Reference] = None
    note: Notes = None
    dosage_instruction: _Many[_Dosage] = None


class _Dose(_Element):
    dose: _Quantity | None = None
    text: Text = None
    route: _Concept | None = None


class _Administration(_Element):
    status: Text = None
    medication_codeable_concept: _Concept | str | None = None
    medication_reference: Reference = None
    subject: Reference = None
    effective_date_time: Text = None
    effective_period: _Period | None = None
    note: Notes = None
    dosage: _Many[_Dose] = None


class _Service(_Element):
    code: _Concept | None = None
    based_on: _Many[_Reference] = None
    subject: Reference = None
    order_detail: Concepts = None
    note: Notes = None


class _Stage(_Element):
    summary: _Concept | None = None


class _Condition(_Element):
    clinical_status: _Concept | str | None = None
    verification_status: _Concept | str | None = None
    code: _Concept | None = None
    subject: Reference = None
    onset_date_time: Text = None
    onset_period: _Period | None = None
    abatement_date_time: Text = None
    abatement_period: _Period | None = None
    abatement_boolean: Flag = None
    abatement_string: Text = None
    recorded_date: Text = None
    stage: _Many[_Stage] = None
    note: Notes = None


LONGEST_PART = 60
"""How much of the place of an element is told."""
_INDEX = re.compile(r"\[[^\]]*\]")
_PLACE = re.compile(r"`\$\.?(.*)`$")
_BY_TYPE: dict[str, msgspec.json.Decoder[Any]] = {
    "Observation": msgspec.json.Decoder(_Observation),
    "Condition": msgspec.json.Decoder(_Condition),
    "MedicationRequest": msgspec.json.Decoder(_Order),
    "ServiceRequest": msgspec.json.Decoder(_Service),
    "MedicationAdministration": msgspec.json.Decoder(_Administration),
}


def misshapen(resource_type: str, raw: bytes | msgspec.Raw) -> str:
    """Return the path of the first element with the wrong JSON type, such as "note.text"; empty if all are right."""
    decoder = _BY_TYPE.get(resource_type)
    if decoder is None:
        return ""
    try:
        decoder.decode(raw)
    except msgspec.ValidationError as error:
        found = _PLACE.search(str(error))
        return _INDEX.sub("", found[1]) if found is not None else resource_type
    return ""


def gap_of_part(about: str | None, path: str, part: str, entry: tuple[tuple[str, str], ...] = ()) -> Gap:
    """Tell of a resource that one of its elements, as ``misshapen`` names it, was not read; ``entry`` names it."""
    return Gap(about, path, "misshapen", None, (*entry, ("part", part[:LONGEST_PART])))
