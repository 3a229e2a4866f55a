"""The states of a prefetch key: "none on record", "not sent" and "could not be had" are three different things."""

from __future__ import annotations

from typing import Any

import pytest
from shapes import bundle, observation, quantity

from fhir_mappings.request.prefetch import Answer, PrefetchState, read_answer
from fhir_mappings.wire.exact_json import encode
from fhir_mappings.wire.resources import NO_ADDRESS

WEIGHT = observation("29463-7", "weight-1", valueQuantity=quantity(70, "kg"))


def outcome(severity: str, code: str = "processing") -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}


def read(value: Any) -> Answer:
    return read_answer(encode(value), "prefetch.weight")


@pytest.mark.parametrize("total", [None, "1"])
def test_one_search_of_a_batch_that_failed_leaves_the_rest_incomplete(total: str | None) -> None:
    inner = {"resource": bundle(WEIGHT), "response": {"status": "200"}}
    failed = {"response": {"status": "500 Internal Server Error", "outcome": outcome("error")}}
    batch = {"resourceType": "Bundle", "type": "batch-response", "total": total, "entry": [inner, failed]}
    found = read(batch)
    assert found.listing is not None
    assert (found.state, found.partial, len(found.listing.stubs)) == (PrefetchState.PRESENT, True, 1)
    assert found.listing.broken == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(None, PrefetchState.EMPTY, id="null: the chart has none"),
        pytest.param(
            {**bundle(), "entry": [{"response": {"status": "403"}}]}, PrefetchState.FAILED, id="a refused search alone"
        ),
        pytest.param(bundle(), PrefetchState.EMPTY, id="an empty searchset: the chart has none"),
        pytest.param({"resourceType": "Bundle"}, PrefetchState.EMPTY, id="a Bundle without entry: the chart has none"),
        pytest.param(
            {"resourceType": "Bundle", "entries": [{"resource": WEIGHT}]},
            PrefetchState.FAILED,
            id="its entries under another name: it failed",
        ),
        pytest.param(
            {"resourceType": "Bundle", "type": "searchset", "link": [{"relation": "self", "url": "x"}]},
            PrefetchState.EMPTY,
            id="a link to itself alone: the chart has none",
        ),
        pytest.param(
            {"resourceType": "Bundle", "resources": []}, PrefetchState.EMPTY, id="an empty list under another name"
        ),
        pytest.param(
            bundle(outcome("warning")), PrefetchState.EMPTY, id="a searchset of a warning alone: the chart has none"
        ),
        pytest.param(
            bundle(outcome("information")),
            PrefetchState.EMPTY,
            id="a searchset of an information alone: the chart has none",
        ),
        pytest.param(
            bundle(outcome("warning", "suppressed")),
            PrefetchState.FAILED,
            id="a searchset of what was left out: it failed",
        ),
        pytest.param(bundle(outcome("error")), PrefetchState.FAILED, id="a searchset of an error alone: it failed"),
        pytest.param(bundle(outcome("fatal ")), PrefetchState.FAILED, id="a fatal error with a blank: it failed"),
        pytest.param(
            outcome("error"), PrefetchState.FAILED, id="an OperationOutcome in the place of the list: it failed"
        ),
        pytest.param(outcome("warning"), PrefetchState.FAILED, id="even of a warning"),
        pytest.param({"resourceType": "OperationOutcome"}, PrefetchState.FAILED, id="even without an issue"),
        pytest.param("unavailable", PrefetchState.FAILED, id="a text: it failed"),
        pytest.param([WEIGHT], PrefetchState.FAILED, id="an array: it failed"),
        pytest.param({}, PrefetchState.FAILED, id="an empty object: it failed"),
        pytest.param(
            {"response": {"status": "404"}}, PrefetchState.FAILED, id="a response without resource: it failed"
        ),
        pytest.param(WEIGHT, PrefetchState.PRESENT, id="a single resource"),
        pytest.param(bundle(WEIGHT), PrefetchState.PRESENT, id="a searchset"),
        pytest.param(
            {"response": {"status": "200"}, "resource": WEIGHT}, PrefetchState.PRESENT, id="in its response entry"
        ),
        pytest.param(bundle(WEIGHT, outcome("warning")), PrefetchState.PRESENT, id="a searchset with a warning"),
        pytest.param(
            bundle(None), PrefetchState.PRESENT, id="a searchset of a broken entry has something that is not read"
        ),
    ],
)
def test_state(value: Any, expected: PrefetchState) -> None:
    assert read(value).state is expected


