"""How much one request may hold: over a limit the caller is told, and the time grows with the size, not its square."""

from __future__ import annotations

import copy
import json
import re
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from calls import DISPATCH, KEYS, LOINC, Caller, aspirin, bundle, call, clean_prefetch, order, weight

from benchmarks.growth import NEEDED, at_place, places, put, rich
from cards.values.texts import LONGEST
from cds_service.configuration.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from calls import Json

LIMITS = {"orders": 4, "instructions": 6, "codings": 8, "keys": 12, "entries": 20}


@pytest.fixture(scope="module")
def limited() -> Caller:
    """Return a service with low limits."""
    return Caller(Settings(limits=LIMITS))


def of_orders(count: int) -> Json:
    return call(orders=[order(), *(aspirin() | {"id": f"aspirin-{number}"} for number in range(count - 1))])


def of_contained(count: int) -> Json:
    """Return a plan whose orders stand in its group."""
    inside = [aspirin() | {"id": f"aspirin-{number}"} for number in range(count - 2)]
    group = {"resourceType": "RequestGroup", "id": "group", "status": "draft", "intent": "plan", "contained": inside}
    return call(orders=[order(), group])


def of_instructions(count: int) -> Json:
    one = order()["dosageInstruction"]
    return call(orders=[order(), order(name="order-2", dosageInstruction=one * (count - 1))])


def of_codings(count: int) -> Json:
    concept = copy.deepcopy(order()["medicationCodeableConcept"])
    concept["coding"] *= count
    return call(orders=[order(medicationCodeableConcept=concept)])


def of_ingredients(count: int) -> Json:
    concept = order()["medicationCodeableConcept"]
    medication = {"resourceType": "Medication", "id": "m", "code": concept}
    medication["ingredient"] = [{"itemCodeableConcept": concept}] * (count - 1)
    by_reference = order(contained=[medication], medicationReference={"reference": "#m"})
    del by_reference["medicationCodeableConcept"]
    return call(orders=[by_reference])


def of_keys(count: int) -> Json:
    sent = clean_prefetch()
    more = {f"key-{number}": bundle() for number in range(count - len(sent))}
    return call(prefetch=sent | more)


@pytest.mark.parametrize(
    ("make", "limit", "named"),
    [
        pytest.param(of_orders, "orders", "context.draftOrders.entry", id="orders"),
        pytest.param(of_contained, "orders", "context.draftOrders.entry", id="orders within a plan"),
        pytest.param(of_instructions, "instructions", "context.draftOrders.entry", id="instructions"),
        pytest.param(of_codings, "codings", "context.draftOrders.entry", id="codings"),
        pytest.param(of_ingredients, "codings", "context.draftOrders.entry", id="codings of ingredients"),
        pytest.param(of_keys, "keys", "prefetch", id="prefetch keys"),
    ],
)
def test_a_request_over_a_limit_is_refused_with_a_reason(
    limited: Caller, make: Callable[[int], Json], limit: str, named: str
) -> None:
    assert limited.post(make(LIMITS[limit])).status == 200
    answer = limited.post(make(LIMITS[limit] + 1))
    assert (answer.status, answer.code, answer.expression) == (400, "too-long", [named])
    assert f"more than {LIMITS[limit]} " in answer.body["issue"][0]["details"]["text"]


def test_dispatched_orders_over_a_limit_are_refused_too(limited: Caller) -> None:
    one = order(status="active")["dosageInstruction"]
    answers = []
    for count in (LIMITS["instructions"], LIMITS["instructions"] + 1):
        body = call(DISPATCH, orders=[order(status="active", dosageInstruction=one * count)])
        answers.append(limited.post(body, DISPATCH))
    assert answers[0].status == 200
    assert (answers[1].status, answers[1].code, answers[1].expression) == (
        400,
        "too-long",
        ["context.dispatchedOrders"],
    )


