#!/usr/bin/env bash
# SMART's Python client gives a month, or a year, the time of midnight on its first day.
#
# Version: fhirclient 4.4.0. Seen: an Observation with the effectiveDateTime "2026-11" has the date 2026-11-01 00:00 and the
# isostring "2026-11-01T00:00:00"; a birthDate of "1961" has the date 1961-01-01 and the isostring "1961-01-01". Nothing beside
# them says that the day was not in the resource; only as_json() gives what was written. Expected: no day, or a sign that it is
# not one, since FHIR says that a partial date stands for the whole of its month or year; and no time of a day without
# a time, which FHIR leaves without a zone. Why it matters: the newest of two results is chosen by these values. A result of
# "2026-11" loses to one of 2 November though it may be the later one, and a patient of whom only the year is known has a
# birthday, and an age, on every form.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'fhirclient==4.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient

month = Observation(
    {"resourceType": "Observation", "status": "final", "code": {"text": "weight"}, "effectiveDateTime": "2026-11"}
)
year = Patient({"resourceType": "Patient", "birthDate": "1961"})
seen = {
    "month": (month.effectiveDateTime.isostring, month.as_json()["effectiveDateTime"]),
    "year": (year.birthDate.isostring, year.as_json()["birthDate"]),
}
for name, (completed, written) in seen.items():
    print(f"{name}: written {written}, isostring {completed}")
assert seen == {"month": ("2026-11-01T00:00:00", "2026-11"), "year": ("1961-01-01", "1961")}, seen
PYTHON
echo "as described"
