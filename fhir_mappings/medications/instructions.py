"""The words of a dosage instruction, wherever an EHR puts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.codings import texts
from fhir_mappings.wire.lenient import objects, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fhir_mappings.wire.lenient import Json


def written_in(instruction: Json) -> Iterator[str]:
    """Yield the text of a dosage instruction, its additional instructions, and the words meant for the patient."""
    yield text(instruction.get("text"))
    if "additionalInstruction" in instruction:
        for _, added in objects(instruction["additionalInstruction"]):
            yield from texts(added)
    if "patientInstruction" in instruction:
        yield text(instruction["patientInstruction"])
