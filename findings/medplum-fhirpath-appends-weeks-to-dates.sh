#!/usr/bin/env bash
# Medplum's FHIRPath adds three weeks to a date by writing a 3 behind it, so a child of eleven is of age.
#
# Version: @medplum/core 5.2.13. Seen: @2026-11-10 + 3 weeks is the text "2026-11-103" and + 21 days is "2026-11-1021". Compared as
# text, both lie before 2026-11-12, so a cycle of three weeks is over after two days, and birthDate + 18 years is before 2026 for
# one born in 2015. @2026-11-30 - 21 days is NaN, and what is compared with it is false. Expected: 2026-12-01 and 2026-11-09, as
# FHIRPath's date arithmetic has them and fhirpath.js 5.2.2 gives them, or an error. Why it matters: "is the next dose due", "is the
# result no older than three weeks" and "is the patient an adult" are what such expressions are written for. An addition
# answers yes to nearly all, a subtraction no to all, and each is a plain true or false.
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

const child = { resourceType: "Patient", birthDate: "2015-11-30" };
const SEEN = {
  "@2026-11-10 + 3 weeks": ["2026-11-103", "2026-12-01"],
  "@2026-11-10 + 21 days": ["2026-11-1021", "2026-12-01"],
  "@2026-11-12 >= @2026-11-10 + 3 weeks": ["true", "false"],
  "Patient.birthDate + 18 years <= @2026-11-30": ["true", "false"],
  "@2026-11-30 - 21 days": ["NaN", "2026-11-09"],
  "@2026-11-10 >= @2026-11-30 - 21 days": ["false", "true"],
};
for (const [expression, expected] of Object.entries(SEEN)) {
  const [first] = evalFhirPath(expression, child);
  const [second] = fhirpath.evaluate(child, expression, {}, r4, { async: false });
  console.log(`${expression}: ${first} (fhirpath.js: ${second})`);
  assert.deepStrictEqual([String(first), String(second)], expected);
}
JAVASCRIPT
node seen.mjs
echo "as described"
