"""What an order says of its drug beside a billing or package code, which alone does not decide over words and codes.

A billing code says how an order is billed. It settles the drug where nothing else is said, or only what names no drug:
"chemotherapy infusion". The words and clinical codes of a known other drug outrank it, and what is not understood is
asked about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cards.facts.order import EvidenceKind
from cards.identification.recognizer import CODE_SYSTEMS
from cards.values.codes import AtcCode, AtcGroup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.facts.order import IdentityEvidence
    from cards.identification.recognizer import Recognizer


class SaidBeside(NamedTuple):
    """What the words and clinical codes of an order say, where none of them is of a HER2 drug.

    ``others``: known drugs that they name. ``unread``: what is not understood, of which ``drug_like`` words look like
    the name of a drug. ``described``: other drugs that the descriptors of its billing and package codes name.
    """

    others: tuple[str, ...]
    unread: tuple[str, ...]
    drug_like: tuple[str, ...]
    described: tuple[str, ...]


def said_beside(evidence: Iterable[IdentityEvidence], recognizer: Recognizer) -> SaidBeside:
    """Read the evidence of an order that names no drug of the service."""
    others: list[str] = []
    unread: list[str] = []
    drug_like: list[str] = []
    described: list[str] = []
    for each in evidence:
        if each.system:
            name = recognizer.coded_name(each.system, each.value)
            code = f"{CODE_SYSTEMS.get(each.system, each.system)} {each.value}"
            if recognizer.is_settled(each.system, each.value):
                others.append(f"{name} ({code})" if name else code)
            elif each.system != "atc" or not _is_group(each.value):
                unread.append(code)
            elif not any(ours.startswith(each.value.upper()) for ours in recognizer.atc):
                others.append(code)
        elif each.kind is EvidenceKind.SUPPLY_TEXT:
            described += recognizer.other_drugs(each.value)
        else:
            others += recognizer.other_drugs(each.value)
            read = recognizer.read_text(each.value)
            unread += read.unread
            drug_like += read.others
    return SaidBeside(*(tuple(dict.fromkeys(found)) for found in (others, unread, drug_like, described)))


def _is_group(code: str) -> bool:
    return AtcCode.of(code.upper()) is None and AtcGroup.of(code.upper()) is not None
