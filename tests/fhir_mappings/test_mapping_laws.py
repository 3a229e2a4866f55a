"""Laws of reading: no content makes the service stumble, and neither the order nor the unit of what is sent matters."""

from __future__ import annotations

import copy
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import (
    BILLING_OPTIONS,
    DECIDER,
    HCPCS,
    ICD10,
    KADCYLA,
    LOINC,
    NDC,
    RXNORM,
    SNOMED,
    Json,
    bundle,
    cards,
    chart,
    coding,
    concept,
    condition,
    dosage,
    dose_of,
    hook_body,
    lab,
    observation,
    order,
    quantity,
    topic,
)

from cds_service.decisions.data_access import DataMissing
from fhir_mappings.request.hook_request import BadRequest, read_request
from fhir_mappings.request.prefetch import read_answer
from fhir_mappings.wire.exact_json import Unreadable, decode, encode
from fhir_mappings.wire.resources import BundleEnvelope, ObservationBundle, ResourceList
from fhir_mappings.wire.stubs import ResourceStub

if TYPE_CHECKING:
    from collections.abc import Callable

    from fhir_mappings.request.hook_request import HookRequest


def crowded() -> Json:
    """Return a request in which every reader finds something to read."""
    code: Json = concept(coding(RXNORM, "1371046", "Kadcyla"), coding(HCPCS, "J9354", "x"), coding(NDC, "50242-088-01"))
    code["extension"] = [
        {"url": BILLING_OPTIONS, "valueCodeableConcept": concept(coding(HCPCS, "J9308"))},
        {"url": BILLING_OPTIONS, "extension": [{"url": "code", "valueCoding": coding(HCPCS, "J9354")}]},
    ]
    bag = {
        "resourceType": "Medication",
        "id": "med-1",
        "code": code,
        "ingredient": [
            {
                "itemCodeableConcept": concept(coding(RXNORM, "1371041"), text="ado-trastuzumab emtansine"),
                "strength": {"numerator": quantity(250, "mg"), "denominator": quantity(250, "mL")},
            },
            {"itemCodeableConcept": concept(text="Sodium chloride 0.9%")},
        ],
    }
    first = order(
        dosage(
            {"type": {"text": "ordered"}, **dose_of(Decimal("5.4"), "mg/kg")},
            {"type": {"text": "calculated"}, "doseRange": {"low": quantity(300, "mg"), "high": quantity(378, "mg")}},
            {"rateRatio": {"numerator": quantity(5, "mg/kg"), "denominator": quantity(30, "min")}},
            text="5.4 mg/kg (378 mg) q21d",
            route=concept(coding(SNOMED, "47625008")),
            maxDosePerPeriod={"numerator": quantity(1, "1"), "denominator": quantity(3, "wk")},
        ),
        dosage(
            dose_of(250, "mL"),
            timing={
                "event": ["2026-11-23"],
                "repeat": {"boundsPeriod": {"start": "2026-11-24"}},
                "code": {"text": "Q3W"},
            },
        ),
        encounter={"reference": "Encounter/1"},
        requester={"reference": "Practitioner/1"},
        reasonCode=[concept(coding(ICD10, "C50.911"), text="Breast cancer")],
        reasonReference=[{"reference": "Condition/cancer-1"}],
    )
    others: list[Json] = [
        order(
            id="order-2",
            contained=[bag],
            medicationCodeableConcept=None,
            medicationReference={"reference": "#med-1", "display": "Kadcyla"},
        ),
        order(
            dosage(dose_of(420, "mg")), id="order-3", drug=concept(coding(RXNORM, "1298944"), coding(HCPCS, "J9308"))
        ),
        {
            "resourceType": "ServiceRequest",
            "id": "s",
            "status": "draft",
            "intent": "order",
            "code": concept(coding(HCPCS, "J9308")),
            "subject": {"reference": "Patient/pat-1"},
            "basedOn": [{"reference": "MedicationRequest/order-1"}],
        },
        {"resourceType": "MedicationRequest", "id": "r5", "medication": {"concept": KADCYLA}},
        {
            "resourceType": "RequestGroup",
            "id": "g",
            "action": [{"resource": {"reference": "MedicationRequest/order-1"}}],
        },
    ]
    sent = chart()
    sent["item1"] = bundle(
        observation("85318-4", "ish", valueString="greater than 2.2"),
        observation("49683-6", "ratio", valueRatio={"numerator": {"value": 6}, "denominator": {"value": 2}}),
        observation("10230-1", "ef", valueRange={"low": quantity(55, "%"), "high": quantity(60, "%")}),
        observation("8806-2", "ef-text", valueString="55-60%"),
        observation("85337-4", "er", valueCodeableConcept=concept(coding(SNOMED, "10828004", "Positive"))),
        observation(
            "74885-5",
            "panel",
            component=[{"code": concept(coding(LOINC, "49683-6")), "valueQuantity": quantity(2, "1")}],
        ),
        observation("2106-3", "hcg", valueCodeableConcept=concept(coding(SNOMED, "260385009", "Negative"))),
        observation(
            "69548-6",
            "variant",
            valueCodeableConcept=concept(coding(LOINC, "LA9633-4", "Present")),
            component=[
                {
                    "code": concept(coding(LOINC, "48018-6")),
                    "valueCodeableConcept": concept(coding("http://www.genenames.org", "HGNC:3430", "ERBB2")),
                }
            ],
        ),
        {
            "resourceType": "MedicationAdministration",
            "id": "given",
            "status": "completed",
            "subject": {"reference": "Patient/pat-1"},
            "medicationCodeableConcept": KADCYLA,
            "effectivePeriod": {"start": "2026-11-01", "end": "2026-11-01"},
            "dosage": {"dose": quantity(Decimal("3.0"), "mg/kg"), "rateQuantity": quantity(20, "min")},
        },
        order(id="past", status="active", authoredOn="2026-10-01", drug=concept(text="clarithromycin 500 mg tablet")),
        condition("ild", coding(ICD10, "J84.9"), text="Interstitial lung disease"),
        {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]},
        {"resourceType": "DiagnosticReport", "id": "r", "conclusion": "HER2, LVEF"},
        condition("spread", coding(ICD10, "C78.7"), stage=[{"summary": concept(text="Stage IV")}]),
        link=[{"relation": "self", "url": "x"}],
    )
    return hook_body(
        {"resource": first, "fullUrl": "urn:uuid:1"}, *others, prefetch=sent, selections=["RequestGroup/g"]
    )


