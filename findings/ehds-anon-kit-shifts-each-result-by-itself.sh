#!/usr/bin/env bash
# A de-identification kit for FHIR moves each result of a patient by days of its own, so a falling count rises.
#
# Version: ehds-anon-kit 0.1.0 (profile ehds-secondary-default). Seen: platelets of 180, 96 and 41, three weeks apart, are moved by -66, 68
# and 33 days. By the new dates they are 180, 41 and 96: the lowest count is no longer the last, and the chart ends with a
# recovery that never was. The visit of the first result moves by -8 days. All of them still refer to one patient. The package's
# own description of the shift is one number for each patient, from the patient's pseudonym; it is taken from the pseudonym of
# each resource. Expected: one shift for each patient, which keeps the order of events and the days between them. Why it
# matters: rules are tried on such data before they meet patients: "hold the dose below 50", "the ejection fraction fell by 10
# points", "no result within 7 days". Each asks for the newest value, a change, or a distance in days. Here all of these
# are chance, and nothing in the file or its report says so.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'ehds-anon-kit==0.1.0'
"$folder/venv/bin/python" - <<'PYTHON'
import os
from datetime import date

from ehds_anon.fhir_anon import anonymize_bundle
from ehds_anon.profiles import load_profile
from ehds_anon.pseudonymisation import PseudonymGenerator

os.environ["KEY_OF_THE_RELEASE"] = "made up for this run"
COUNTED = {"2026-09-01": 180, "2026-09-22": 96, "2026-10-13": 41}
patient = {"resourceType": "Patient", "id": "a", "birthDate": "1961-02-03"}
results = [
    {
        "resourceType": "Observation",
        "id": f"platelets-{number}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "777-3"}]},
        "subject": {"reference": "Patient/a"},
        "effectiveDateTime": day,
        "valueQuantity": {"value": count, "unit": "10*9/L", "system": "http://unitsofmeasure.org", "code": "10*9/L"},
    }
    for number, (day, count) in enumerate(COUNTED.items(), 1)
]
visit = {
    "resourceType": "Encounter",
    "id": "visit-1",
    "status": "finished",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
    "subject": {"reference": "Patient/a"},
    "period": {"start": "2026-09-01", "end": "2026-09-01"},
}
chart = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in (patient, *results, visit)]}
moved = anonymize_bundle(chart, load_profile("ehds-secondary-default"), PseudonymGenerator("env:KEY_OF_THE_RELEASE"))
person, *tests, encounter = (entry["resource"] for entry in moved.bundle["entry"])
assert {each["subject"]["reference"] for each in (*tests, encounter)} == {f"Patient/{person['id']}"}


def days_between(before: str, after: str) -> int:
    return (date.fromisoformat(after) - date.fromisoformat(before)).days


by_date = sorted((test["effectiveDateTime"], test["valueQuantity"]["value"]) for test in tests)
shifts = [days_between(before, test["effectiveDateTime"]) for before, test in zip(COUNTED, tests, strict=True)]
visited = days_between("2026-09-01", encounter["period"]["start"])
print("before:", *COUNTED.items())
print("after:", *by_date)
print("days moved, results:", shifts, "visit:", visited)
assert (shifts, visited) == ([-66, 68, 33], -8), "the days are others now"
assert [count for _, count in by_date] == [180, 41, 96], "the order is another now"
PYTHON
echo "as described"
