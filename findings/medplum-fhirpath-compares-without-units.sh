#!/usr/bin/env bash
# Medplum's FHIRPath compares and multiplies quantities by their numbers alone, and keeps the unit of whichever stands first.
#
# Version: @medplum/core 5.2.13. Seen: a weight of 70000 g is > 80 'kg', and so is one of 154 [lb_av]; platelets of 75000 /uL are not
# < 100 '10*9/L'; 90 kg is > 80 'cm'. 3.6 'mg/kg' times a weight of 70 kg is 252 mg/kg, and the other way round it is 252 kg;
# 70 kg + 1 'g' is 71 kg. Only = minds the unit, and calls 70000 g and 70 'kg' different. Expected: false, false and true, nothing for
# kilograms and centimeters, and equal, as fhirpath.js 5.2.2 answers; or nothing at all where an engine does not convert.
# FHIRPath compares quantities of one dimension after conversion, and has no answer for two dimensions. Why it matters: the
# criteria of plans and subscriptions and the calculations of forms are written with units, which is how their authors guard
# against a site that weighs in pounds. They hold or fail by chance, and a dose worked out from a weight is still "per kg".
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts '@medplum/core@5.2.13' 'fhirpath@5.2.2' >/dev/null
cat >seen.mjs <<'JAVASCRIPT'
import assert from "node:assert";
import fhirpath from "fhirpath";
import r4 from "fhirpath/fhir-context/r4/index.js";

// Node 20 has none, and the package names it when it is loaded.
globalThis.WebSocket ??= class extends EventTarget {};
const { evalFhirPath } = await import("@medplum/core");

const measured = (value, code) => ({
  resourceType: "Observation",
  status: "final",
  code: { text: "Measured" },
  valueQuantity: { value, unit: code, system: "http://unitsofmeasure.org", code },
});
const COMPARED = [
  [measured(70000, "g"), "Observation.value > 80 'kg'", true, false],
  [measured(154, "[lb_av]"), "Observation.value > 80 'kg'", true, false],
  [measured(90, "kg"), "Observation.value > 80 'cm'", true, undefined],
  [measured(75000, "/uL"), "Observation.value < 100 '10*9/L'", false, true],
  [measured(70000, "g"), "Observation.value = 70 'kg'", false, true],
];
for (const [resource, expression, seen, other] of COMPARED) {
  const { value, code } = resource.valueQuantity;
  const [first] = evalFhirPath(expression, structuredClone(resource));
  const [second] = fhirpath.evaluate(structuredClone(resource), expression, {}, r4, { async: false });
  console.log(`${value} ${code}, ${expression}: ${first} (fhirpath.js: ${second})`);
  assert.deepStrictEqual([first, second], [seen, other]);
}
const WORKED_OUT = {
  "3.6 'mg/kg' * Observation.value": [252, "mg/kg"],
  "Observation.value * 3.6 'mg/kg'": [252, "kg"],
  "Observation.value + 1 'g'": [71, "kg"],
};
for (const [expression, seen] of Object.entries(WORKED_OUT)) {
  const [{ value, unit }] = evalFhirPath(expression, measured(70, "kg"));
  console.log(`70 kg, ${expression}: ${value} ${unit}`);
  assert.deepStrictEqual([value, unit], seen);
}
JAVASCRIPT
node seen.mjs
echo "as described"
