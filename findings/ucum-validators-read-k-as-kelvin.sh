#!/usr/bin/env bash
# "K/uL", as laboratories of the United States write thousands of cells, is valid UCUM: kelvin per microliter.
#
# Versions: @lhncbc/ucum-lhc 7.1.10, @atomic-ehr/ucum 0.2.5, ucumvert 0.3.2. Seen: all three accept K/uL and G/L (gauss per liter,
# where laboratories mean giga) without a warning, and none converts them to 10*9/L: ucumvert says that it is a temperature.
# The first two also accept 10^9/L, which the grammar of UCUM does not have. Expected: an error or a hint, as ucum-lhc gives for
# IU/L ("did you mean [IU]"). Why it matters: an interface that lets a result through because its unit is valid UCUM lets a
# platelet count in kelvin through, and the system behind it then finds no count that it can compare.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund '@lhncbc/ucum-lhc@7.1.10' '@atomic-ehr/ucum@0.2.5' >/dev/null
cat >seen.mjs <<'JAVASCRIPT'
import assert from "node:assert";
import lhc from "@lhncbc/ucum-lhc";
import { ucum } from "@atomic-ehr/ucum";

const units = lhc.UcumLhcUtils.getInstance();
for (const unit of ["K/uL", "G/L", "10^9/L"]) {
  const first = units.validateUnitString(unit, true);
  console.log(unit, "ucum-lhc:", first.status, first.msg.join(" "), "| atomic-ehr:", ucum.validate(unit).valid);
  assert.equal(first.status, "valid");
  assert.equal(first.msg.length, 0);
  assert.equal(ucum.validate(unit).valid, true);
}
for (const unit of ["K/uL", "G/L"]) assert.equal(units.convertUnitTo(unit, 50, "10*9/L").status, "failed");
assert.equal(units.validateUnitString("IU/L", true).status, "invalid");
JAVASCRIPT
node seen.mjs
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'ucumvert==0.3.2' 'Pint==0.25.3'
venv/bin/python - <<'PYTHON'
from pint import DimensionalityError
from ucumvert import PintUcumRegistry

registry = PintUcumRegistry()
count = registry.from_ucum("10*9/L")
for written in ("K/uL", "G/L"):
    unit = registry.from_ucum(written)
    print(written, "ucumvert:", unit.units)
    try:
        unit.to(count.units)
    except DimensionalityError as error:
        print("  ", error)
    else:
        raise AssertionError(f"ucumvert now converts {written} to a count")
PYTHON
