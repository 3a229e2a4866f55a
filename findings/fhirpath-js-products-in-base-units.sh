#!/usr/bin/env bash
# fhirpath.js gives a dose that it multiplies out in kilograms, and a concentration in grams per cubic meter.
#
# Version: fhirpath.js 5.2.2. Seen: 3.6 'mg/kg' * 70 'kg' is 0.000252 'kg', 252 'mg' / 1 'mL' is 252000 'm-3.g1', 120 'mL/h' * 2 'h' is
# 0.00024 'm3', and 6 'mg/mL' * 10 'mL' is 0.060000000000000005 'g1'; 252 'mg' + 1 'g' and 126 'mg' * 2 stay in mg. FHIRPath's own
# example, 12 'cm' * 3 'cm', for which it says 36 'cm2', is 0.0036 'm2'. Expected: the product of the units as they are
# written, as that example has it. The amounts are equal, and a comparison with 252 'mg' is true. Why it matters:
# the value is what is read on: into a dose of an order, a text, a rounding to whole milligrams, a limit that is a bare
# number. (3.6 'mg/kg' * 70 'kg').value is 0.000252, and round(0) of it is 0, while a sum of the same doses is a number of mg.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts 'fhirpath@5.2.2' >/dev/null
cat >seen.cjs <<'JAVASCRIPT'
const assert = require("node:assert");
const fhirpath = require("fhirpath");
const r4 = require("fhirpath/fhir-context/r4");

const weight = {
  resourceType: "Observation",
  status: "final",
  code: { text: "Body weight" },
  valueQuantity: { value: 70, unit: "kg", system: "http://unitsofmeasure.org", code: "kg" },
};
const SEEN = {
  "12 'cm' * 3 'cm'": "0.0036 'm2'",
  "3.6 'mg/kg' * 70 'kg'": "0.000252 'kg'",
  "3.6 'mg/kg' * Observation.value": "0.000252 'kg'",
  "(3.6 'mg/kg' * Observation.value).value": "0.000252",
  "(3.6 'mg/kg' * Observation.value).value.round(0)": "0",
  "3.6 'mg/kg' * Observation.value = 252 'mg'": "true",
  "252 'mg' / 1 'mL'": "252000 'm-3.g1'",
  "120 'mL/h' * 2 'h'": "0.00024 'm3'",
  "6 'mg/mL' * 10 'mL'": "0.060000000000000005 'g1'",
  "126 'mg' * 2": "252 'mg'",
  "252 'mg' + 1 'g'": "1252 'mg'",
};
for (const [expression, expected] of Object.entries(SEEN)) {
  const [answer] = fhirpath.evaluate(weight, expression, {}, r4, { async: false });
  console.log(`${expression}: ${answer}`);
  assert.equal(String(answer), expected);
}
JAVASCRIPT
node seen.cjs
echo "as described"
