"""The day of a planned dose is the one at the site, as that of a dose given is."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from shapes import TERMINOLOGY

from fhir_mappings.medications.medication import MedicationReader
from fhir_mappings.patient.conditions import ConditionReader
from fhir_mappings.wire.references import References

NEW_YORK, SYDNEY = ZoneInfo("America/New_York"), ZoneInfo("Australia/Sydney")


def days(timing: Any, zone: ZoneInfo | None) -> list[str]:
    reader = MedicationReader(ConditionReader(TERMINOLOGY), zone=zone)
    resource = {"medicationCodeableConcept": {"text": "Kadcyla"}, "dosageInstruction": [{"timing": timing}]}
    order = reader.read(resource, "order", References(""))
    return [each.isoformat() for each in order.schedule.days or ((order.start or date.min),)]


@pytest.mark.parametrize(
    ("timing", "zone", "expected"),
    [
        ({"event": ["2026-11-30T03:00:00Z"]}, None, ["2026-11-30"]),
        ({"event": ["2026-11-30T03:00:00Z"]}, NEW_YORK, ["2026-11-29"]),
        ({"event": "2026-11-30T03:00:00Z"}, NEW_YORK, ["2026-11-29"]),
        ({"event": ["2026-11-29T22:30:00-05:00"]}, NEW_YORK, ["2026-11-29"]),
        ({"event": ["2026-11-29T23:00:00Z"]}, SYDNEY, ["2026-11-30"]),
        # Standard time, and summer time from March 14 on.
        ({"event": ["2027-03-13T04:30:00Z", "2027-03-15T03:30:00Z"]}, NEW_YORK, ["2027-03-12", "2027-03-14"]),
        # A day, a time without a zone, and midnight in UTC, which many systems write for a day.
        ({"event": ["2026-11-30"]}, NEW_YORK, ["2026-11-30"]),
        ({"event": ["2026-11-30T00:30:00"]}, NEW_YORK, ["2026-11-30"]),
        ({"event": ["2026-11-30T00:00:00Z"]}, NEW_YORK, ["2026-11-30"]),
        ({"event": ["2026-11-30T00:00:00.000+00:00"]}, NEW_YORK, ["2026-11-30"]),
        ({"event": ["0001-01-01T00:10:00Z"]}, NEW_YORK, ["0001-01-01"]),
        (
            {
                "repeat": {
                    "frequency": 1,
                    "period": 21,
                    "periodUnit": "d",
                    "boundsPeriod": {"start": "2026-11-30T03:00:00Z"},
                }
            },
            NEW_YORK,
            ["2026-11-29"],
        ),
    ],
)
def test_the_day_of_a_planned_dose(timing: Any, zone: ZoneInfo | None, expected: list[str]) -> None:
    assert days(timing, zone) == expected


@pytest.mark.parametrize(
    "timing", [None, "today", [], {"event": 5}, {"event": [None, 7]}, {"repeat": {"boundsPeriod": 3}}]
)
def test_what_is_no_timing_is_left_as_it_is(timing: Any) -> None:
    assert days(timing, NEW_YORK) == days(timing, None)
