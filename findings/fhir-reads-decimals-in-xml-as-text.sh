#!/usr/bin/env bash
# The npm package "fhir" reads a decimal in XML as text or as a number by which method is asked, and passes the text in a dose.
#
# Version: fhir 4.12.0 (R4). Seen: <value value="100"/> of a doseQuantity and <period value="3"/> are numbers in what xmlToJson gives,
# and the texts "100" and "3" in what xmlToObj gives, where <frequency value="1"/> is a number and false is false. Its own
# validate() refuses such a text in the valueQuantity of a result ("Number type expected but string received") and calls an order
# with one in its dose valid. Expected: one reading, and numbers, as FHIR's JSON has decimals. Why it matters: JavaScript goes on
# with text without an error. A dose of "100" is below one of "75", two bags of 126 mg are "126126" mg, and the validator that
# could have told says "valid".
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts 'fhir@4.12.0' >/dev/null
cat >seen.cjs <<'JAVASCRIPT'
const assert = require("node:assert");
const { Fhir } = require("fhir");

const converter = new Fhir();
const amount = (value, unit) => ({ value, unit, system: "http://unitsofmeasure.org", code: unit });
const ordered = (value) => ({
  resourceType: "MedicationRequest",
  status: "active",
  intent: "order",
  subject: { reference: "Patient/a" },
  medicationCodeableConcept: { text: "ado-trastuzumab emtansine" },
  dosageInstruction: [
    {
      asNeededBoolean: false,
      timing: { repeat: { frequency: 1, period: 3, periodUnit: "wk" } },
      doseAndRate: [{ doseQuantity: amount(value, "mg") }],
    },
  ],
});
const result = { resourceType: "Observation", status: "final", code: { text: "AST" }, valueQuantity: amount(24, "U/L") };
const asObject = (resource) => converter.xmlToObj(converter.objToXml(resource));
const asJson = (resource) => JSON.parse(converter.xmlToJson(converter.objToXml(resource)));
const doseOf = (order) => order.dosageInstruction[0].doseAndRate[0].doseQuantity.value;
const errorsOf = (resource) =>
  converter
    .validate(resource)
    .messages.filter(({ severity }) => severity === "error")
    .map(({ message }) => message);

for (const [method, read, dose, period] of [["xmlToObj", asObject, "100", "3"], ["xmlToJson", asJson, 100, 3]]) {
  const order = read(ordered(100));
  const { asNeededBoolean, timing } = order.dosageInstruction[0];
  console.log(method, "dose", [doseOf(order)], "repeat", timing.repeat, "as needed", asNeededBoolean);
  assert.strictEqual(doseOf(order), dose);
  assert.deepStrictEqual(timing.repeat, { frequency: 1, period, periodUnit: "wk" });
  assert.strictEqual(asNeededBoolean, false);
}
console.log("errors of the order:", errorsOf(asObject(ordered(100))), "of the result:", errorsOf(asObject(result)));
assert.deepStrictEqual(errorsOf(result), []);
assert.deepStrictEqual(errorsOf(asObject(ordered(100))), []);
assert.deepStrictEqual(errorsOf(asObject(result)), ['Number type expected but string received for value "24"']);

const [less, more, bag] = [75, 100, 126].map((dose) => doseOf(asObject(ordered(dose))));
console.log("100 < 75:", more < less, "126 + 126:", bag + bag);
assert.ok(more < less);
assert.strictEqual(bag + bag, "126126");
JAVASCRIPT
node seen.cjs
echo "as described"
