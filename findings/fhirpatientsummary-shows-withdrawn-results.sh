#!/usr/bin/env bash
# A generator of patient summaries shows a result that was withdrawn, and leaves out the valid one that it hides.
#
# Version: @imranq2/fhirpatientsummary 1.0.45 (International Patient Summary, R4). Seen: a chart has a potassium of 4.1 mmol/L,
# "final", and a later one of 9.9 with the status "entered-in-error". The section of results has one row for potassium: 9.9
# mmol/L, without its status. A sodium of 91 that is "cancelled" is in the table as well. The note above the table mentions a
# limit of two years, one row for each test, and the status "final" for reports alone. Expected: 4.1 and no sodium, or the
# status next to each, since Observation.status is a modifier that marks a resource as not valid. Why it matters: a laboratory
# withdraws a result because it is another patient's, or the sample was hemolyzed. Everywhere else the withdrawal makes it
# disappear; in this summary the withdrawn value is the only one left.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts '@imranq2/fhirpatientsummary@1.0.45' >/dev/null
cat >seen.mjs <<'JAVASCRIPT'
import assert from "node:assert";

// By its path, since the entry that the package declares for imports is not among its files.
const { ComprehensiveIPSCompositionBuilder } = await import("./node_modules/@imranq2/fhirpatientsummary/dist/index.js");

const DAY = 86_400_000;
const daysAgo = (days) => new Date(Date.now() - days * DAY).toISOString().slice(0, 10);
const LABORATORY = { system: "http://terminology.hl7.org/CodeSystem/observation-category", code: "laboratory" };
const patient = {
  resourceType: "Patient",
  id: "patient",
  name: [{ given: ["Ann"], family: "Case" }],
  gender: "female",
  birthDate: "1961-02-03",
};
const result = (id, status, [code, text], value, days) => ({
  resourceType: "Observation",
  id,
  status,
  subject: { reference: "Patient/patient" },
  category: [{ coding: [LABORATORY] }],
  code: { coding: [{ system: "http://loinc.org", code, display: text }], text },
  effectiveDateTime: daysAgo(days),
  valueQuantity: { value, unit: "mmol/L", system: "http://unitsofmeasure.org", code: "mmol/L" },
});
const POTASSIUM = ["2823-3", "Potassium"];
const chart = [
  patient,
  result("valid", "final", POTASSIUM, 4.1, 30),
  result("withdrawn", "entered-in-error", POTASSIUM, 9.9, 10),
  result("not-done", "cancelled", ["2951-2", "Sodium"], 91, 10),
];
const shown = async (resources) => {
  const builder = new ComprehensiveIPSCompositionBuilder();
  builder.setPatient(patient);
  await builder.readBundleAsync(
    { resourceType: "Bundle", type: "collection", entry: resources.map((resource) => ({ resource })) },
    "UTC",
  );
  const summary = await builder.buildBundleAsync("clinic", "Clinic", "https://clinic.example.org/fhir", "UTC", false, "patient");
  const { text } = summary.entry[0].resource.section.find(({ title }) => title.startsWith("Results"));
  return text.div.replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
};

const without = await shown(chart.filter(({ id }) => id !== "withdrawn"));
const text = await shown(chart);
console.log(text);
assert.match(without, /4\.1 mmol\/L/);
assert.match(text, /Potassium .*9\.9 mmol\/L/);
assert.match(text, /Sodium .*91 mmol\/L/);
assert.doesNotMatch(text, /4\.1 mmol\/L|entered-in-error|cancelled/);
JAVASCRIPT
node seen.mjs
echo "as described"
