#!/usr/bin/env bash
# cql-execution goes on after a Message of severity Error, so a result with a comparator becomes "no result", and nobody is told.
#
# Version: cql-execution 3.3.2 with cql-exec-fhir 2.2.0. Seen: Message(null, true, code, 'Error', text) is null, what depends on it is
# null, and the statements behind it are worked out; only a message listener hears of it, and none is set unless a caller passes
# one. Expected: evaluation ends with an error; the tests that come with the CQL specification (TestMessageError) ask for that, and
# for Error alone. Why it matters: FHIRHelpers, which every translated library calls, refuses a Quantity with a comparator in
# this way, since a limit is no value. An AST of "> 1000 U/L" or platelets of "< 10" then count as not measured: the comparison
# is null, a condition that is null recommends nothing, and the worst results of a laboratory are those that are lost.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts 'cql-execution@3.3.2' 'cql-exec-fhir@2.2.0' >/dev/null
cat >seen.cjs <<'JAVASCRIPT'
const assert = require("node:assert");
const cql = require("cql-execution");
const fhir = require("cql-exec-fhir");

const SYSTEM = "urn:hl7-org:elm-types:r1";
const literal = (value, type = "String") => ({ type: "Literal", valueType: `{${SYSTEM}}${type}`, value });
const result = { type: "ExpressionRef", name: "Result" };
const part = (path) => ({ type: "Property", path: `value.${path}.value`, source: result });
const refused = {
  type: "Message",
  source: { type: "Null" },
  condition: literal("true", "Boolean"),
  code: literal("comparator"),
  severity: literal("Error"),
  message: literal("A limit is no value."),
};
const quantity = {
  type: "Instance",
  classType: `{${SYSTEM}}Quantity`,
  element: [
    { name: "value", value: part("value") },
    { name: "unit", value: part("code") },
  ],
};
const has_comparator = { type: "Not", operand: { type: "IsNull", operand: part("comparator") } };
const DEFINED = {
  Patient: { type: "SingletonFrom", operand: { type: "Retrieve", dataType: "{http://hl7.org/fhir}Patient" } },
  Result: { type: "SingletonFrom", operand: { type: "Retrieve", dataType: "{http://hl7.org/fhir}Observation" } },
  Value: { type: "Case", caseItem: [{ when: has_comparator, then: refused }], else: quantity },
  "Above 200": {
    type: "Greater",
    operand: [{ type: "ExpressionRef", name: "Value" }, { type: "Quantity", value: 200, unit: "U/L" }],
  },
  "The end": literal("reached"),
};
const library = new cql.Library({
  library: {
    identifier: { id: "Limits" },
    schemaIdentifier: { id: "urn:hl7-org:elm", version: "r1" },
    usings: {
      def: [
        { localIdentifier: "System", uri: SYSTEM },
        { localIdentifier: "FHIR", uri: "http://hl7.org/fhir", version: "4.0.1" },
      ],
    },
    statements: {
      def: Object.entries(DEFINED).map(([name, expression]) => ({ name, context: "Patient", accessLevel: "Public", expression })),
    },
  },
});

async function evaluated(comparator, listener) {
  const source = fhir.PatientSource.FHIRv401();
  const ast = {
    resourceType: "Observation",
    id: "ast",
    status: "final",
    subject: { reference: "Patient/a" },
    code: { coding: [{ system: "http://loinc.org", code: "1920-8" }] },
    valueQuantity: { value: 1000, ...comparator, unit: "U/L", system: "http://unitsofmeasure.org", code: "U/L" },
  };
  const entry = [{ resource: { resourceType: "Patient", id: "a" } }, { resource: ast }];
  source.loadBundles([{ resourceType: "Bundle", type: "collection", entry }]);
  const found = await new cql.Executor(library, undefined, {}, listener).exec(source);
  const { Value, "Above 200": above, "The end": end } = found.patientResults.a;
  return { value: String(Value), above, end };
}

(async () => {
  const heard = [];
  const listener = { onMessage: (_source, _code, severity, text) => heard.push(`${severity}: ${text}`) };
  const exact = await evaluated({});
  const limit = await evaluated({ comparator: ">" });
  await evaluated({ comparator: ">" }, listener);
  console.log("1000 U/L", exact, "\n> 1000 U/L", limit, "\na listener hears", heard);
  assert.deepEqual(exact, { value: "1000 'U/L'", above: true, end: "reached" });
  assert.deepEqual(limit, { value: "null", above: null, end: "reached" });
  assert.equal(heard[0], "Error: A limit is no value.");
})();
JAVASCRIPT
node seen.cjs
echo "as described"
