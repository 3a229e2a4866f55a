#!/usr/bin/env bash
# fhir.resources accepts codes that FHIR's required bindings forbid.
#
# Version: fhir.resources 8.3.0 (R4B models). Seen: an Observation with the status "done", a Quantity with the comparator "!="
# and a Timing with the period unit "weeks" all validate, and are written out as they came. The models list the allowed codes
# as metadata and do not check them. Expected: an error for each, since FHIR binds all three elements with strength
# "required". Why it matters: a service that takes a validated resource for one with known codes reads "not equal to 24" as 24,
# a result that is not final as final, or three weeks as an unknown unit. Codes must be checked where they are read.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'fhir.resources==8.3.0'
"$folder/venv/bin/python" - <<'PYTHON'
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.timing import Timing

coded = {"resourceType": "Observation", "code": {"text": "AST"}}
quantity = {"value": 24, "comparator": "!=", "unit": "U/L"}
seen = [
    Observation.model_validate({**coded, "status": "done"}).status,
    Observation.model_validate({**coded, "status": "final", "valueQuantity": quantity}).valueQuantity.comparator,
    Timing.model_validate({"repeat": {"frequency": 1, "period": 3, "periodUnit": "weeks"}}).repeat.periodUnit,
]
print("accepted:", seen)
assert seen == ["done", "!=", "weeks"], "fhir.resources now checks required bindings"
PYTHON
