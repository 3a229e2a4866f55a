#!/usr/bin/env bash
# fhirpathpy converts units for some pairs only, and answers a firm "false" for equal amounts in every other pair.
#
# Version: fhirpathpy 2.2.4. Seen: 4.5 'g' = 4500 'mg' is true, so units seem to be converted; but 1 'mg' = 1000 'ug',
# 1 'L' = 1000 'mL', 3 'mg/kg' = 3000 'ug/kg' and 150 '10*3/uL' = 150 '10*9/L' are all false, and an Observation of
# 150 10*3/uL is not equal to 150 '10*9/L'. Expected: true, as FHIRPath says that quantities are compared after conversion (and
# as fhirpath.js 5.2.2 answers), or empty where an engine does not know how to convert. False is the one answer that says they
# differ. Why it matters: a rule that asks whether a dose or a platelet count is the stated one holds at a site that
# writes "10*3/uL" and quietly stops holding at one that writes "10*9/L".
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'fhirpathpy==2.2.4'
"$folder/venv/bin/python" - <<'PYTHON'
from fhirpathpy import evaluate
from fhirpathpy.models import models

assert evaluate({}, "4.5 'g' = 4500 'mg'") == [True], "grams are no longer converted"
for equal in (
    "1 'mg' = 1000 'ug'",
    "1 'L' = 1000 'mL'",
    "3 'mg/kg' = 3000 'ug/kg'",
    "150 '10*3/uL' = 150 '10*9/L'",
):
    answer = evaluate({}, equal)
    print(equal, "->", answer)
    assert answer == [False], f"{equal} is now {answer}"
quantity = {"value": 150, "unit": "10*3/uL", "system": "http://unitsofmeasure.org", "code": "10*3/uL"}
platelets = {"resourceType": "Observation", "status": "final", "code": {"text": "Platelets"}, "valueQuantity": quantity}
answer = evaluate(platelets, "Observation.value = 150 '10*9/L'", {}, models["r4"])
print("Observation.value = 150 '10*9/L' ->", answer)
assert answer == [False], f"the value of a resource is now {answer}"
PYTHON
