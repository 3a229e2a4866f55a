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
            if other := other_coded_drug(each, recognizer):
                others.append(other)
            elif recognizer.is_fluid(each.system, each.value):
                continue
            elif each.system != "atc" or AtcCode.of(each.value.upper()) or not AtcGroup.of(each.value.upper()):
                unread.append(_written(each))
        elif each.kind is EvidenceKind.SUPPLY_TEXT:
            described += recognizer.other_drugs(each.value)
        else:
            others += recognizer.other_drugs(each.value)
            read = recognizer.read_text(each.value)
            unread += read.unread
            drug_like += read.others
    return SaidBeside(*(tuple(dict.fromkeys(found)) for found in (others, unread, drug_like, described)))


def other_coded_drug(evidence: IdentityEvidence, recognizer: Recognizer) -> str:
    """Return the name and code of a known drug that is not the service's; empty for any other code."""
    system, code = evidence.system, evidence.value
    if not recognizer.is_other_drug(system, code):
        return ""
    name = recognizer.coded_name(system, code)
    return f"{name} ({_written(evidence)})" if name else _written(evidence)


def _written(evidence: IdentityEvidence) -> str:
    return f"{CODE_SYSTEMS.get(evidence.system, evidence.system)} {evidence.value}"
