#!/usr/bin/env bash
# HealthChain reads the order of one hospital with the drug of another, once it has merged the charts of both.
#
# Version: healthchain 0.16.1. Seen: two hospitals each send an active order for "Medication/1", and the Medication beside it: trastuzumab
# in one, ado-trastuzumab emtansine in the other. After merge_bundles, get_medications says trastuzumab for both orders: it goes by
# type and id and takes the first. The fullUrl of each entry, which names the hospital, is kept and not used. With deduplicate=True
# the second Medication is dropped, as the id alone counts, and then even an absolute reference to it is answered with the first.
# Expected: each order with its own drug. In a Bundle, FHIR resolves a relative reference against the address in the fullUrl of
# the entry that holds it, and an id is unique for one type on one server only. Why it matters: to merge what two systems
# answer is what the function is for. Small ids are common, and nothing tells of a clash. A check finds one antibody twice
# and goes by its 6 mg/kg; the conjugate, of which 3.6 mg/kg is the most, is in no list.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'healthchain==0.16.1' 'fhir.resources==8.1.0'
"$folder/venv/bin/python" - <<'PYTHON'
from fhir.resources.R4B.bundle import Bundle
from healthchain.fhir import merge_bundles
from healthchain.fhir.readers import get_medications

FIRST, SECOND = "https://first.example/fhir", "https://second.example/fhir"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def chart(server: str, order: str, code: str, name: str, *, absolute: bool) -> Bundle:
    requested = {
        "resourceType": "MedicationRequest",
        "id": order,
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/a"},
        "medicationReference": {"reference": f"{server}/Medication/1" if absolute else "Medication/1"},
    }
    drug = {
        "resourceType": "Medication",
        "id": "1",
        "code": {"coding": [{"system": RXNORM, "code": code, "display": name}]},
    }
    entries = [{"fullUrl": f"{server}/{each['resourceType']}/{each['id']}", "resource": each} for each in (requested, drug)]
    return Bundle.model_validate({"resourceType": "Bundle", "type": "searchset", "entry": entries})


def read(*, absolute: bool, deduplicate: bool) -> dict:
    charts = [
        chart(FIRST, "order-1", "224905", "trastuzumab", absolute=absolute),
        chart(SECOND, "order-2", "1371046", "ado-trastuzumab emtansine", absolute=absolute),
    ]
    for each, name in zip(charts, ("trastuzumab", "ado-trastuzumab emtansine"), strict=True):
        assert [drug.display for drug in get_medications(each, status="active")] == [name]
    merged = merge_bundles(charts, deduplicate=deduplicate)
    kept = [entry.fullUrl for entry in merged.entry]
    assert (f"{SECOND}/Medication/1" in kept) is not deduplicate
    assert f"{SECOND}/MedicationRequest/order-2" in kept
    return {drug.resource_id: drug.display for drug in get_medications(merged, status="active")}


SEEN = (
    (False, False, "trastuzumab"),
    (False, True, "trastuzumab"),
    (True, False, "ado-trastuzumab emtansine"),
    (True, True, "trastuzumab"),
)
for absolute, deduplicate, expected in SEEN:
    answer = read(absolute=absolute, deduplicate=deduplicate)
    print("absolute" if absolute else "relative", "references,", "deduplicated:" if deduplicate else "all kept:", answer)
    assert answer == {"order-1": "trastuzumab", "order-2": expected}, "it now reads other drugs"
PYTHON
echo "as described"
