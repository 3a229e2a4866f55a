"""A synthetic stream of orders through the real service, with a clock that moves and faults that can be put in."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from calls import PATIENT, SIGN, TODAY, Caller, bundle, call, clean_prefetch, labs, lvef, weight

from cds_service.configuration.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
Fault = "Callable[[Json], None]"
FIRST = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""
ORDERS_A_WEEK = 40
_PATIENT = re.compile(rf"\b{re.escape(PATIENT)}\b")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Stream:
    """Orders of which some have an old weight, a liver that suffers or a weak heart, drawn by a seeded lot."""

    def __init__(self, settings: Settings | None = None, seed: int = 1, database: str | None = None) -> None:
        """Begin on a Monday."""
        self.at = FIRST
        self.caller = Caller(settings or Settings(), database=database, clock=lambda: self.at)
        self._lot = random.Random(seed)  # noqa: S311 - a lot that can be drawn again
        self._number = 0

    def weeks(self, count: int, fault: Callable[[Json], None] = lambda _: None, caller: Caller | None = None) -> None:
        """Send the orders of some weeks, with a fault in every chart and its orders."""
        for _ in range(count * ORDERS_A_WEEK):
            request = self._request()
            fault(request["prefetch"] | {"orders": request["context"]["draftOrders"]})
            response = (caller or self.caller).client.post(
                f"/cds-services/{SIGN}", json=_as_of(request, self.at.date())
            )
            assert response.status_code == 200
            self.at += timedelta(days=7) / ORDERS_A_WEEK

    def _request(self) -> Json:
        self._number += 1
        results = labs()
        if self._lot.random() < 0.15:
            results[0]["valueQuantity"]["value"] = 250  # AST, more than five times its upper limit
        chart = clean_prefetch() | {
            "weight": bundle(weight(days=45 if self._lot.random() < 0.1 else 3)),
            "lvef": bundle(lvef(30 if self._lot.random() < 0.08 else 61)),
            "labs": bundle(*results),
        }
        return call(prefetch=chart) | {"hookInstance": f"i-{self._number}"}


def _as_of(request: Json, day: date) -> Json:
    """Move every day of a request as if it were sent on another, and make it about a patient of its own."""
    shift = day - TODAY
    text = _DAY.sub(lambda found: str(date.fromisoformat(found.group()) + shift), json.dumps(request))
    text = _PATIENT.sub(f"{PATIENT}-{request['hookInstance']}", text)
    written: Json = json.loads(text)
    return written


def in_microkatal_as_if_in_units(chart: Json) -> None:
    """Let the laboratory report AST in another unit and go on writing U/L."""
    for entry in chart["labs"]["entry"]:
        if entry["resource"]["id"] == "ast-1":
            entry["resource"]["valueQuantity"]["value"] /= 60
            entry["resource"]["referenceRange"] = [{"high": {"value": 40}}]


def in_an_unknown_unit(chart: Json) -> None:
    """Let the laboratory report AST in a unit that nobody knows, and send no limit that it could be compared with."""
    for entry in chart["labs"]["entry"]:
        if entry["resource"]["id"] == "ast-1":
            entry["resource"]["valueQuantity"] |= {"unit": "arb", "code": "arb"}
            entry["resource"].pop("referenceRange", None)


def under_another_code(chart: Json) -> None:
    """Let the echocardiography laboratory change its code list."""
    for entry in chart["lvef"]["entry"]:
        entry["resource"]["code"]["coding"] = [{"system": "urn:local", "code": "EF-2"}]


def by_a_local_name(chart: Json) -> None:
    """Let the pharmacy order by a name that only the site knows."""
    for entry in chart["orders"]["entry"]:
        entry["resource"]["medicationCodeableConcept"] = {"text": "Formulary 417"}
