"""Names a result in words, with its body site and its specimen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fhir_mappings.codings import texts
from fhir_mappings.wire.lenient import child, objects, text

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json


def specimen_name(observation: Json) -> str:
    """Return the name of the specimen: its display, and the type of one that is contained."""
    specimen = child(observation, "specimen")
    place, names = text(specimen.get("reference")), [text(specimen.get("display"))]
    if place.startswith("#"):
        for _, each in objects(observation.get("contained")):
            if place == f"#{each.get('id')}":
                names += texts(each.get("type"))
    return " ; ".join(names)


def name_of(observation: Json) -> str:
    """Return the name of a result in words, with its body site; cut, as names are short."""
    code = observation.get("code")
    named: list[Any] = []
    if code.__class__ is dict:
        coded = code.get("coding")
        if coded.__class__ is list and len(coded) == 1 and coded[0].__class__ is dict and "bodySite" not in observation:
            # Fast path for most results: one code with its display.
            written, display = code.get("text"), coded[0].get("display")
            if written.__class__ is str and display.__class__ is str:
                return f"{written} ; {display}"[:200]
        if "text" in code:
            named.append(code["text"])
        if coded.__class__ is list:
            named += [each["display"] for each in coded if each.__class__ is dict and "display" in each]
    if "bodySite" in observation:
        named += texts(observation["bodySite"])
    return " ; ".join(each for each in named if each.__class__ is str)[:200] if named else ""