def test_the_first_of_too_many_entries_are_read_and_the_card_says_so(limited: Caller) -> None:
    sent = clean_prefetch()
    fits = limited.post(call(prefetch=sent))
    assert fits.topics == []
    weights = [weight() | {"id": f"weight-{number}"} for number in range(LIMITS["entries"])]
    answer = limited.post(call(prefetch=sent | {"weight": bundle(*weights)}))
    assert "checks-incomplete" in answer.topics
    detail = next(card["detail"] for card in answer.cards if "checks" in card["source"]["topic"]["code"])
    assert "more entries than the service reads" in detail


def seconds(caller: Caller, body: Json) -> float:
    """Return the least processor time of a few calls."""
    raw, times = json.dumps(body).encode(), []
    for _ in range(2):
        began = time.process_time()
        assert caller.post(raw).status == 200
        times.append(time.process_time() - began)
    return min(times)


def instructions(count: int) -> Json:
    """Return an order whose every instruction has a dose that is too high, in a text of its own."""
    one = order(378)["dosageInstruction"][0]
    return call(
        orders=[order(378, dosageInstruction=[one | {"text": f"378 mg IV, bag {each}"} for each in range(count)])]
    )


def doses(count: int) -> Json:
    """Return an instruction with many amounts, in milligrams and per kilogram, that nearly agree."""
    written = copy.deepcopy(order(378)["dosageInstruction"])
    units = ("mg", 378.0), ("mg/kg", 5.4)
    written[0]["doseAndRate"] = [
        {
            "doseQuantity": {
                "value": value + each / 1e6,
                "unit": unit,
                "system": "http://unitsofmeasure.org",
                "code": unit,
            }
        }
        for each in range(count // 2)
        for unit, value in units
    ]
    return call(orders=[order(378, dosageInstruction=written)])


def codings(count: int) -> Json:
    concept: Any = copy.deepcopy(order()["medicationCodeableConcept"])
    concept["coding"] += [
        {"system": LOINC, "code": str(each), "display": f"local name {each}"} for each in range(count)
    ]
    return call(orders=[order(378, medicationCodeableConcept=concept)])


def orders_of_one_day(count: int) -> Json:
    """Return orders for the same day, each of another amount, of which all but one may be removed."""
    return call(orders=[order(252 + each % 40, f"order-{each}") for each in range(count)])


@pytest.mark.parametrize("make", [instructions, doses, codings, orders_of_one_day])
def test_the_time_does_not_grow_quadratically(make: Callable[[int], Json]) -> None:
    caller = Caller()
    seconds(caller, make(10))
    assert seconds(caller, make(240)) < 9 * seconds(caller, make(60))


class _Seen:
    """A pattern that notes how long the longest text is that it is given."""

    longest = 0

    def __init__(self, pattern: re.Pattern[Any]) -> None:
        self._pattern = pattern

    def __getattr__(self, name: str) -> Any:
        given = getattr(self._pattern, name)
        if name not in ("search", "match", "fullmatch", "finditer", "findall", "split", "sub"):
            return given

        def noted(*args: Any, **more: Any) -> Any:
            text = args[1] if name == "sub" else args[0]
            _Seen.longest = max(_Seen.longest, len(text))
            return given(*args, **more)

        return noted


def test_every_text_is_shortened_before_a_pattern_is_matched(service: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    patterns = 0
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("cards", "fhir_mappings"):
            for each, value in list(vars(module).items()):
                if isinstance(value, re.Pattern):
                    monkeypatch.setattr(module, each, _Seen(value))
                    patterns += 1
    monkeypatch.setattr(_Seen, "longest", 0)
    body = rich(KEYS)
    for place in list(places(body, str)):
        if place[-1] not in (*NEEDED, "system", "code", "id", "url", "patientId", "effectiveDateTime", "authoredOn"):
            body = put(body, place, f"{at_place(body, place)} {'252 mg IV ' * 500}")
    assert "checks-incomplete" in service.post(body).topics
    assert patterns > 100
    # A cut is marked by three dots in a text that is folded further.
    assert 0 < _Seen.longest <= LONGEST + 2
