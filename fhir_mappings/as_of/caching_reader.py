"""A chart reader that reads each resource of a patient once, however many orders are replayed.

The content of a resource depends only on the resource and the Medications it refers to, which do not change for a
patient. Which resources count for an order, and their combined result, is determined again for each order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fhir_mappings.codings import NO_CODE_MAP
from fhir_mappings.request.chart import ChartReader
from fhir_mappings.request.chart_draft import Draft
from fhir_mappings.request.patient_reader import PatientReader

if TYPE_CHECKING:
    from datetime import date, tzinfo

    from cards.facts.origins import Gap
    from cards.identification.recognizer import Recognizer
    from cards.knowledge.schema import Terminology
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.request.chart_draft import OnFailure
    from fhir_mappings.results.observations import Fact
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.stubs import ResourceStub

# Taken from the draft, so that a list added there is not lost here.
_LISTS = tuple(name for name, kind in Draft.__annotations__.items() if kind.startswith("list["))


class _Taken(msgspec.Struct, frozen=True):
    """What one resource adds to a chart: list entries, test results, codes without words, or the patient's data."""

    lists: list[tuple[str, list[Any]]]
    labs: tuple[str, ...]
    codes_alone: tuple[tuple[str, str, str, date | None], ...]
    unknown_codes: dict[str, Gap]
    person: Json | None


class _Patients(PatientReader):
    """Reads charts, reusing what was read from each resource before."""

    def __init__(self, *readers: Any) -> None:
        super().__init__(*readers)
        self.taken: dict[ResourceStub, _Taken] = {}
        self.facts: dict[tuple[str, ResourceStub], list[Fact]] = {}

    def take(self, stub: ResourceStub, draft: Draft) -> None:
        """Add one resource to the chart, from the cache if possible."""
        found = self.taken.get(stub)
        if found is None:
            found = self.taken[stub] = self._alone(stub, draft)
        for test in found.labs:
            draft.labs.setdefault(test, []).append(stub)
        for name, read in found.lists:
            getattr(draft, name).extend(read)
        for alone in found.codes_alone:
            draft.alone(*alone)
        for code, gap in found.unknown_codes.items():
            draft.unknown_codes.setdefault(code, gap)
        if found.person is not None:
            draft.person = found.person

    def _alone(self, stub: ResourceStub, draft: Draft) -> _Taken:
        """Read one resource into an otherwise empty chart."""
        own = Draft(draft.patient_id, draft.references, subject=draft.subject)
        super().take(stub, own)
        lists = [(name, read) for name in _LISTS if (read := getattr(own, name))]
        alone = ((about, code, *said) for about, codes in own.codes_alone.items() for code, said in codes.items())
        return _Taken(lists, tuple(own.labs), tuple(alone), own.unknown_codes, own.person or None)

    def facts_of(self, concept: str, stub: ResourceStub, draft: Draft) -> list[Fact]:
        """Return the facts of an Observation about a concept, from the cache if possible."""
        key = (concept, stub)
        found = self.facts.get(key)
        if found is None:
            found = self.facts[key] = super().facts_of(concept, stub, draft)
        return found


class CachingChartReader(ChartReader):
    """Reads charts of one patient at a time; call ``forget`` between patients."""

    def __init__(
        self,
        terminology: Terminology,
        recognizer: Recognizer,
        code_map: CodeMap = NO_CODE_MAP,
        zone: tzinfo | None = None,
        on_failure: OnFailure | None = None,
    ) -> None:
        """Prepare the readers."""
        super().__init__(terminology, recognizer, code_map, zone, on_failure)
        self._patient: _Patients = _Patients(*self._patient.readers)

    def forget(self) -> None:
        """Clear the cache."""
        self._patient.taken.clear()
        self._patient.facts.clear()