@pytest.mark.parametrize("raw", [b"null", b" null", b"null ", b"\nnull\n"])
def test_null_with_blanks_is_null(raw: bytes) -> None:
    assert read_answer(raw, "x") == Answer(PrefetchState.EMPTY)


@pytest.mark.parametrize(
    ("value", "partial"),
    [
        pytest.param(bundle(WEIGHT, outcome("error")), True, id="an error beside results: some lack"),
        pytest.param(bundle(WEIGHT, outcome("warning")), False, id="a warning beside results: none is missing"),
        pytest.param(bundle(WEIGHT), False, id="results alone"),
    ],
)
def test_an_error_beside_results_makes_them_partial(value: Any, partial: bool) -> None:  # noqa: FBT001 - a column
    found = read(value)
    assert found.partial is partial
    assert found.listing is not None
    assert [stub.resource_type for stub in found.listing.stubs] == ["Observation"]


@pytest.mark.parametrize(
    ("severity", "code", "withheld"),
    [
        pytest.param("warning", "suppressed", True, id="a part that the client may not read, as Epic says it"),
        pytest.param("information", "incomplete", True, id="a source that did not answer"),
        pytest.param("warning", "throttled", True, id="a search that was cut short"),
        pytest.param("warning", "processing", False, id="Epic's notice on every answer"),
        pytest.param("warning", "informational", False, id="the same in an earlier version"),
        pytest.param("warning", "not-supported", False, id="a parameter that was ignored"),
        *(pytest.param("warning", code, True, id=code) for code in ("security", "login", "exception", "no-store")),
        pytest.param("warning", "business-rule", False, id="another warning"),
        pytest.param("error", "suppressed", False, id="an error makes it partial instead"),
    ],
)
def test_a_list_from_which_the_server_left_something_out(severity: str, code: str, withheld: bool) -> None:  # noqa: FBT001 - a column
    assert read(bundle(WEIGHT, outcome(severity, code))).withheld is withheld


@pytest.mark.parametrize(
    ("link", "page"),
    [
        pytest.param({"relation": "next", "url": "https://x/2"}, "https://x/2", id="as FHIR names it"),
        pytest.param({"relation": "Next", "url": "https://x/2"}, "https://x/2", id="in other letters"),
        pytest.param({"relation": " NEXT ", "url": "https://x/2"}, "https://x/2", id="with blanks"),
        pytest.param({"rel": "next", "href": "https://x/2"}, "https://x/2", id="as JSON:API names it"),
        pytest.param({"relation": "next", "href": "https://x/2"}, "https://x/2", id="its address as a href"),
        pytest.param({"relation": "next"}, NO_ADDRESS, id="without an address"),
        pytest.param({"relation": "next", "url": None}, NO_ADDRESS, id="with null for an address"),
        pytest.param({"relation": "previous", "url": "https://x/0"}, "", id="another page"),
        pytest.param({"relation": "self", "url": "https://x/next"}, "", id="the page itself"),
    ],
)
@pytest.mark.parametrize("entries", [[WEIGHT], [WEIGHT, None]], ids=["read at once", "read leniently"])
def test_a_link_to_the_next_page(link: Any, page: str, entries: list[Any]) -> None:
    found = read({**bundle(*entries), "link": [{"relation": "self", "url": "https://x/1"}, link]}).listing
    assert found is not None
    assert found.next_page == page


@pytest.mark.parametrize(
    ("response", "partial"),
    [
        pytest.param({"request": {"method": "DELETE"}, "response": {"status": "204"}}, False, id="a deleted version"),
        pytest.param({"request": {"method": "GET"}, "response": {"status": "500"}}, True, id="a search that failed"),
        pytest.param({"response": {"status": "404"}}, True, id="an answer without its request"),
    ],
)
@pytest.mark.parametrize("total", [2, "2"], ids=["read at once", "read leniently"])
def test_an_entry_that_holds_only_an_answer(response: Any, partial: bool, total: Any) -> None:  # noqa: FBT001 - a column
    found = bundle(WEIGHT)
    assert read({**found, "total": total, "entry": [*found["entry"], response]}).partial is partial


def test_an_unreadable_outcome_counts_as_an_error() -> None:
    raw = b'{"resourceType":"OperationOutcome","issue":[{"severity":"warning","line":1e99999999999999999999}]}'
    body = b'{"resourceType":"Bundle","entry":[{"resource":' + raw + b"}]}"
    assert read_answer(body, "x").state is PrefetchState.FAILED
