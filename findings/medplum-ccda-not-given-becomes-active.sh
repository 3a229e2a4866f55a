#!/usr/bin/env bash
# Medplum's converter turns "this drug was not given" into an active order, and an order not to give it into one to give it.
#
# Version: @medplum/ccda 5.1.10. Seen: a C-CDA Medication Activity with negationInd="true" becomes the same MedicationRequest as one
# without it: status "active", intent "order", no doNotPerform. From FHIR, a MedicationRequest with doNotPerform true becomes
# a Medication Activity without negationInd. The converter never reads negationInd, and writes it for immunizations alone, as
# "false". Expected: doNotPerform true for the first and negationInd="true" for the second, or an error; both are
# modifiers, and FHIR says that whoever does not understand a modifier element must not process the resource. Why it
# matters: "no trastuzumab since October, because of the ejection fraction" arrives as current treatment, with a code and a
# date, and the one mark that said otherwise is gone.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund '@medplum/ccda@5.1.10' >/dev/null
cat >seen.mjs <<'JAVASCRIPT'
import assert from "node:assert";

// Node 20 has none, and the package names it when it is loaded.
globalThis.WebSocket ??= class extends EventTarget {};
const { convertCcdaToFhir, convertCcdaToXml, convertFhirToCcda, convertXmlToCcda } = await import("@medplum/ccda");

const reference = (resource) => ({ reference: `${resource.resourceType}/${resource.id}` });
const code = (system, code) => ({ coding: [{ system, code }] });
const patient = {
  resourceType: "Patient",
  id: "patient",
  name: [{ given: ["Ann"], family: "Case" }],
  gender: "female",
  birthDate: "1961-02-03",
};
const author = { resourceType: "Practitioner", id: "author", name: [{ family: "Author" }] };
const order = (own) => ({
  resourceType: "MedicationRequest",
  id: "0d8e3b52-6b0e-4a39-9d1c-3f0f6a0c7a11",
  status: "active",
  intent: "order",
  subject: reference(patient),
  medicationCodeableConcept: code("http://www.nlm.nih.gov/research/umls/rxnorm", "224905"),
  ...own,
});
const asDocument = (medication) => {
  const summary = {
    resourceType: "Composition",
    id: "summary",
    status: "final",
    type: code("http://loinc.org", "34133-9"),
    subject: reference(patient),
    date: "2026-11-01",
    author: [reference(author)],
    title: "Summary",
    section: [{ title: "Medications", code: code("http://loinc.org", "10160-0"), entry: [reference(medication)] }],
  };
  const entry = [summary, patient, author, medication].map((resource) => ({ resource }));
  return convertCcdaToXml(convertFhirToCcda({ resourceType: "Bundle", type: "document", entry }));
};
const readBack = (document) =>
  convertCcdaToFhir(convertXmlToCcda(document))
    .entry.map((entry) => entry.resource)
    .filter((each) => each.resourceType === "MedicationRequest")
    .map(({ status, intent, doNotPerform }) => ({ status, intent, doNotPerform }));

const given = asDocument(order({}));
const mark = '<substanceAdministration classCode="SBADM" moodCode="EVN"';
assert.ok(given.includes(mark));
const notGiven = given.replace(mark, `${mark} negationInd="true"`);
const read = readBack(notGiven);
console.log('negationInd="true" is read as', read);
assert.deepStrictEqual(read, [{ status: "active", intent: "order", doNotPerform: undefined }]);
assert.deepStrictEqual(read, readBack(given));

const forbidden = asDocument(order({ doNotPerform: true }));
console.log("doNotPerform is written:", forbidden.includes("negationInd"));
assert.ok(forbidden.includes(mark) && !forbidden.includes("negationInd"));
JAVASCRIPT
node seen.mjs
echo "as described"
