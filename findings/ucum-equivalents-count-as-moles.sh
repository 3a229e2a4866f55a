#!/usr/bin/env bash
# UCUM counts an equivalent as a mole, so a magnesium or calcium in mEq/L is doubled when it is converted to mmol/L.
#
# Versions: @atomic-ehr/ucum 0.2.5, ucum 0.0.7, ucumvert 0.3.2, @lhncbc/ucum-lhc 7.1.10. Seen: the first three convert 0.9 meq/L to 0.9 mmol/L
# and 4 meq/L to 4 mmol/L, without a warning. ucum-lhc refuses and asks for the charge of the ion; with a charge of 2 it
# gives 0.45 and 2. Expected: a refusal, since the unit does not say which ion it is. Magnesium and calcium have two charges, so
# 0.9 meq is 0.45 mmol. The three keep to the table of UCUM, where 1 eq is 1 mol; the text of UCUM itself says that 1 eq of calcium ions
# is half a mole. Sodium and potassium, with one charge, come out right. Why it matters: laboratories of the United States
# report magnesium in mEq/L, and limits elsewhere are in mmol/L. A magnesium of 0.45 mmol/L is dangerously low, and the label of
# lapatinib asks to correct it first, because of the QT interval; 0.9 mmol/L is in the middle of normal. A normal calcium of
# 4.8 mEq/L reads as a crisis.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts '@atomic-ehr/ucum@0.2.5' 'ucum@0.0.7' '@lhncbc/ucum-lhc@7.1.10' >/dev/null
cat >seen.mjs <<'JAVASCRIPT'
import assert from "node:assert";
import { ucum as atomic } from "@atomic-ehr/ucum";
import lhc from "@lhncbc/ucum-lhc";
import ucum from "ucum";

const units = lhc.UcumLhcUtils.getInstance();
for (const [name, value, real] of [["magnesium", 0.9, 0.45], ["calcium", 4, 2]]) {
  const answers = [atomic, ucum].map((each) => each.convert(value, "meq/L", "mmol/L"));
  const unknown = units.convertUnitTo("meq/L", value, "mmol/L");
  const known = units.convertUnitTo("meq/L", value, "mmol/L", { charge: 2 });
  console.log(`${name}, ${value} meq/L in mmol/L:`, ...answers, "| ucum-lhc:", unknown.status, "with the charge:", known.toVal);
  for (const answer of answers) assert.ok(Math.abs(answer - value) < 1e-9, `${name} is now ${answer}`);
  assert.equal(unknown.status, "failed");
  assert.equal(known.toVal, real);
}
JAVASCRIPT
node seen.mjs
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'ucumvert==0.3.2' 'Pint==0.25.3'
venv/bin/python - <<'PYTHON'
from ucumvert import PintUcumRegistry

registry = PintUcumRegistry()
for name, value in (("magnesium", 0.9), ("calcium", 4)):
    converted = (value * registry.from_ucum("meq/L")).to(registry.from_ucum("mmol/L").units).magnitude
    print(f"{name}, {value} meq/L in mmol/L: ucumvert:", converted)
    assert abs(converted - value) < 1e-9, f"{name} is now {converted}"
PYTHON
echo "as described"
