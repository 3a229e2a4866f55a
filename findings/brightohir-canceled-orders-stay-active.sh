#!/usr/bin/env bash
# brightohir reads an HL7 v2 message that cancels or discontinues a drug order as an active order for the drug.
#
# Version: brightohir 2.1.2. Seen: an RDE^O11 with ORC-1 "CA" (cancel) or "DC" (discontinue) gives two resources that do not know of each
# other: a ServiceRequest with the order's number, "revoked" or "completed", which names no drug, and a MedicationRequest with the
# drug and its dose, "active" with the intent "order", as a new order ("NW") gives. Expected: a MedicationRequest that is
# "cancelled" or "stopped", since ORC and RXE are one order, and HL7's mapping from v2 takes a request's status from its ORC.
# Why it matters: pharmacies tell of an end in no other way. Each message that ends a drug adds the drug once
# more to what the patient takes, and whoever asks for active MedicationRequests never sees the word that was meant.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'brightohir==2.1.2'
"$folder/venv/bin/python" - <<'PYTHON'
import json
import warnings

from brightohir import v2_to_r5

warnings.filterwarnings("ignore")
SEGMENTS = (
    r"MSH|^~\&|PHARMACY|HOSPITAL|EHR|HOSPITAL|20261101120000||RDE^O11^RDE_O11|1|P|2.5.1",
    "PID|1||p1^^^HOSPITAL^MR||Case^Ann||19610203|F",
    "ORC|{control}|order-1||||||||20261101120000",
    "RXE|^^^20261101|1371046^ado-trastuzumab emtansine^RXNORM|252||mg",
)


def read(control: str) -> tuple:
    bundle = v2_to_r5("\r".join(SEGMENTS).format(control=control))
    resources = {each["resource"]["resourceType"]: each["resource"] for each in bundle["entry"]}
    drug, order = resources["MedicationRequest"], resources["ServiceRequest"]
    assert drug["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"] == {"value": 252.0, "unit": "mg"}
    assert "order-1" not in json.dumps(drug) and "trastuzumab" not in json.dumps(order)
    return order["status"], drug["status"], drug["intent"]


SEEN = {
    "NW": ("active", "active", "order"),
    "CA": ("revoked", "active", "order"),
    "DC": ("completed", "active", "order"),
}
for control, expected in SEEN.items():
    answer = read(control)
    print(f"{control}: ServiceRequest {answer[0]}, MedicationRequest {answer[1]}, {answer[2]}")
    assert answer == expected, f"{control} is now {answer}"
PYTHON
echo "as described"
