"""Results that only the words of an order state: "EF 38 % today" in a note beside an LVEF of 61 % in the chart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.values.text_cache import cached_by_text
from fhir_mappings.medications.amounts import without_amounts
from fhir_mappings.medications.doses_in_text import instructed
from fhir_mappings.medications.named_problems import is_of_anybody
from fhir_mappings.wire.folding import SENTENCES, fold
from fhir_mappings.wire.lenient import day
from fhir_mappings.wire.narratives import notes_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from cards.facts.origins import Gap
    from cards.facts.patient import Patient
    from fhir_mappings.request.orders import Orders
    from fhir_mappings.results.report_texts import ReportReader
    from fhir_mappings.wire.lenient import Json

_MENTIONS = re.compile(
    r"her-?2|erbb-?2|\b(?:(?:lv)?ef|fe)\b|fev[ige]\b|eje|eyec|iezion|auswurf|jectie|wyrzut", re.IGNORECASE
)
_DAY = re.compile(r"(?:\b(?:on|of|vom|du|del?) )?(?<![\d/])\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?(?![\d/%])(?! ?%)")
# Of another time, or what the label or an order set wants.
_NOT_NOW = re.compile(
    r"\b(?:prior|previous\w{0,2}|baseline|initial\w{0,2}|nadir|was|were|from|since|before|until|required?|goal"
    r"|target|need\w{0,3}"
    r"|check|monitor\w{0,3}|at least|greater|above|below|less|fruher\w{0,2}|zuvor|ausgangs\w{0,6}|previa|anterior"
    r"|avant|prima)\b"
    r"|[<>\u2264\u2265]"
)


def results_in_orders(orders: Orders, patient: Patient, reports: ReportReader, today: date) -> Iterator[Gap]:
    """Yield what the notes and instructions of the orders in scope state against the results of the chart."""
    for order, identity in zip(orders.orders, orders.identities, strict=True):
        if order.in_focus and identity.in_scope:
            resource = orders.resources.get(order.origin.path, {})
            # The note of an order that was written before the newest result may be of an earlier one.
            on = min(day(resource.get("authoredOn")) or today, today)
            yield from reports.in_order(list(_sentences(resource)), order.origin.path, on, patient.lvefs, patient.her2)


def _sentences(order: Json) -> Iterator[str]:
    for written in (*notes_of(order), *instructed(order)):
        if not _may_mention(without_amounts(written)):
            continue
        for sentence in SENTENCES.split(written):
            plain = fold(sentence)
            if _NOT_NOW.search(plain) is None and not is_of_anybody(plain):
                yield _DAY.sub("", sentence).strip()


@cached_by_text
def _may_mention(words: str) -> bool:
    return _MENTIONS.search(words) is not None
