"""Collects the data for one call: from the request first, then from the EHR's server, within one time budget."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from cards.facts.origins import Gap
from cards.facts.outcomes import AN_INTERNAL_ERROR
from cards.values.caching import lazy
from cds_service.decisions import failures
from cds_service.ehr import reasons
from cds_service.ehr.limits import ServerBusyError
from fhir_mappings.request.prefetch import (
    OMITTED,
    Answer,
    PrefetchState,
    is_of_other_kind,
    read_answer,
    stubs_of,
)
from fhir_mappings.request.queries import filled_query
from fhir_mappings.request.sizes import first_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cds_service.ehr.access import FhirAccess
    from cds_service.ehr.client import FhirClient
    from fhir_mappings.request.chart import ChartReader
    from fhir_mappings.request.hook_request import HookRequest, Prefetched
    from fhir_mappings.request.orders import Orders
    from fhir_mappings.wire.stubs import ResourceStub

_UNANSWERED = frozenset({PrefetchState.OMITTED, PrefetchState.FAILED})
_OF_A_CHART = frozenset({"Condition", "MedicationAdministration", "MedicationStatement", "Observation"})


class DataMissing(LookupError):  # noqa: N818 - named for the answer it leads to
    """Data needed for an order in scope is neither in the prefetch nor available from the FHIR server."""

    def __init__(self, places: list[str], why: str = "") -> None:
        """Keep the missing places of the request, and why the server did not provide them."""
        names = ", ".join(place.removeprefix("prefetch.") for place in places)
        super().__init__(f"{names} ({why})" if why else names)
        self.places = places
        self.why = why


class RequestData:
    """The data that a call sent, and what has been fetched for it so far."""

    def __init__(
        self,
        request: HookRequest,
        templates: Mapping[str, str],
        client: FhirClient,
        most_entries: int,
        before: RequestData | None = None,
    ) -> None:
        """Read nothing until it is needed; of the lists that were sent, at most ``most_entries`` are read.

        ``before`` has already fetched something for this call: the time that it took counts.
        """
        self._most_entries = most_entries
        self._request = request
        self._templates = templates
        self._client = client
        self._sent: dict[str, Answer] | None = None
        self._fetched: dict[str, Answer] = {}
        self._read_on: set[str] = set()
        self._failed: set[str] = set()
        self._before = before

    def orders(self, chart: ChartReader) -> Orders:
        """Read the orders of the call, and the resources they refer to.

        Raises:
            DataMissing: none of the orders was found, one may be for a drug in scope, and no data of
                the patient are available either.

        """
        orders = chart.orders(self._request)
        if orders.unresolved or orders.refers_to_chart:
            orders = chart.orders(self._request, self.stubs())
        if any(each.may_be_for_a_drug for each in orders.lacking):
            # Billing requests are dispatched along with a drug; without a drug they are ignored.
            self._fetch({each.path: each.reference for each in orders.lacking})
            orders = chart.orders(self._request, self.stubs())
            places = [each.path for each in orders.lacking if each.may_be_for_a_drug]
            if places and not orders.orders and not self._has_chart():
                raise DataMissing(places, self.why(places[0]))
        if orders.drugs_to_fetch:
            self._fetch({place: wanted for wanted, place in orders.drugs_to_fetch.items()})
            orders = chart.orders(self._request, self.stubs())
        return orders

    def _has_chart(self) -> bool:
        """Return whether any key was sent or can be read."""
        answers = self.chart()
        return any(answers[key].state not in _UNANSWERED for key in self._templates)

    def not_found(self, orders: Orders) -> Iterable[Gap]:
        """Yield a gap for each order that may be for a drug and could not be found."""
        for each in orders.lacking:
            if each.may_be_for_a_drug:
                yield Gap(None, each.path, "order-not-found", values=(("why", self.why(each.path)),))

    def chart(self, keys: Iterable[str] | None = None) -> dict[str, Answer]:
        """Return the prefetch with missing keys fetched; all keys unless some are named.

        A key that is not available anywhere is left unchanged, and ``absent`` names it.
        """
        answers = self._answers()
        needed = tuple(keys or self._templates)
        # Do not ask again for a key that the server failed to answer.
        lacking = [key for key in needed if answers[key].state in _UNANSWERED and key not in self._read_on]
        reads_on = False
        for answer in answers.values():
            if answer.listing is not None and answer.listing.next_page:
                reads_on = True
        if (lacking or reads_on) and self._access is not None:
            patient = quote(self._request.patient_id, safe="")
            queries = {f"prefetch.{key}": filled_query(self._templates[key], patient) for key in lacking}
            # Further pages of a list that was sent are read once; a list with still more pages is reported as
            # incomplete.
            begun = {
                f"prefetch.{key}": answer
                for key, answer in answers.items()
                if key not in self._read_on and key not in lacking and (key in needed or key not in self._templates)
            }
            self._read_on.update(lacking, (place.removeprefix("prefetch.") for place in begun))
            fetched = self._asked(queries, begun)
            answers = self._sent = {key: fetched.get(f"prefetch.{key}", answer) for key, answer in answers.items()}
        return answers

    def has_other_data(self) -> bool:
        """Return whether the client sent anything of a chart, under keys of its own too."""
        return any(stub.resource_type in _OF_A_CHART for stub in stubs_of(self._answers()))

    def absent(self, keys: Iterable[str] | None = None) -> tuple[tuple[str, str], ...]:
        """List the unavailable keys, each with the reason; checks all keys unless some are named."""
        answers = self._answers()
        return tuple(
            (key, self._why_absent(key, answers[key]))
            for key in tuple(keys or self._templates)
            if answers[key].state in _UNANSWERED
        )

    def why(self, place: str) -> str:
        """Return why the FHIR server gave nothing for a place of the request, in words for an operator."""
        if place in self._failed:
            return AN_INTERNAL_ERROR
        if self._access is not None:
            return self._access.failures.get(place, reasons.TOO_LATE)
        return self._client.why_no_access(self._request)

    def _why_absent(self, key: str, answer: Answer) -> str:
        why = self.why(f"prefetch.{key}")
        return reasons.FAILED_PREFETCH if why == reasons.NO_SERVER and answer.state is PrefetchState.FAILED else why

    def stubs(self) -> list[ResourceStub]:
        """List all available resources."""
        return stubs_of({**self._answers(), **self._fetched})

    def fetched(self, queries: Mapping[str, str]) -> list[ResourceStub]:
        """Run queries on the server, each for its place in the request, and list the resources returned."""
        if self._access is None:
            return []
        return stubs_of(self._asked(queries))

    def non_observations(self) -> list[ResourceStub]:
        """List the available resources that are not Observations."""
        answers = {**self._answers(), **self._fetched}
        return [stub for answer in answers.values() if answer.listing for stub in answer.listing.non_observations]

    @lazy
    def _access(self) -> FhirAccess | None:
        """Access to the FHIR server of the call, determined when first needed."""
        return self._client.access(self._request) if self._before is None else self._before._access  # noqa: SLF001

    def _answers(self) -> dict[str, Answer]:
        """Read every prefetch value, under our keys and the client's own; our missing keys are omitted."""
        if self._sent is None:
            sent = {key: self._read(key, raw) for key, raw in self._request.prefetch.items()}
            self._sent = {**dict.fromkeys(self._templates, OMITTED), **first_entries(sent, self._most_entries)}
        return self._sent

    def _read(self, key: str, raw: Prefetched) -> Answer:
        try:
            answer = read_answer(raw, f"prefetch.{key}")
            if (answer.listing is None or answer.listing.is_bundle) or key not in self._templates:
                # Nearly every answer is a list, as the queries want it.
                return answer
            return Answer(PrefetchState.FAILED) if is_of_other_kind(answer, self._templates[key]) else answer
        except Exception as error:  # noqa: BLE001 - one key must not cost the others
            failures.part_failed("prefetch", error)
            self._failed.add(f"prefetch.{key}")
            return Answer(PrefetchState.FAILED)

    def _fetch(self, references: Mapping[str, str]) -> None:
        """Read resources by their references, each for its place in the request."""
        if self._access is None:
            return
        queries = {place: address for place, wanted in references.items() if (address := _address(wanted))}
        self._fetched |= self._asked(queries)

    def _asked(self, queries: Mapping[str, str], begun: Mapping[str, Answer] | None = None) -> dict[str, Answer]:
        """Ask the server. Where asking itself fails, it gave nothing, and the reason is an internal error."""
        if self._access is None:
            return {}
        try:
            return self._access.fetch(queries, begun or {})
        except ServerBusyError:
            raise
        except Exception as error:  # noqa: BLE001 - what was sent is judged without what could be fetched
            failures.part_failed("fetch", error)
            self._failed.update(queries, begun or ())
            return {}


def _address(wanted: str) -> str:
    """Return a reference as an address relative to the server's base; empty if it does not lead to a resource there."""
    kind, _, identifier = wanted.partition("/")
    return f"{kind}/{quote(identifier, safe='')}" if kind.isalpha() and kind.isascii() and identifier else ""
