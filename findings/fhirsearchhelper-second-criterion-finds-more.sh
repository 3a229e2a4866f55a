#!/usr/bin/env bash
# A helper for FHIR searches joins its criteria with "or", so a search for active heart failure finds one that is resolved.
#
# Version: fhirsearchhelper 0.4.1, with the CapabilityStatement of Epic that it ships. It sends what the server supports and applies the
# other parameters itself. Seen: a code, and the clinical-status "active,recurrence", are both of that kind. A chart has a resolved
# heart failure, an active breast cancer, and an active finding with the digits of heart failure in the hospital's own code
# system. The code alone finds the first and the third, the status alone the second and the third, and both together find
# all three, the third of them twice, with a total of 4. The code was asked with its system, SNOMED CT. Expected: nothing for
# both together. FHIR joins parameters with "and", has a match once, and "system|code" means this system. Why it matters: whoever
# asks one thing more to narrow an answer gets a longer one, and does not look at a status again that was asked for. A heart
# failure that is long over, or any other active diagnosis, then speaks against trastuzumab.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'fhirsearchhelper==0.4.1'
"$folder/venv/bin/python" - <<'PYTHON'
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from fhirsearchhelper import run_fhir_query

logging.disable(logging.INFO)
SNOMED, OWN = "http://snomed.info/sct", "http://hospital.example/findings"
ASKED = []


def condition(identifier: str, status: str, system: str, code: str) -> dict:
    terms = "http://terminology.hl7.org/CodeSystem"
    return {
        "resourceType": "Condition",
        "id": identifier,
        "clinicalStatus": {"coding": [{"system": f"{terms}/condition-clinical", "code": status}]},
        "category": [{"coding": [{"system": f"{terms}/condition-category", "code": "problem-list-item"}]}],
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": {"reference": "Patient/a"},
    }


CHART = [
    condition("heart-failure", "resolved", SNOMED, "84114007"),
    condition("breast-cancer", "active", SNOMED, "254837009"),
    condition("own-finding", "active", OWN, "84114007"),
]


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        ASKED.append(self.path)
        found = {"resourceType": "Bundle", "type": "searchset", "total": len(CHART), "entry": [{"resource": each} for each in CHART]}
        self.send_response(200)
        self.send_header("Content-Type", "application/fhir+json")
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def log_message(self, *_: object) -> None:
        pass


server = HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()


def find(*criteria: str) -> tuple:
    found = run_fhir_query(
        query=f"http://127.0.0.1:{server.server_port}/Condition?" + "&".join(("patient=a", *criteria)),
        query_headers={"Accept": "application/fhir+json"},
        capability_statement_file="epic_r4_metadata_edited.json",
    )
    assert ASKED.pop() == "/Condition?patient=a", "it now sends the criteria to the server"
    return found.total, sorted(entry.resource.id for entry in found.entry)


HEART_FAILURE, ACTIVE = f"code={SNOMED}%7C84114007", "clinical-status=active,recurrence"
SEEN = {
    (HEART_FAILURE,): (2, ["heart-failure", "own-finding"]),
    (ACTIVE,): (2, ["breast-cancer", "own-finding"]),
    (HEART_FAILURE, ACTIVE): (4, ["breast-cancer", "heart-failure", "own-finding", "own-finding"]),
}
for criteria, expected in SEEN.items():
    answer = find(*criteria)
    print(" and ".join(criteria), "->", answer)
    assert answer == expected, "it now finds something else"
server.shutdown()
PYTHON
echo "as described"
