"""Sentences of an order that nobody should overlook and that no field says: "consent withdrawn", "plt 38 today"."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cards.facts.order import RemarkKind
from cards.knowledge.schema import About
from cards.values.texts import LONGEST
from fhir_mappings.medications.amounts import without_amounts
from fhir_mappings.medications.dose_remarks import dose_remarks
from fhir_mappings.wire.folding import SENTENCES, fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fhir_mappings.wire.note_statements import NoteStatementReader

_TOLD = frozenset({RemarkKind.TAKEN_BACK, RemarkKind.OF_PATIENT, RemarkKind.AS_NEEDED})
"""Remarks that have a line of their own."""
_LABEL = 80


def order_statements(written: Iterable[str], reader: NoteStatementReader, own_names: Iterable[str]) -> tuple[str, ...]:
    """List the sentences of the texts of an order that are to be told, each once and as it is written.

    ``own_names`` are names of the ordered drug.
    """
    is_own = partial(_names_one_of, tuple(own_names))
    return tuple(
        dict.fromkeys(
            " ".join(sentence.split())[:_LABEL]
            for each in written
            if reader.may_say_of_order(without_amounts(each[:LONGEST]))
            for sentence in SENTENCES.split(each[:LONGEST])
            if reader.says(fold(sentence), About.ORDER, is_own=is_own) and not _is_told(sentence)
        )
    )


def _names_one_of(names: tuple[str, ...], plain: str) -> bool:
    return any(fold(each) in plain for each in names)


def _is_told(sentence: str) -> bool:
    return any(each.kind in _TOLD for each in dose_remarks(sentence))
