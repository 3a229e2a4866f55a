"""The words of a dosage instruction, wherever an EHR puts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.codings import texts
from fhir_mappings.wire.lenient import objects, text

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json


def written_in(instruction: Json) -> list[str]:
    """List the text of a dosage instruction, its additional instructions, and the words meant for the patient."""
    written = [text(instruction.get("text"))]
    if "additionalInstruction" in instruction:
        for _, added in objects(instruction["additionalInstruction"]):
            written += texts(added)
    if "patientInstruction" in instruction:
        written.append(text(instruction["patientInstruction"]))
    return written
