"""A patient's name, so that a clinician does not confuse one patient's page with another's, and the sex at birth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.codings import codings
from fhir_mappings.wire.lenient import child, objects, text

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

_PREFERRED = ("official", "usual")
# The ends of the addresses of extensions: US Core, and FHIR's own.
_SEX_AT_BIRTH = ("us-core-birthsex", "patient-birthSex", "patient-sexParameterForClinicalUse")
# US Core 8 has this in its place. It need not be the sex at birth, so only the one that may become pregnant counts.
_SEX = "us-core-sex"
_SEXES = {"f": "female", "female": "female", "female-typical": "female", "m": "male", "male": "male"}
_SEXES |= {"male-typical": "male", "248152002": "female", "248153007": "male"}


def name_of(patient: Json) -> str:
    """Return the name: the official one, else the usual one, else any other; empty if there is none."""
    names = [name for _, name in objects(patient.get("name"))]
    names.sort(key=lambda name: _PREFERRED.index(use) if (use := text(name.get("use"))) in _PREFERRED else 2)
    return next((written for name in names if (written := _written(name))), "")


def _written(name: Json) -> str:
    if whole := text(name.get("text")):
        return whole
    given = name.get("given")
    parts = [each for each in given if isinstance(each, str)] if isinstance(given, list) else []
    return " ".join([*parts, text(name.get("family"))]).strip()


def sex_at_birth(patient: Json) -> str:
    """Return the sex at birth, or for clinical use, as "female" or "male"; empty if none is stated or two differ."""
    found: set[str] = set()
    for _, extension in objects(patient.get("extension")):
        url = text(extension.get("url"))
        if url.endswith(_SEX_AT_BIRTH) or url.endswith(f"/{_SEX}"):
            nested = [child(each, "valueCodeableConcept") for _, each in objects(extension.get("extension"))]
            coded = [coding.code for each in nested for coding in codings(each)]
            coded += [text(extension.get("valueCode")), text(child(extension, "valueCoding").get("code"))]
            stated = {_SEXES[each.casefold()] for each in coded if each.casefold() in _SEXES}
            found |= stated if url.endswith(_SEX_AT_BIRTH) else stated - {"male"}
    return found.pop() if len(found) == 1 else ""
