#!/usr/bin/env bash
# labunits takes the name "Creatinine" for that of a 24-hour urine, so a serum creatinine is converted to a tenth of itself.
#
# Version: labunits 0.2.1. Seen: to_si_unit(1.0, "Creatinine") is 8.84, where the LOINC code 2160-0 (serum) gives 88.4; back again,
# 120 is 13.6 by the name and 1.36 by the code. "Magnesium" is the one in mEq/L, so 1.8 mg/dL is 0.9, not 0.74. Several entries of its
# table have one name, and the last is taken. Expected: an error, as for a name that it does not know, since a name that means
# two measurements means neither; or the specimen as an argument. Why it matters: the documentation offers names beside codes,
# the number comes back without its unit, and both are numbers that a creatinine can be. 8.84 read as umol/L is
# a clearance ten times too high, 13.6 mg/dL is the failure of both kidneys, and doses follow from either.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'labunits==0.2.1'
"$folder/venv/bin/python" - <<'PYTHON'
from collections import Counter

from labunits.converters import analytes, si_unit, to_si_unit, to_traditional_unit

SERUM, MAGNESIUM = "2160-0", "19123-9"
seen = {
    "1.0 by name": to_si_unit(1.0, "Creatinine"),
    "1.0 by code": to_si_unit(1.0, SERUM),
    "120 by name": round(to_traditional_unit(120, "Creatinine"), 2),
    "120 by code": round(to_traditional_unit(120, SERUM), 2),
    "magnesium of 1.8 by name": round(to_si_unit(1.8, "Magnesium"), 2),
    "magnesium of 1.8 by code": round(to_si_unit(1.8, MAGNESIUM), 2),
}
for name, value in seen.items():
    print(f"{name}: {value}")
print("units of creatinine:", si_unit("Creatinine"), "and", si_unit(SERUM))
shared = [name for name, count in Counter(each.name for each in analytes()).items() if count > 1]
print("names of several entries:", ", ".join(shared))
assert list(seen.values()) == [8.84, 88.4, 13.57, 1.36, 0.9, 0.74], seen
assert si_unit("Creatinine") == "mmol/day"
assert "Creatinine" in shared and "Magnesium" in shared
try:
    to_si_unit(1.0, "Creatine")
except ValueError as error:
    print("an unknown name:", error)
else:
    raise AssertionError("an unknown name is no longer refused")
PYTHON
echo "as described"
