"""A chart reader that reads each resource of a patient once, however many orders of that patient are asked about.

What a resource says depends on nothing but the resource and the drugs it refers to, which stay the same for a patient.
Which resources count at an order, and what follows from them together, is worked out anew for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fhir_mappings.codings import NO_CODE_MAP
from fhir_mappings.request.chart import ChartReader
from fhir_mappings.request.chart_draft import Draft
from fhir_mappings.request.patient_reader import PatientReader

if TYPE_CHECKING:
    from datetime import tzinfo

    from cards.identification.recogniser import Recogniser
    from cards.knowledge.schema import Terminology
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.request.chart_draft import OnFailure
    from fhir_mappings.results.observations import Fact
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.resources import ResourceStub

_LISTS = ("facts", "current", "past", "stagings", "coded_her2", "problems", "site_problems", "treatments", "unread")


class _Taken(msgspec.Struct, frozen=True):
    """What one resource adds to a chart: to its lists, as a result of some tests, or who the patient is."""

    lists: list[tuple[str, list[Any]]]
    labs: tuple[str, ...]
    person: Json | None


class _Patients(PatientReader):
    """Reads charts from what it has read of each resource before."""

    def __init__(self, *readers: Any) -> None:
        super().__init__(*readers)
        self.taken: dict[ResourceStub, _Taken] = {}
        self.facts: dict[tuple[str, ResourceStub], list[Fact]] = {}

    def take(self, glimpse: ResourceStub, draft: Draft) -> None:
        """Add one resource to the chart as it was read before, or read it."""
        found = self.taken.get(glimpse)
        if found is None:
            found = self.taken[glimpse] = self._alone(glimpse, draft)
        for test in found.labs:
            draft.labs.setdefault(test, []).append(glimpse)
        for name, read in found.lists:
            getattr(draft, name).extend(read)
        if found.person is not None:
            draft.person = found.person

    def _alone(self, glimpse: ResourceStub, draft: Draft) -> _Taken:
        """Read one resource into a chart that holds nothing else."""
        own = Draft(draft.patient_id, draft.references, subject=draft.subject)
        super().take(glimpse, own)
        lists = [(name, read) for name in _LISTS if (read := getattr(own, name))]
        return _Taken(lists, tuple(own.labs), own.person or None)

    def facts_of(self, concept: str, glimpse: ResourceStub, draft: Draft) -> list[Fact]:
        """Return what an Observation said of a concept before, or read it."""
        key = (concept, glimpse)
        found = self.facts.get(key)
        if found is None:
            found = self.facts[key] = super().facts_of(concept, glimpse, draft)
        return found


class RememberingChartReader(ChartReader):
    """Reads the chart of one patient after the other; ``forget`` must be called between them."""

    def __init__(
        self,
        terminology: Terminology,
        recogniser: Recogniser,
        code_map: CodeMap = NO_CODE_MAP,
        zone: tzinfo | None = None,
        on_failure: OnFailure | None = None,
    ) -> None:
        """Prepare the readers."""
        super().__init__(terminology, recogniser, code_map, zone, on_failure)
        self._patient: _Patients = _Patients(*self._patient.readers)

    def forget(self) -> None:
        """Forget what was read."""
        self._patient.taken.clear()
        self._patient.facts.clear()
