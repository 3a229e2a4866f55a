#!/usr/bin/env bash
# fhirpathpy rounds halves to the even neighbor, where FHIRPath asks for the ordinary rounding.
#
# Version: fhirpathpy 2.2.4. Seen: 252.5.round(0) is 252 and 253.5.round(0) is 254; 2.345.round(2) is 2.34. Expected: 253, 254 and
# 2.35. FHIRPath (Math, round) says "a traditional round", that is, 0.5 or higher rounds to 1, and fhirpath.js 5.2.2 answers
# 253 and 254. Numbers are decimals here, so it is no matter of binary floats: the engine calls Python's round(), which is
# half-to-even. Why it matters: the same expression gives two doses a milligram apart in two engines of the same
# standard, and every second half in one engine goes down; a dose rounded for an order, or a count of vials, differs by
# who evaluated it.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'fhirpathpy==2.2.4'
"$folder/venv/bin/python" - <<'PYTHON'
from decimal import Decimal

from fhirpathpy import evaluate
from fhirpathpy.models import models

for expression, seen, expected in (
    ("252.5.round(0)", "252", "253"),
    ("253.5.round(0)", "254", "254"),
    ("2.345.round(2)", "2.34", "2.35"),
):
    (answer,) = evaluate({}, expression)
    print(expression, "->", answer, "expected", expected)
    assert answer == Decimal(seen), f"{expression} is now {answer}"
dose = {"value": 252.5, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
order = {"resourceType": "MedicationRequest", "dosageInstruction": [{"doseAndRate": [{"doseQuantity": dose}]}]}
(answer,) = evaluate(order, "MedicationRequest.dosageInstruction.doseAndRate.dose.value.round(0)", {}, models["r4"])
print("the dose of an order, 252.5 mg ->", answer)
assert answer == Decimal(252), f"the dose of an order is now {answer}"
PYTHON