def listing(resource: Json) -> Json:
    """Return the answer to a search that found one resource."""
    return {"resourceType": "Bundle", "entry": [{"resource": resource}]}


CROWDED = crowded()
ALONE: Json = {"resourceType": "Observation", "id": "alone", "status": "final", "code": {"text": "Body weight"}}
OUTCOME: Json = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the way to every value inside another."""
    found = [way] if way else []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inside:
        found += places(each, (*way, step))
    return found


PLACES = places(CROWDED)
WORDS = st.sampled_from(
    [
        *("", " ", "mg", "mg/kg", "J9308", "Kadcyla", "ado-trastuzumab", "#med-1", "urn:uuid:1", "Patient/pat-2"),
        *("final", "entered-in-error ", "2026-02-30", "9999-12-31", "0001-01-01", "3+", ">55%", "\x00", "\u2011"),
        *("MedicationRequest", "Medication", "OperationOutcome", LOINC, HCPCS, "29463-7", "LA11843-2", "1e5", "-1"),
        "Bundle",
        "\u00e9" * 300,
    ]
)
NUMBERS = st.one_of(
    st.integers(-(10**40), 10**40),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, 1, -1, 10**12]),
)
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS, st.text(max_size=5).filter(lambda t: t.isprintable())),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["coding", "code", "system", "value", "unit", "reference", "text", "entry", "resource", "id"]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)
GONE = "taken out"


@st.composite
def spoilt(draw: st.DrawFn) -> Json:
    """Return the crowded request with one to three of its values replaced by junk, by other values, or taken out."""
    body = copy.deepcopy(CROWDED)
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(PLACES))
        junk = draw(st.one_of(JUNK, st.just(GONE), st.sampled_from(PLACES).map(at)))
        holder: Any = body
        for step in way:
            reachable = (isinstance(holder, dict) and step in holder) or (
                isinstance(holder, list) and isinstance(step, int) and step < len(holder)
            )
            holder = holder[step] if reachable else None
        if isinstance(holder, dict) and last in holder:
            holder.pop(last) if junk == GONE else holder.update({last: junk})
        elif isinstance(holder, list) and isinstance(last, int) and last < len(holder):
            holder[last] = junk
    return body


def at(way: tuple[Any, ...]) -> Any:
    node: Any = CROWDED
    for step in way:
        node = node[step]
    return copy.deepcopy(node)


@given(spoilt(), st.sampled_from(["order-sign", "order-select"]))
@settings(max_examples=4 * settings.default.max_examples)
def test_junk_in_any_field_is_refused_or_answered_without_an_error(body: Json, hook: str) -> None:
    if body.get("hook") == CROWDED["hook"]:
        body["hook"] = hook
    try:
        decision = DECIDER.decide(read_request(encode(body), hook))
    except (BadRequest, DataMissing):
        return
    answer = decode(encode(decision.cards))
    for card in answer:
        assert 0 < len(card["summary"]) < 140
        assert card["detail"]
        assert card["source"]["label"]


def seen(read: Callable[[bytes, str], HookRequest], body: bytes, hook: str) -> Any:
    """Tell all that a request says: its fields, and of each answer the state, the places and the resources."""
    try:
        request = read(body, hook)
    except BadRequest as refused:
        return refused.code, refused.expression
    answers = {key: read_answer(raw, f"prefetch.{key}") for key, raw in request.prefetch.items()}
    told = {
        key: (
            answer.state,
            answer.partial,
            answer.listing
            and [
                answer.listing.broken,
                answer.listing.next_page,
                [(each.path, each.full_url, each.codes, each.day, each.reference) for each in answer.listing.stubs],
                [readable(each) for each in answer.listing.stubs],
            ],
        )
        for key, answer in answers.items()
    }
    return msgspec.structs.replace(request, prefetch={}), told


def readable(stub: ResourceStub) -> Any:
    try:
        return stub.content
    except Unreadable:
        return None


@given(spoilt(), st.sampled_from(["order-sign", "order-select"]))
@settings(max_examples=3 * settings.default.max_examples)
def test_a_request_says_the_same_in_one_pass_as_in_two(body: Json, hook: str) -> None:
    if body.get("hook") == CROWDED["hook"]:
        body["hook"] = hook
    raw = encode(body)
    assert seen(DECIDER.read, raw, hook) == seen(read_request, raw, hook)


def listing_of(**elements: Any) -> Json:
    """Return a list of one result with other elements."""
    return {"resourceType": "Bundle", "total": 1, "entry": [{"resource": {**ALONE, **elements}}]}


@pytest.mark.parametrize("key", sorted(DECIDER.templates))
@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="null"),
        pytest.param({"resourceType": "Bundle"}, id="an empty list"),
        pytest.param({"resourceType": "Bundle", "entry": None}, id="entry null"),
        pytest.param({"resourceType": "Bundle", "entry": {"resource": ALONE}}, id="entry an object"),
        pytest.param({"resourceType": "Bundle", "entry": [{"resource": ALONE}, 5]}, id="an unknown entry"),
        pytest.param({"resourceType": "Bundle", "entry": [{"resource": {**ALONE, "code": 5}}]}, id="an invalid code"),
        pytest.param(
            {
                "resourceType": "Bundle",
                "entry": [{"resource": {"resourceType": "Bundle", "entry": [{"resource": ALONE}]}}],
            },
            id="a list in a list",
        ),
        pytest.param(listing_of(code=None), id="a code that is null"),
        pytest.param(listing_of(code={"coding": {"code": "29463-7"}}), id="a coding that is not a list"),
        pytest.param(listing_of(code={"coding": [{"code": "x" * 3000}]}), id="a code that is too long"),
        pytest.param(listing_of(id=7), id="an id that is a number"),
        pytest.param(listing_of(id=""), id="an id that is empty"),
        pytest.param(listing_of(effectiveDateTime=None), id="a date that is null"),
        pytest.param(listing_of(component=[{"code": ALONE["code"]}, {}]), id="components"),
        pytest.param(listing_of(component={"code": ALONE["code"]}), id="a component that is not a list"),
        pytest.param(listing_of(component="none"), id="a component that is a text"),
        pytest.param(listing_of(contained=[ALONE]), id="a result in a result"),
        pytest.param(listing_of(_issued={"id": "x"}, partOf=[]), id="unusual elements"),
        pytest.param(
            listing_of(valueQuantity={"value": Decimal("70.10"), "unit": "kg"}, note=[{"text": 'é "]'}]),
            id="digits and signs",
        ),
        pytest.param({"resourceType": "Bundle", "entry": [{"fullUrl": "urn:x"}, {"resource": None}]}, id="no resource"),
        pytest.param(
            {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Bundle"}}]}, id="no more in it"
        ),
        pytest.param({"resourceType": "Bundle", "entry": [{"resource": OUTCOME}]}, id="an outcome in a list"),
        pytest.param({"resourceType": "Bundle", "link": [{"relation": "next", "url": "x"}]}, id="a further page"),
        pytest.param(OUTCOME, id="an outcome"),
        pytest.param(ALONE, id="a resource without its list"),
        pytest.param({"resource": ALONE}, id="an entry without its list"),
        pytest.param([ALONE], id="an array"),
        pytest.param("Bundle", id="a text"),
    ],
)
def test_an_answer_of_any_shape_says_the_same_in_one_pass_as_in_two(key: str, value: Any) -> None:
    for prefetch in ({key: value}, {**CROWDED["prefetch"], key: value}, {key: value, "mine": value}):
        raw = encode({**CROWDED, "prefetch": prefetch})
        assert seen(DECIDER.read, raw, CROWDED["hook"]) == seen(read_request, raw, CROWDED["hook"])


def test_lists_are_split_with_the_request() -> None:
    """What is read in two passes after all would be as right, and slower: nobody would notice."""
    none = {"resourceType": "Bundle", "total": 0}
    asked = {key: none if "?" in query else ALONE for key, query in DECIDER.templates.items()}
    request = DECIDER.read(encode({**CROWDED, "prefetch": asked}), CROWDED["hook"])
    kinds = {key: type(value) for key, value in request.prefetch.items()}
    shapes = {"Observation": ObservationBundle, "Patient": msgspec.Raw}
    wanted = {key: re.split("[?/]", query)[0] for key, query in DECIDER.templates.items()}
    assert kinds == {key: shapes.get(kind, BundleEnvelope) for key, kind in wanted.items()}


@given(JUNK)
def test_any_json_is_an_answer_to_a_query_of_some_state(value: Any) -> None:
    raw = encode(value)
    read_answer(raw, "x")
    try:
        found = ResourceList.read(raw, "x")
    except Unreadable:
        return
    for stub in found.stubs:
        assert isinstance(stub, ResourceStub)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_unreadable(raw: bytes) -> None:
    read_answer(raw, "x")
    try:
        read_request(raw, "order-sign")
    except BadRequest as refused:
        code = refused.code
    else:
        raise AssertionError(raw)
    assert seen(DECIDER.read, raw, "order-sign")[0] == code


def signature(found: list[Json]) -> list[tuple[str, str, str, str]]:
    return sorted((topic(card), card["indicator"], card["summary"], card["uuid"]) for card in found)


MESSY = [
    observation("29463-7", "w-1", valueQuantity=quantity(70, "kg")),
    observation("29463-7", "w-2", valueQuantity=quantity(155, "mg"), effectiveDateTime="2026-11-21"),
    observation("29463-7", "w-3", valueQuantity=quantity(185, "lbs", "[lb_av]"), effectiveDateTime="2026-10"),
    observation("3142-7", "w-4", valueQuantity=quantity(90, "kg")),
    observation("29463-7", "w-5", valueQuantity=quantity(60, "kg"), subject={"reference": "Patient/pat-2"}),
    observation("29463-7", None, valueQuantity=quantity(71, "kg"), effectiveDateTime=None),
    observation("85319-2", "h-1", valueString="2+", effectiveDateTime="2025-01-01"),
    observation("85318-4", "h-2", valueString="less than 1.8", effectiveDateTime="2025-01-02"),
    observation("48676-1", "h-3", valueCodeableConcept=concept(coding(LOINC, "LA6576-8", "Positive"))),
    observation("10230-1", "e-1", valueQuantity=quantity(61, "%"), effectiveDateTime="2026-03-01"),
    observation("10230-1", "e-2", valueString="normal"),
    lab("1920-8", "a-1", 24, "U/L", 40),
    lab("1920-8", "a-2", 300, "U/L", 40),
    lab("1975-2", "b-1", Decimal("2.4"), "mg/dL", Decimal("1.2")),
    condition("c-1", coding(ICD10, "C50.911"), stage=[{"summary": {"text": "Stage II"}}]),
    condition("c-2", coding(ICD10, "C78.7")),
    {"resourceType": "DiagnosticReport", "id": "r", "conclusion": "HER2"},
]


@given(st.permutations(MESSY))
def test_the_order_of_the_entries_of_a_list_does_not_matter(listed: list[Json]) -> None:
    empty = dict.fromkeys(DECIDER.templates)
    expected = signature(cards(prefetch={**empty, "labs": bundle(*MESSY)}))
    assert expected
    assert signature(cards(prefetch={**empty, "labs": bundle(*listed)})) == expected


@given(st.permutations([entry["resource"] for entry in CROWDED["context"]["draftOrders"]["entry"]]))
def test_the_order_of_the_drafts_does_not_matter(listed: list[Json]) -> None:
    """Apart from a summary that counts or lists them."""
    expected, found = (
        sorted((topic(card), card["indicator"], card["uuid"]) for card in cards(*entries, prefetch=CROWDED["prefetch"]))
        for entries in (CROWDED["context"]["draftOrders"]["entry"], listed)
    )
    assert found == expected


@given(
    st.decimals(Decimal(50), Decimal(500), places=1),
    st.decimals(Decimal("1.0"), Decimal("9.0"), places=1),
    st.booleans(),
)
@settings(max_examples=2 * settings.default.max_examples)
def test_a_weight_in_pounds_is_the_same_weight(pounds: Decimal, per_kg: Decimal, in_mg: bool) -> None:  # noqa: FBT001 - drawn
    kg = pounds * Decimal("0.45359237")
    dose = dose_of((per_kg * kg).quantize(Decimal(1), ROUND_HALF_UP), "mg") if in_mg else dose_of(per_kg, "mg/kg")
    by_kg, by_pounds, by_grams = (
        cards(
            order(dosage(dose)),
            prefetch=chart(weight=bundle(observation("29463-7", "w", valueQuantity=quantity(value, unit, code)))),
        )
        for value, unit, code in ((kg, "kg", "kg"), (pounds, "lbs", "[lb_av]"), (kg * 1000, "g", "g"))
    )
    if Decimal(20) <= kg:
        assert by_pounds == by_grams == by_kg
    else:
        assert signature(by_pounds)[0][0] == signature(by_kg)[0][0]


TENTHS = st.integers(2, 4000).map(lambda n: Decimal(n) / 10)


@given(TENTHS, TENTHS, st.integers(2, 240).map(lambda n: Decimal(n) / 10), st.sampled_from(["Stage II", "Stage IV"]))
@settings(max_examples=2 * settings.default.max_examples)
def test_laboratory_results_mean_the_same_in_any_unit(
    ast: Decimal, alt: Decimal, bilirubin: Decimal, stage: str
) -> None:
    """Enzymes in U/L or ukat/L, bilirubin in mg/dL or umol/L, platelets by the thousand or one by one."""
    limit = Decimal("0.6")

    def sent(*, si: bool) -> Json:
        micromole, cells = Decimal("17.104"), 1000
        listed = [
            lab(code, name, value if si else value * 60, "ukat/L" if si else "U/L", limit if si else limit * 60)
            for code, name, value in (("1920-8", "ast", ast), ("1742-6", "alt", alt))
        ]
        factor = micromole if si else Decimal(1)
        listed.append(lab("1975-2", "bili", bilirubin * factor, "umol/L" if si else "mg/dL", Decimal("1.2") * factor))
        listed.append(lab("777-3", "plt", ast if si else ast * cells, "10*9/L" if si else "/uL", 400 if si else 400000))
        cancer = condition("c", coding(SNOMED, "254837009"), stage=[{"summary": {"text": stage}}])
        return chart(labs=bundle(*listed), conditions=bundle(cancer))

    conventional, international = (
        sorted((topic(card), card["indicator"]) for card in cards(prefetch=sent(si=si))) for si in (False, True)
    )
    assert conventional == international


@given(
    st.decimals(Decimal(40), Decimal(150), places=1),
    st.decimals(Decimal("3.7"), Decimal("12.0"), places=2),
    st.sampled_from(["mg", "mg/kg", "g"]),
    st.booleans(),
)
@settings(max_examples=2 * settings.default.max_examples)
def test_an_order_that_was_corrected_is_silent_when_sent_again(
    weight: Decimal,
    per_kg: Decimal,
    unit: str,
    as_object: bool,  # noqa: FBT001 - drawn
) -> None:
    value = {
        "mg/kg": per_kg,
        "mg": (per_kg * weight).quantize(Decimal(1)),
        "g": (per_kg * weight / 1000).quantize(Decimal("0.001")),
    }
    dose = dose_of(value[unit], unit)
    prefetch = chart(weight=bundle(observation("29463-7", "w", valueQuantity=quantity(weight, "kg"))))
    resource = order({**dosage(text=f"{value[unit]} {unit} IV"), "doseAndRate": dose if as_object else [dose]})
    first = cards(resource, prefetch=prefetch)
    assert [topic(card) for card in first] == ["dose-above-maximum"]
    corrected = [
        action["resource"]
        for suggestion in first[0]["suggestions"]
        for action in suggestion["actions"]
        if action["type"] == "update"
    ]
    assert cards(corrected[0], prefetch=prefetch) == []
    kept = {name: each for name, each in resource.items() if name != "dosageInstruction"}
    assert {name: each for name, each in corrected[0].items() if name != "dosageInstruction"} == kept
