"""JSON on the wire: exact numbers, shells that are off, and resources that are only glimpsed."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from shapes import LOINC, Json, bundle, coding, concept, observation, quantity

from fhir_mappings.wire.exact_json import Unreadable, decode, encode
from fhir_mappings.wire.resources import ResourceList
from fhir_mappings.wire.stubs import ResourceStub

WEIGHT = observation("29463-7", "weight-1", valueQuantity=quantity(70, "kg"))
OTHER = observation("8302-2", "height-1", valueQuantity=quantity(170, "cm"))


def written(stub: ResourceStub) -> list[list[tuple[str, str]]]:
    return [[(each.system, each.code) for each in codes] for codes in stub.codes]


def listing(value: Any) -> ResourceList:
    return ResourceList.read(encode(value), "prefetch.weight")


def references(value: Any) -> list[str]:
    return [stub.reference for stub in listing(value).stubs]


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("3.60", id="a trailing zero"),
        pytest.param("0.1", id="a tenth"),
        pytest.param("45.13075582917796", id="fourteen decimals"),
        pytest.param("252", id="a whole number"),
        pytest.param("252.0", id="a whole number with a decimal"),
        pytest.param("1E+5", id="an exponent"),
        pytest.param("123456789012345678901234567890", id="a number longer than 64 bits"),
    ],
)
def test_a_number_is_written_as_it_was_read(written: str) -> None:
    raw = b'{"value":' + written.encode() + b"}"
    assert encode(decode(raw)) == raw
    assert isinstance(decode(raw)["value"], int if written.isdecimal() else Decimal)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"{'a': 1}", id="single quotes"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b'"\xff"', id="a text that is not UTF-8"),
        pytest.param(b'"\\ud800"', id="half a surrogate pair"),
        pytest.param(b"NaN", id="not a number"),
        pytest.param(b"1e99999999999999999999", id="an exponent that cannot be held"),
    ],
)
def test_what_is_not_json_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(raw)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(bundle(WEIGHT, OTHER), ["Observation/weight-1", "Observation/height-1"], id="a searchset"),
        pytest.param(
            {"resourceType": "Bundle", "entry": [{"resource": WEIGHT}]},
            ["Observation/weight-1"],
            id="a Bundle without type",
        ),
        pytest.param(
            {"resourceType": "Bundle", "entry": {"resource": WEIGHT}},
            ["Observation/weight-1"],
            id="entry sent as an object",
        ),
        pytest.param(WEIGHT, ["Observation/weight-1"], id="a single resource"),
        pytest.param(
            {"response": {"status": "200 OK"}, "resource": WEIGHT},
            ["Observation/weight-1"],
            id="a resource in its response entry",
        ),
        pytest.param(
            {"response": {"status": "200 OK"}, "resource": bundle(WEIGHT)},
            ["Observation/weight-1"],
            id="a Bundle in its response entry",
        ),
        pytest.param({"resourceType": "Bundle"}, [], id="a Bundle without entry"),
        pytest.param({"resourceType": "Bundle", "entry": None}, [], id="a Bundle whose entry is null"),
        pytest.param(bundle(), [], id="an empty searchset"),
    ],
)
def test_a_resource_list_finds_the_resources_in_every_envelope(value: Json, expected: list[str]) -> None:
    assert references(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([WEIGHT], id="an array"),
        pytest.param("none", id="a text"),
        pytest.param(5, id="a number"),
        pytest.param({}, id="an empty object"),
        pytest.param({"entry": [{"resource": WEIGHT}]}, id="no resourceType"),
        pytest.param({"resourceType": 5}, id="an unknown resourceType"),
        pytest.param({"response": {"status": "404"}}, id="a response without its resource"),
    ],
)
def test_what_is_not_a_resource_is_unreadable(value: Any) -> None:
    with pytest.raises(Unreadable):
        listing(value)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(None, id="a null entry"),
        pytest.param({"fullUrl": "urn:uuid:1"}, id="an entry without resource"),
        pytest.param({"resource": None}, id="an entry whose resource is null"),
        pytest.param({"resource": "x"}, id="an entry whose resource is a text"),
        pytest.param({"resource": [OTHER]}, id="an entry whose resource is an array"),
        pytest.param("x", id="an entry that is a text"),
    ],
)
def test_a_broken_entry_is_noted_and_the_others_are_read(broken: Any) -> None:
    found = listing({"resourceType": "Bundle", "entry": [broken, {"resource": WEIGHT}]})
    assert [stub.reference for stub in found.stubs] == ["Observation/weight-1"]
    assert len(found.broken) == 1
    assert found.broken[0].startswith("prefetch.weight.entry[0]")


@pytest.mark.parametrize(
    "links",
    [
        pytest.param([{"relation": "self", "url": "a"}, {"relation": "next", "url": "b"}], id="among others"),
        pytest.param({"relation": "next", "url": "b"}, id="sent as an object"),
        pytest.param([None, {"relation": "next", "url": "b"}], id="after a null"),
    ],
)
def test_the_next_page_is_seen(links: Any) -> None:
    assert listing(bundle(WEIGHT, link=links)).next_page == "b"
    assert listing(bundle(WEIGHT)).next_page == ""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(concept(coding(LOINC, "29463-7")), [[(LOINC, "29463-7")]], id="one coding"),
        pytest.param(
            concept(coding("urn:local", "1"), coding(LOINC, "29463-7")),
            [[("urn:local", "1"), (LOINC, "29463-7")]],
            id="a local code first",
        ),
        pytest.param({"coding": {"system": LOINC, "code": "1"}}, [[(LOINC, "1")]], id="a coding sent as an object"),
        pytest.param({"coding": [{"code": "1"}]}, [[("", "1")]], id="no system"),
        pytest.param({"coding": [{"system": None, "code": "1"}]}, [[]], id="a system that is null"),
        pytest.param({"coding": [None, {"system": LOINC, "code": "1"}]}, [[(LOINC, "1")]], id="a null coding"),
        pytest.param({"text": "Weight"}, [[]], id="text alone"),
        pytest.param([concept(coding(LOINC, "1"))], [[]], id="a code sent as an array"),
        pytest.param(5, [[]], id="a code that is a number"),
    ],
)
def test_a_resource_stub_has_the_codes(code: Any, expected: list[Any]) -> None:
    assert written(listing(bundle({**WEIGHT, "code": code})).stubs[0]) == expected


def test_a_stub_keeps_the_codes_of_components_separate() -> None:
    parts = [{"code": concept(coding(LOINC, "8480-6"))}, {"code": None}, {"code": concept(coding(LOINC, "8462-4"))}]
    for component in (parts, [*parts, None]):
        found = written(listing(bundle({**WEIGHT, "component": component})).stubs[0])
        assert found == [[(LOINC, "29463-7")], [(LOINC, "8480-6")], [], [(LOINC, "8462-4")]]
    single = listing(bundle({**WEIGHT, "component": parts[0]})).stubs[0]
    assert written(single) == [[(LOINC, "29463-7")], [(LOINC, "8480-6")]]


def test_a_stub_of_a_resource_without_a_code_has_no_code() -> None:
    without = {name: value for name, value in WEIGHT.items() if name != "code"}
    assert not listing(bundle(without)).stubs[0].has_code
    assert listing(bundle(WEIGHT)).stubs[0].has_code


def test_other_resources_are_found_on_further_pages_too() -> None:
    first, second = listing(bundle(WEIGHT)), listing(bundle({"resourceType": "Medication", "id": "m"}))
    assert first.non_observations == []
    first.stubs += second.stubs
    assert [each.reference for each in first.non_observations] == ["Medication/m"]


@pytest.mark.parametrize("identifier", [None, 5, "", ["a"]])
def test_a_resource_without_id_has_no_reference(identifier: Any) -> None:
    assert references(bundle({**WEIGHT, "id": identifier})) == [""]


def test_what_a_resource_holds_is_read_only_when_asked_for() -> None:
    raw = encode(WEIGHT)[:-1] + b',"note":[{"time":1e99999999999999999999}]}'
    stub = ResourceStub.of(raw, "x")
    assert stub.reference == "Observation/weight-1"
    with pytest.raises(Unreadable):
        _ = stub.content


@pytest.mark.parametrize("shell", ["raw", "lenient"])
def test_a_resource_stub_is_searched_for_words(shell: str) -> None:
    report = {"resourceType": "DiagnosticReport", "id": "r", "conclusion": "HER2 3+"}
    value = bundle(report) if shell == "raw" else {"resourceType": "Bundle", "entry": {"resource": report}}
    stub = listing(value).stubs[0]
    assert stub.mentions((b"ERBB2", b"HER2"))
    assert not stub.mentions((b"LVEF",))


def test_the_content_keeps_the_spelling_of_numbers() -> None:
    raw = json.dumps(bundle(WEIGHT)).replace("70", "70.10").encode()
    content = ResourceList.read(raw, "x").stubs[0].content
    assert str(content["valueQuantity"]["value"]) == "70.10"
