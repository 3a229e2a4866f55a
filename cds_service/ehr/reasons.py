"""Why the EHR could not supply something, as a card or a 412 says it. `cards/wording` has the other languages."""

from __future__ import annotations

from typing import Final

NO_SERVER: Final = "not in the prefetch, and the request names no fhirServer"
FAILED_PREFETCH: Final = "the prefetch has an error in its place, and the request names no fhirServer"
OTHER_PATIENT: Final = "the access token of the request is for another patient"
NOT_ALLOWED: Final = "the fhirServer of the request is not among fhir.allowed_servers"
NO_BASE_URL: Final = "the fhirServer of the request is not the http or https base URL of a server"
REFUSED: Final = "the FHIR server refused it"
"""Followed by the HTTP status."""
TOO_LATE: Final = "the FHIR server did not answer in time"
NOT_REACHED: Final = "the FHIR server could not be reached"
NO_FHIR: Final = "the FHIR server answered with something other than the FHIR asked for"
IN_PART: Final = "not all of the list could be read"

ALL: Final = (
    NO_SERVER,
    FAILED_PREFETCH,
    OTHER_PATIENT,
    NOT_ALLOWED,
    NO_BASE_URL,
    REFUSED,
    TOO_LATE,
    NOT_REACHED,
    NO_FHIR,
    IN_PART,
)
