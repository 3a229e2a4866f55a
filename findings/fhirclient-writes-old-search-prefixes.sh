#!/usr/bin/env bash
# SMART's Python client writes a search "later than this day" in a form that FHIR gave up before R4.
#
# Version: fhirclient 4.4.0 (R4 models). Seen: Observation.where({"date": {"$gt": "2026-11-01"}}) becomes "date=>2026-11-01", and "$lt"
# on a quantity becomes "value-quantity=<150"; "$gte" and "$lte" become ">=" and "<=". Expected: the prefixes gt, lt, ge and
# le, which FHIR has used since DSTU 2 and which are the only ones in R4. Why it matters: R4 lets a server refuse the
# parameter or pass over it. Where it is passed over, the query for "results since the last cycle" answers with the whole
# history, and nothing in the answer says so but the self link.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'fhirclient==4.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
from urllib.parse import unquote

from fhirclient.models.observation import Observation

EXPECTED = {
    ("date", "$gt", "2026-11-01"): "date=>2026-11-01",
    ("date", "$gte", "2026-11-01"): "date=>=2026-11-01",
    ("value-quantity", "$lt", "150"): "value-quantity=<150",
    ("value-quantity", "$lte", "150"): "value-quantity=<=150",
}
for (parameter, operator, value), expected in EXPECTED.items():
    written = unquote(Observation.where({parameter: {operator: value}}).construct())
    print(f"{parameter} {operator} {value}: {written}")
    assert written == f"Observation?{expected}", written
PYTHON
echo "as described"
