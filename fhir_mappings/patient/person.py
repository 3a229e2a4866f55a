"""A patient's name and birth date, so that a clinician does not confuse one patient's page with another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.wire.lenient import objects, text

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

_PREFERRED = ("official", "usual")


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
