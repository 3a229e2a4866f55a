#!/usr/bin/env bash
# Medplum's converter reads every dose of a C-CDA document as international units, whatever its unit is.
#
# Version: @medplum/ccda 5.1.10. Seen: a Medication Activity with <doseQuantity value="252" unit="mg"/> becomes a MedicationRequest
# with the doseQuantity 252 and both the unit and the code "[IU]", under the system of UCUM; mL and the {tbl} of tablets become
# "[IU]" as well. The other way keeps the unit, so 252 mg of FHIR is 252 [IU] after a round trip. Expected: the unit as it stands
# in the document, which C-CDA takes from UCUM as FHIR does. Why it matters: the result is valid and coded, so nothing down
# the line has a reason to doubt it. A limit in mg cannot be applied to it, and a reader who goes by the number alone
# takes 252 mg, 12.6 mL and two tablets for amounts of the same kind.
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
const { convertCcdaToFhir, convertXmlToCcda } = await import("@medplum/ccda");

const template = (root, date) => `<templateId root="${root}"/><templateId root="${root}" extension="${date}"/>`;
const summary = (dose) => `<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <realmCode code="US"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  ${template("2.16.840.1.113883.10.20.22.1.2", "2015-08-01")}
  <id root="2.16.840.1.113883.19.5" extension="document"/><code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/>
  <title>Summary</title><effectiveTime value="20261101120000+0000"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
  <recordTarget><patientRole><id root="2.16.840.1.113883.19.5" extension="patient"/><patient>
    <name><given>Ann</given><family>Case</family></name>
    <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19610203"/>
  </patient></patientRole></recordTarget>
  <component><structuredBody><component><section>
    ${template("2.16.840.1.113883.10.20.22.2.1.1", "2014-06-09")}
    <code code="10160-0" codeSystem="2.16.840.1.113883.6.1"/><title>Medications</title><text>ado-trastuzumab emtansine</text>
    <entry typeCode="DRIV"><substanceAdministration classCode="SBADM" moodCode="INT">
      ${template("2.16.840.1.113883.10.20.22.4.16", "2014-06-09")}
      <id root="2.16.840.1.113883.19.5" extension="order"/><statusCode code="active"/>
      <effectiveTime xsi:type="IVL_TS"><low value="20261101"/></effectiveTime>
      ${dose}
      <consumable><manufacturedProduct classCode="MANU">
        ${template("2.16.840.1.113883.10.20.22.4.23", "2014-06-09")}
        <manufacturedMaterial><code code="1371046" codeSystem="2.16.840.1.113883.6.88"/></manufacturedMaterial>
      </manufacturedProduct></consumable>
    </substanceAdministration></entry>
  </section></component></structuredBody></component>
</ClinicalDocument>`;

for (const [value, unit] of [[252, "mg"], [12.6, "mL"], [2, "{tbl}"]]) {
  const bundle = convertCcdaToFhir(convertXmlToCcda(summary(`<doseQuantity value="${value}" unit="${unit}"/>`)));
  const order = bundle.entry.map((entry) => entry.resource).find((each) => each.resourceType === "MedicationRequest");
  const read = order.dosageInstruction[0].doseAndRate[0].doseQuantity;
  console.log(`${value} ${unit}:`, JSON.stringify(read));
  assert.deepStrictEqual(read, { system: "http://unitsofmeasure.org", value, code: "[IU]", unit: "[IU]" });
}
JAVASCRIPT
node seen.mjs
echo "as described"
