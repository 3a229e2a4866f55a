"""A chart reader that reads each resource of a patient once, however many orders of that patient are asked about.

What a resource says depends on nothing but the resource and the drugs it refers to, which stay the same for a patient.
Which resources count at an order, and what follows from them together, is worked out anew for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fhir_mappings.chart import ChartReader
from fhir_mappings.codings import NO_CODE_MAP
from fhir_mappings.conditions import ConditionReader
from fhir_mappings.observations import ObservationReader
from fhir_mappings.patient import PatientReader
from fhir_mappings.treatments import TreatmentReader

if TYPE_CHECKING:
    from cards.facts import Origin, Treatment
    from cards.recognition import Recogniser
    from cards.records import Terminology
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.conditions import ReadCondition
    from fhir_mappings.lenient import Json
    from fhir_mappings.observations import Fact
    from fhir_mappings.references import References

_NOT_READ = object()


class _Observations(ObservationReader):
    def __init__(self, terminology: Terminology, code_map: CodeMap) -> None:
        super().__init__(terminology, code_map)
        self.read_already: dict[tuple[str, int], list[Fact]] = {}

    def read(self, concept: str, observation: Json, origin: Origin) -> list[Fact]:
        """Read one Observation, or give what was read of it before."""
        key = (concept, id(observation))
        found = self.read_already.get(key)
        if found is None:
            found = self.read_already[key] = super().read(concept, observation, origin)
        return found


class _Conditions(ConditionReader):
    def __init__(self, terminology: Terminology, code_map: CodeMap) -> None:
        super().__init__(terminology, code_map)
        self.read_already: dict[int, ReadCondition] = {}

    def read(self, condition: Json, origin: Origin) -> ReadCondition:
        """Read one Condition, or give what was read of it before."""
        found = self.read_already.get(id(condition))
        if found is None:
            found = self.read_already[id(condition)] = super().read(condition, origin)
        return found


class _Treatments(TreatmentReader):
    def __init__(self, *needed: Any) -> None:
        super().__init__(*needed)
        self.read_already: dict[int, Any] = {}
        self.nameless: dict[int, bool] = {}

    def read(self, resource: Json, path: str, references: References) -> Treatment | None:
        """Read one resource, or give what was read of it before."""
        found = self.read_already.get(id(resource), _NOT_READ)
        if found is _NOT_READ:
            found = self.read_already[id(resource)] = super().read(resource, path, references)
        return found  # type: ignore[no-any-return]

    def is_nameless(self, resource: Json, references: References) -> bool:
        """Tell whether the drug is not at hand, or what was told before."""
        found = self.nameless.get(id(resource))
        if found is None:
            found = self.nameless[id(resource)] = super().is_nameless(resource, references)
        return found


class RememberingChartReader(ChartReader):
    """Reads the chart of one patient after the other.

    ``forget`` must be called between patients, while the resources of the one before are still held: what was read is
    known by where the resource lies in memory.
    """

    def __init__(self, terminology: Terminology, recogniser: Recogniser, code_map: CodeMap = NO_CODE_MAP) -> None:
        """Prepare the readers."""
        super().__init__(terminology, recogniser, code_map)
        self._observations = _Observations(terminology, code_map)
        self._treatments = _Treatments(self._medication, recogniser)
        self._conditions = _Conditions(terminology, code_map)
        self._patient = PatientReader(self._observations, self._conditions, self._treatments)

    def forget(self) -> None:
        """Forget what was read."""
        self._observations.read_already.clear()
        self._conditions.read_already.clear()
        self._treatments.read_already.clear()
        self._treatments.nameless.clear()
