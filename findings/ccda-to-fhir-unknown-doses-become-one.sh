#!/usr/bin/env bash
# ccda-to-fhir turns a dose that is unknown, or a range, into a dose of 1, and an unknown interval into "every day".
#
# Version: ccda-to-fhir 0.3. Seen: <doseQuantity nullFlavor="UNK" unit="mg"/> of a Medication Activity becomes a doseQuantity of 1 mg, and
# a dose of 150 to 252 mg becomes 1 without a unit; <period nullFlavor="UNK"/> becomes a period of 1 d, and an unknown rate in
# mL/h becomes 1 mL/h. Orders and statements (moodCode INT and EVN) are alike, and there is no warning. Expected: no dose,
# no period, and a doseRange of 150 to 252 mg. C-CDA allows a nullFlavor in all of these, and the dose is an interval by its
# type; the package gives results with a nullFlavor a dataAbsentReason. Why it matters: "we do not know the dose" is common in a
# record that comes from elsewhere, and it arrives as a coded 1 mg once a day, which is also the dose of some drugs. A service
# that looks for missing doses finds none.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'ccda-to-fhir==0.3'
"$folder/venv/bin/python" - <<'PYTHON'
import logging

from ccda_to_fhir import convert_document

logging.disable(logging.INFO)  # it would print its warnings
UNKNOWN = '<addr nullFlavor="UNK"/><telecom nullFlavor="UNK"/>'


def template(root: str, date: str) -> str:
    return f'<templateId root="{root}"/><templateId root="{root}" extension="{date}"/>'


def summary(mood: str, amounts: str) -> str:
    return f"""<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <realmCode code="US"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  {template("2.16.840.1.113883.10.20.22.1.1", "2015-08-01")}{template("2.16.840.1.113883.10.20.22.1.2", "2015-08-01")}
  <id root="2.16.840.1.113883.19.5" extension="document"/><code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/>
  <title>Summary</title><effectiveTime value="20261101120000+0000"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="en-US"/>
  <recordTarget><patientRole><id root="2.16.840.1.113883.19.5" extension="patient"/>{UNKNOWN}<patient>
    <name><given>Ann</given><family>Case</family></name>
    <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19610203"/>
    <raceCode nullFlavor="UNK"/><ethnicGroupCode nullFlavor="UNK"/>
  </patient></patientRole></recordTarget>
  <author><time value="20261101120000+0000"/><assignedAuthor><id root="2.16.840.1.113883.19.5" extension="author"/>{UNKNOWN}
    <assignedPerson><name><given>Ada</given><family>Author</family></name></assignedPerson></assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization><id root="2.16.840.1.113883.19.5" extension="clinic"/>
    <name>Clinic</name><telecom nullFlavor="UNK"/><addr nullFlavor="UNK"/>
  </representedCustodianOrganization></assignedCustodian></custodian>
  <component><structuredBody><component><section>
    {template("2.16.840.1.113883.10.20.22.2.1.1", "2014-06-09")}
    <code code="10160-0" codeSystem="2.16.840.1.113883.6.1"/><title>Medications</title><text>ado-trastuzumab emtansine</text>
    <entry typeCode="DRIV"><substanceAdministration classCode="SBADM" moodCode="{mood}">
      {template("2.16.840.1.113883.10.20.22.4.16", "2014-06-09")}
      <id root="2.16.840.1.113883.19.5" extension="order"/><statusCode code="active"/>
      <effectiveTime xsi:type="IVL_TS"><low value="20261101"/></effectiveTime>
      {amounts}
      <consumable><manufacturedProduct classCode="MANU">
        {template("2.16.840.1.113883.10.20.22.4.23", "2014-06-09")}
        <manufacturedMaterial><code code="1371046" codeSystem="2.16.840.1.113883.6.88"/></manufacturedMaterial>
      </manufacturedProduct></consumable>
    </substanceAdministration></entry>
  </section></component></structuredBody></component>
</ClinicalDocument>"""


def dosage_of(mood: str, amounts: str) -> dict:
    resources = [entry["resource"] for entry in convert_document(summary(mood, amounts))["bundle"]["entry"]]
    (drug,) = [each for each in resources if each["resourceType"] in ("MedicationRequest", "MedicationStatement")]
    (dosage,) = drug.get("dosageInstruction") or drug["dosage"]
    return dosage


def read(mood: str, amounts: str) -> tuple:
    dosage = dosage_of(mood, amounts)
    dose = dosage["doseAndRate"][0]["doseQuantity"]
    repeat = dosage.get("timing", {}).get("repeat", {})
    return dose["value"], dose.get("unit"), repeat.get("period"), repeat.get("periodUnit")


PERIOD = '<effectiveTime xsi:type="PIVL_TS" operator="A"><period {}/></effectiveTime>'
KNOWN = PERIOD.format('value="21" unit="d"')
RANGE = '<doseQuantity><low value="150" unit="mg"/><high value="252" unit="mg"/></doseQuantity>'
SEEN = {
    "252 mg every 21 days": (KNOWN + '<doseQuantity value="252" unit="mg"/>', (252, "mg", 21, "d")),
    "an unknown dose in mg": (KNOWN + '<doseQuantity nullFlavor="UNK" unit="mg"/>', (1, "mg", 21, "d")),
    "150 to 252 mg": (KNOWN + RANGE, (1, None, 21, "d")),
    "252 mg at an unknown interval": (
        PERIOD.format('nullFlavor="UNK"') + '<doseQuantity value="252" unit="mg"/>',
        (252, "mg", 1, "d"),
    ),
}
for name, (amounts, expected) in SEEN.items():
    for mood in ("INT", "EVN"):
        answer = read(mood, amounts)
        print(f"{name} ({mood}):", answer)
        assert answer == expected, f"{name} is now {answer}"
(limited,) = dosage_of(
    "INT",
    '<doseQuantity value="252" unit="mg"/><rateQuantity nullFlavor="UNK" unit="mL/h"/>',
)["doseAndRate"]
print("an unknown rate in mL/h:", limited["rateQuantity"])
assert limited["rateQuantity"]["value"] == 1, "an unknown rate is no longer 1"
PYTHON
echo "as described"
