"""NYHA classes that stand in the chart as results: from class II on they are heart failure with symptoms.

A class is no diagnosis of record. The newest one is told like any problem outside the problem list.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.facts.origins import Gap
from cards.knowledge.schema import Problem
from fhir_mappings.codings import codings, texts
from fhir_mappings.patient.named_elsewhere import REASON
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, shown, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from cards.facts.origins import Origin
    from fhir_mappings.wire.lenient import Json

CONCEPT = "nyha-class"
_LONGEST = 60
_NAME = re.compile(r"\bnyha\b|\bnew york heart association\b")
# Class I, with what it means behind it.
_NO_SYMPTOMS = re.compile(
    r"(?:(?:nyha|new york heart association|classification|functional|class|klasse|clase|classe|stadium)[ :-]{0,3})*"
    r"(?:i|1)(?:[ :,(-]{1,3}(?:no|without|asymptomatic|keine|sin|sans)\b.{0,80})?(?: \(finding\))?"
)
_NOT_SAID = re.compile(
    r"not (?:assessed|applicable|done|documented|recorded|evaluated|known)|n/?a|unknown|none|no heart failure|deferred"
    r"|nicht (?:beurteilt|erhoben|bekannt)|unbekannt|no evaluad[ao]|desconocid[ao]|inconnue?"
)
_CLASS_I = "420300004"


def read_class(holder: Json, on: date | None, origin: Origin) -> Gap:
    """Read the class of a result, as it was written."""
    concept = child(holder, "valueCodeableConcept")
    coded = [coding.code for coding in codings(concept)]
    whole = holder.get("valueInteger", child(holder, "valueQuantity").get("value"))
    written = [text(holder.get("valueString")), *texts(concept), *coded, "" if whole is None else shown(whole)]
    label = "I" if _CLASS_I in coded else next((each for each in written if each), "?")
    return Gap(CONCEPT, origin.path, REASON, on, (("value", label[:_LONGEST]),))


def with_symptoms(classes: Sequence[Gap], between: tuple[date, date]) -> Iterable[Gap]:
    """Yield the doubt about heart failure that the newest class raises, or an undated one; nothing for class I.

    Those of other days than ``between`` do not count.
    """
    within = [each for each in classes if each.on is None or between[0] <= each.on <= between[1]]
    last = max((each.on for each in within if each.on is not None), default=None)
    for each in within:
        label = dict(each.values)["value"]
        if each.on == last and _says_symptoms(fold(label)):
            named = label if _NAME.search(fold(label)) else f"NYHA class {label}"
            said = ("kind", "Observation"), ("label", named[:_LONGEST])
            yield Gap(f"problem-{Problem.HEART_FAILURE}", each.path, REASON, each.on, said)
            return


def _says_symptoms(written: str) -> bool:
    return not (_NO_SYMPTOMS.fullmatch(written) or _NOT_SAID.fullmatch(written))
