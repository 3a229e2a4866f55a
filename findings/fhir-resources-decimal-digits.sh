#!/usr/bin/env bash
# fhir.resources loses digits of FHIR decimals when it reads JSON by itself, though its fields are Decimal.
#
# Version: fhir.resources 8.3.0 (R4B models, pydantic 2.14). Seen: a Quantity of 1.10 read with model_validate_json holds
# Decimal("1.1") and is written as 1.1; 100000000000000000.1 becomes 1E+17 and is written as 100000000000000000. Expected:
# the digits as they came, since FHIR says that a decimal's precision is part of its value and is to be preserved, and the
# field's type promises it. The number goes through a binary float before it becomes a Decimal; reading the JSON first, with
# parse_float=Decimal, and validating the result keeps every digit. Why it matters: "1.10" and "1.1" say different
# things of a laboratory's precision, and an update that returns the EHR's own resource would change a field nobody touched.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'fhir.resources==8.3.0' 'pydantic==2.14.*'
"$folder/venv/bin/python" - <<'PYTHON'
import json
from decimal import Decimal

from fhir.resources.R4B.observation import Observation

text = '{"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueQuantity": {"value": 1.10}}'
by_itself = Observation.model_validate_json(text).valueQuantity.value
by_json = Observation.model_validate(json.loads(text, parse_float=Decimal)).valueQuantity.value
print("model_validate_json:", repr(by_itself), "model_validate after json.loads:", repr(by_json))
assert str(by_itself) == "1.1", "model_validate_json now keeps the digits"
assert str(by_json) == "1.10", "the other way no longer keeps them"
PYTHON
