"""A scenario as the order-sign request that an EHR would send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cds_service.tryit.resources import PATIENT, USER
from cds_service.tryit.scenarios import page_data
from fhir_mappings.request.builder import bundle_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from cards.knowledge.schema import Knowledge
    from cds_service.tryit.resources import Json

_INSTANCE = "00000000-0000-4000-8000-000000000000"


def scenario_request(name: str, known: Knowledge, queries: Mapping[str, str], today: date) -> Json:
    """Build an order-sign request; each prefetch search is answered with all resources of that kind in the chart.

    Raises:
        LookupError: there is no such scenario.

    """
    scenario = next((each for each in page_data(known, today)["scenarios"] if each["id"] == name), None)
    if scenario is None:
        raise LookupError(name)
    return {
        "hook": "order-sign",
        "hookInstance": _INSTANCE,
        "context": {"userId": USER, "patientId": PATIENT, "draftOrders": bundle_of("collection", scenario["orders"])},
        "prefetch": {key: _answer(query, scenario["chart"]) for key, query in queries.items()},
    }


def _answer(query: str, chart: list[Json]) -> Json:
    kind, _, search = query.partition("?")
    if not search:
        return next(each for each in chart if each["resourceType"] == kind.partition("/")[0])
    return bundle_of("searchset", [each for each in chart if each["resourceType"] == kind])
