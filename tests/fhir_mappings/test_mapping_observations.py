"""Observations into weights, ejection fractions, laboratory results and receptors, or into gaps that say why not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from shapes import LOINC, SNOMED, TERMINOLOGY, Json, coding, concept, observation, quantity

from cards.facts.origins import Gap, Origin
from cards.facts.results import Her2Result, LabResult, Lvef, ReceptorResult, Weight
from cards.values.intervals import Bound
from fhir_mappings.codings import CodeMap, Coding
from fhir_mappings.results.observations import ObservationReader
from fhir_mappings.wire.exact_json import encode
from fhir_mappings.wire.stubs import Code, ResourceStub

READER = ObservationReader(TERMINOLOGY)
WEIGHT, STATED, LVEF, AST, ALT, BILIRUBIN, PLATELETS, ANC = (
    "29463-7",
    "3142-7",
    "10230-1",
    "1920-8",
    "1742-6",
    "14631-6",
    "777-3",
    "751-8",
)
WHEN = date(2026, 11, 20)


def read(resource: Json) -> list[Any]:
    stub = ResourceStub.of(encode(resource), "x")
    facts: list[Any] = []
    for name in READER.index.concepts(stub.codes):
        facts += READER.read(name, stub.content, Origin(stub.reference, "x"))
    return facts


def only(code: str, **changes: Any) -> Any:
    """Read an Observation that gives one fact."""
    (fact,) = read(observation(code, **changes))
    return fact


def reason(code: str, **changes: Any) -> tuple[str, str]:
    """Read an Observation that gives a gap, with its value where it is preliminary: its reason and its first value."""
    gap, *_ = read(observation(code, **changes))
    assert isinstance(gap, Gap)
    return gap.reason, gap.values[0][1] if gap.values else ""


@pytest.mark.parametrize(
    ("value", "kg"),
    [
        pytest.param(quantity(70, "kg"), "70", id="kg"),
        pytest.param(quantity(70, "kg", ""), "70", id="kg by unit text alone"),
        pytest.param({"value": 70, "code": "kg"}, "70", id="kg by code alone"),
        pytest.param(quantity("70", "kg"), "70", id="a number sent as text"),
        pytest.param(quantity(70000, "g"), "70", id="g"),
        pytest.param(quantity(185, "lbs", "[lb_av]"), "83.91458845", id="lbs"),
        pytest.param(quantity(2500, "oz", "[oz_av]"), "70.8738078125", id="oz"),
        pytest.param(
            quantity(Decimal("69.12345678901234"), "kg"), "69.12345678901234", id="fourteen decimals are all kept"
        ),
    ],
)
def test_weight(value: Json, kg: str) -> None:
    fact = only(WEIGHT, valueQuantity=value)
    assert isinstance(fact, Weight)
    assert (fact.kg.value, fact.on, fact.stated) == (Decimal(kg), WHEN, False)
    assert fact.origin == Origin("Observation/obs-1", "x")


@pytest.mark.parametrize(
    ("written", "kg"),
    [
        pytest.param("11 st 4 lb", "71.66759446", id="stones and pounds"),
        pytest.param("11 stone, 4.5 lbs", "71.894390645", id="with a comma and a half"),
        pytest.param("154 lb 6 oz", "70.02332173", id="pounds and ounces"),
        pytest.param("70 kg (154 lb 5.2 oz)", "70", id="kilograms with pounds behind them"),
        pytest.param("154.3 lb (70 kg)", "69.989302691", id="pounds with kilograms behind them"),
        pytest.param("154.3 lb", "69.98930279", id="one unit"),
    ],
)
def test_a_weight_in_two_units(written: str, kg: str) -> None:
    fact = only(WEIGHT, valueString=written)
    assert isinstance(fact, Weight)
    assert abs(fact.kg.value - Decimal(kg)) < Decimal("0.001")


@pytest.mark.parametrize(
    ("code", "written", "value"),
    [
        pytest.param(PLATELETS, "210,000 /uL", "210", id="thousands, since 0.21 is nobody's count"),
        pytest.param(PLATELETS, "210.000 /µl", "210", id="with a point"),
        pytest.param(PLATELETS, "1.250 10*3/uL", None, id="either may be"),
        pytest.param(WEIGHT, "70,000 g", "70", id="grams"),
        pytest.param(WEIGHT, "70.500 kg", "70.5", id="decimals, since nobody weighs 70,500 kg"),
        pytest.param(AST, "1,250 U/L", None, id="both are plausible"),
        pytest.param(ANC, "1,500 /uL", None, id="both are plausible counts"),
        pytest.param(PLATELETS, "210,000 zonks", None, id="a unit that is not known"),
    ],
)
def test_a_number_that_may_be_one_of_thousands(code: str, written: str, value: str | None) -> None:
    fact = only(code, valueString=written)
    if value is None:
        assert isinstance(fact, Gap)
    else:
        assert (fact.kg.value if isinstance(fact, Weight) else fact.value) == Decimal(value)


@pytest.mark.parametrize("code", ["3142-7", "8335-2"])
def test_a_stated_or_estimated_weight_says_so(code: str) -> None:
    assert only(code, valueQuantity=quantity(70, "kg")).stated


def test_a_weight_coded_as_both_measured_and_stated_counts_as_stated() -> None:
    codes = [coding(LOINC, WEIGHT), coding(LOINC, STATED)]
    for listed in (codes, codes[::-1]):
        (fact,) = read(observation(WEIGHT, code=concept(*listed), valueQuantity=quantity(70, "kg")))
        assert fact.stated


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"valueQuantity": quantity(155, "mg")}, ("implausible", "155 mg"), id="155 mg is nobody's dose"),
        pytest.param({"valueQuantity": quantity(Decimal("7.9"), "kg")}, ("implausible", "7.9 kg"), id="an infant"),
        pytest.param({"valueQuantity": quantity(70000, "kg")}, ("implausible", "70000 kg"), id="grams labeled kg"),
        pytest.param({"valueQuantity": quantity(0, "kg")}, ("implausible", "0 kg"), id="zero"),
        pytest.param({"valueQuantity": quantity(-70, "kg")}, ("implausible", "-70 kg"), id="below zero"),
        pytest.param({"valueQuantity": {"value": 70}}, ("unit-missing", "70"), id="no unit"),
        pytest.param({"valueQuantity": quantity(50, "percent", "%")}, ("unit-unknown", "50 percent"), id="percentile"),
        pytest.param({"valueQuantity": quantity(154, "lb", "kg")}, ("unit-unknown", "154 lb"), id="pounds coded kg"),
        pytest.param({"valueQuantity": {"unit": "kg"}}, ("value", "kg"), id="a unit without a number"),
        pytest.param({"valueQuantity": {}}, ("value", "?"), id="an empty quantity"),
        pytest.param(
            {"valueQuantity": {"value": 200, "comparator": ">", "unit": "kg"}},
            ("value", "> 200 kg"),
            id="beyond the end of the scale",
        ),
        pytest.param({"valueString": "seventy"}, ("value", "seventy"), id="a word"),
        pytest.param({"valueString": "11 st 14 lb"}, ("unit-unknown", "11 st 14 lb"), id="14 pounds are a stone"),
        pytest.param({"valueString": "70 kg (200 lb)"}, ("unit-unknown", "70 kg (200 lb)"), id="two that differ"),
        pytest.param({"valueString": "5 ft 6 in"}, ("unit-unknown", "5 ft 6 in"), id="a height"),
        pytest.param({"valueString": "11 lb 4 st"}, ("unit-unknown", "11 lb 4 st"), id="the smaller unit first"),
        pytest.param({}, ("no-value", ""), id="no value"),
        pytest.param({"dataAbsentReason": concept(text="refused")}, ("absent", ""), id="absent with its reason"),
        pytest.param(
            {"dataAbsentReason": concept(text="error"), "valueQuantity": quantity(70, "kg")},
            ("value-and-absent", "70 kg"),
            id="a value that is said to be absent",
        ),
        pytest.param({"status": "preliminary"}, ("preliminary", "70 kg"), id="preliminary"),
        pytest.param({"status": "cancelled"}, ("status", "cancelled"), id="cancelled"),
        pytest.param({"status": "entered-in-error "}, ("status", "entered-in-error"), id="with a trailing blank"),
        pytest.param({"status": "registered"}, ("preliminary", "70 kg"), id="registered, with a value"),
        pytest.param({"status": "unknown"}, ("result-no-status", "70 kg"), id="unknown, with a value"),
        pytest.param({"status": "Final"}, ("result-status-unknown", "70 kg"), id="another case is another code"),
        pytest.param({"status": None}, ("result-no-status", "70 kg"), id="no status"),
        pytest.param({"status": 5}, ("result-no-status", "70 kg"), id="a status that is a number"),
    ],
)
def test_a_weight_that_cannot_be_used_says_why(value: Json, expected: tuple[str, str]) -> None:
    assert reason(WEIGHT, **({"valueQuantity": quantity(70, "kg")} if "status" in value else {}), **value) == expected


@pytest.mark.parametrize("status", ["final", "amended", "corrected", " final "])
def test_final_amended_and_corrected_results_count(status: str) -> None:
    assert isinstance(only(WEIGHT, status=status, valueQuantity=quantity(70, "kg")), Weight)


@pytest.mark.parametrize("code", ["8339-4", "18833-4"])
def test_birth_weight_is_never_used(code: str) -> None:
    assert read(observation(code, valueQuantity=quantity(70, "kg"))) == []
    both = concept(coding(LOINC, WEIGHT), coding(LOINC, code))
    assert read(observation(code, code=both, valueQuantity=quantity(70, "kg"))) == []


@pytest.mark.parametrize(
    ("code", "is_read"),
    [
        pytest.param(concept(coding("urn:local", "4711"), coding(LOINC, WEIGHT)), True, id="a local code first"),
        pytest.param(concept(coding(LOINC, "8302-2"), coding(LOINC, "3141-9")), True, id="an unknown LOINC code first"),
        pytest.param(concept(coding("urn:oid:2.16.840.1.113883.6.1", WEIGHT)), True, id="LOINC by OID"),
        pytest.param(concept(coding(LOINC, f"{WEIGHT} ")), True, id="a code with a trailing blank"),
        pytest.param(
            concept(*(coding(LOINC, code) for code in (WEIGHT, "3141-9", "8341-0", "8350-1"))), True, id="four codings"
        ),
        pytest.param(
            concept(coding(LOINC, "2571601129", "Body weight [Percentile] Per age")), False, id="a made-up LOINC code"
        ),
        pytest.param(concept(coding("urn:local", WEIGHT)), False, id="the code in another system"),
        pytest.param(concept({"code": WEIGHT}), False, id="the code without a system"),
        pytest.param(concept(text="Body weight"), False, id="text alone"),
        pytest.param(concept(coding(LOINC, "29463")), False, id="without its check digit"),
    ],
)
def test_a_measurement_is_known_by_any_of_its_codes_and_by_nothing_else(code: Json, is_read: bool) -> None:  # noqa: FBT001 - a column
    assert bool(read(observation(WEIGHT, code=code, valueQuantity=quantity(70, "kg")))) is is_read


@pytest.mark.parametrize(
    ("value", "percent"),
    [
        pytest.param({"valueQuantity": quantity(61, "%")}, "61", id="per cent"),
        pytest.param(
            {"valueQuantity": quantity(Decimal("45.13075582917796"), "%")}, "45.13075582917796", id="fourteen decimals"
        ),
        pytest.param({"valueQuantity": quantity(Decimal("0.55"), "1")}, "55", id="a fraction with the unit 1"),
        pytest.param({"valueQuantity": {"value": Decimal("0.55")}}, "55", id="a fraction without unit"),
        pytest.param({"valueQuantity": {"value": 55}}, "55", id="per cent without unit"),
        pytest.param({"valueInteger": 55}, "55", id="an integer"),
        pytest.param(
            {"valueRange": {"low": quantity(55, "%"), "high": quantity(60, "%")}}, "55", id="of a range the lower end"
        ),
        pytest.param({"valueRange": {"high": quantity(60, "%")}}, "60", id="a range without lower end"),
        pytest.param({"valueRatio": {"numerator": {"value": 55}, "denominator": {"value": 100}}}, "55", id="55 to 100"),
        pytest.param({"valueString": "55-60%"}, "55", id="a range as text"),
        pytest.param({"valueString": "55 \u2013 60 %"}, "55", id="a range as text with a dash"),
        pytest.param({"valueString": "55 to 60"}, "55", id="a range in words"),
        pytest.param({"valueString": ">55%"}, "55", id="above 55"),
        pytest.param({"valueString": "\u226555 %"}, "55", id="at least 55"),
        pytest.param({"valueString": "LVEF: 55%"}, "55", id="with its name"),
        pytest.param({"valueString": "EF ~ 55%"}, "55", id="about 55"),
        pytest.param({"valueString": "60% (normal)"}, "60", id="with a word that grades it"),
        pytest.param({"valueString": "LVEF 45-50 %, mildly reduced"}, "45", id="a range with a word that grades it"),
        pytest.param({"valueCodeableConcept": {"text": "55%"}}, "55", id="as the text of a concept"),
        pytest.param({"valueQuantity": {"value": 55, "comparator": ">", "unit": "%"}}, "55", id="a quantity above 55"),
    ],
)
def test_lvef(value: Json, percent: str) -> None:
    fact = only(LVEF, **value)
    assert isinstance(fact, Lvef)
    assert fact.percent.value == Decimal(percent)
    assert fact.as_reported


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"valueString": "normal"}, ("value", "normal"), id="normal"),
        pytest.param({"valueString": "55% (2019)"}, ("value", "55% (2019)"), id="with a year"),
        pytest.param({"valueString": "LVEF decreased by 20%"}, ("value", "LVEF decreased by 20%"), id="a difference"),
        pytest.param({"valueString": "60% > 35%"}, ("value", "60% > 35%"), id="a fall, or a limit too low for one"),
        pytest.param({"valueString": f"55{' ' * 500_000}x"}, ("value", "55 x"), id="blanks without end"),
        pytest.param({"valueString": "55% (not reduced)"}, ("value", "55% (not reduced)"), id="with other words"),
        pytest.param({"valueCodeableConcept": concept(text="preserved")}, ("value", "preserved"), id="preserved"),
        pytest.param(
            {"valueCodeableConcept": concept(coding(SNOMED, "1", "mildly reduced"))},
            ("value", "mildly reduced"),
            id="mildly reduced, by display",
        ),
        pytest.param(
            {"valueString": "EF 55% in 2019, now lower"}, ("value", "EF 55% in 2019, now lower"), id="a sentence"
        ),
        pytest.param({"valueQuantity": quantity(55, "1")}, ("implausible", "55 1"), id="per cent labeled a fraction"),
        pytest.param(
            {"valueQuantity": quantity(Decimal("0.55"), "%")}, ("implausible", "0.55 %"), id="a fraction labeled %"
        ),
        pytest.param({"valueQuantity": quantity(55, "mL")}, ("unit-unknown", "55 mL"), id="a volume"),
        pytest.param({"valueQuantity": quantity(95, "%")}, ("implausible", "95 %"), id="more than a heart can"),
        pytest.param({"valueRange": {}}, ("value", "?"), id="an empty range"),
        pytest.param(
            {"valueRange": {"low": quantity(60, "%"), "high": quantity(35, "%")}},
            ("value", "60 % - 35 %"),
            id="a range reversed",
        ),
        pytest.param(
            {"valueRatio": {"numerator": quantity(60, "mL"), "denominator": quantity(110, "%")}},
            ("value", "60 mL / 110 %"),
            id="a ratio of two units",
        ),
    ],
)
def test_an_lvef_that_cannot_be_used_says_why(value: Json, expected: tuple[str, str]) -> None:
    assert reason(LVEF, **value) == expected


@pytest.mark.parametrize(
    ("end", "bound"), [pytest.param("low", Bound.AT_LEAST, id="low"), pytest.param("high", Bound.AT_MOST, id="high")]
)
def test_a_range_with_one_end_is_a_limit(end: str, bound: Bound) -> None:
    for code, unit in ((LVEF, "%"), (ALT, "U/L")):
        fact = only(code, valueRange={end: quantity(50, unit)})
        assert (fact.bound, fact.as_reported) == (bound, f"{bound.sign}50 {unit}")


@pytest.mark.parametrize("code", ["8806-2", "18043-0", "8812-0", "8811-2", "79991-6"])
def test_every_method_of_lvef_counts(code: str) -> None:
    assert isinstance(only(code, valueQuantity=quantity(61, "%")), Lvef)


def test_an_ejection_fraction_or_a_weight_by_its_snomed_code_counts() -> None:
    assert isinstance(only("250908004", system=SNOMED, valueQuantity=quantity(61, "%")), Lvef)
    assert isinstance(only("27113001", system=SNOMED, valueQuantity=quantity(70, "kg")), Weight)


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        pytest.param(AST, quantity(24, "U/L"), "24", id="AST in U/L"),
        pytest.param(ALT, quantity(24, "[IU]/L"), "24", id="ALT in IU/L"),
        pytest.param(AST, quantity(Decimal("0.4"), "ukat/L"), "24", id="AST in microkatal"),
        pytest.param(ALT, quantity(400, "nkat/L"), "24", id="ALT in nanokatal"),
        pytest.param("1975-2", quantity(Decimal("0.6"), "mg/dL"), "0.6", id="bilirubin in mg/dL"),
        pytest.param(PLATELETS, quantity(231, "10*3/uL"), "231", id="platelets in thousands"),
        pytest.param(PLATELETS, quantity(231, "10*9/L"), "231", id="platelets in SI units"),
        pytest.param(PLATELETS, quantity(231000, "/uL"), "231", id="platelets in cells"),
        pytest.param(PLATELETS, quantity(231, "K/uL", ""), "231", id="platelets in K/uL"),
        pytest.param(PLATELETS, quantity(231, "G/L"), "231", id="platelets in G/L"),
        pytest.param(PLATELETS, quantity(231, "Gpt/l", ""), "231", id="platelets in Gpt/l"),
        pytest.param(ANC, quantity(3000, "/uL"), "3", id="neutrophils in cells"),
        pytest.param(ANC, quantity(0, "10*3/uL"), "0", id="no neutrophils at all"),
    ],
)
def test_laboratory_results_come_in_the_canonical_unit(code: str, value: Json, expected: str) -> None:
    fact = only(code, valueQuantity=value)
    assert isinstance(fact, LabResult)
    assert fact.value == Decimal(expected)
    assert fact.bound is Bound.EXACT


def test_bilirubin_in_micromoles_is_converted() -> None:
    fact = only(BILIRUBIN, valueQuantity=quantity(7, "umol/L"))
    assert abs(fact.value - Decimal("0.4093")) < Decimal("0.0001")
    assert (fact.unit, fact.as_reported) == ("mg/dL", "7 umol/L")


@pytest.mark.parametrize(
    ("comparator", "bound"),
    [("<", Bound.BELOW), ("<=", Bound.AT_MOST), (">", Bound.ABOVE), (">=", Bound.AT_LEAST), (" < ", Bound.BELOW)],
)
def test_a_comparator_bounds_a_result(comparator: str, bound: Bound) -> None:
    fact = only(AST, valueQuantity={**quantity(5, "U/L"), "comparator": comparator})
    assert (fact.value, fact.bound, fact.as_reported) == (Decimal(5), bound, f"{comparator.strip()} 5 U/L")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(AST, "60", id="of AST the upper end, which harms"),
        pytest.param("1975-2", None, id="of bilirubin in U/L nothing"),
    ],
)
def test_a_liver_test_range_counts_by_its_upper_end(code: str, expected: str | None) -> None:
    fact = only(code, valueRange={"low": quantity(40, "U/L"), "high": quantity(60, "U/L")})
    assert (fact.value if isinstance(fact, LabResult) else None) == (Decimal(expected) if expected else None)


def test_a_platelet_range_counts_by_its_lower_end() -> None:
    assert only(PLATELETS, valueRange={"low": quantity(40, "K/uL"), "high": quantity(60, "K/uL")}).value == Decimal(40)


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        pytest.param(AST, quantity(24, "mg/dL"), ("unit-unknown", "24 mg/dL"), id="an enzyme in mg/dL"),
        pytest.param(AST, {"value": 24}, ("unit-missing", "24"), id="an enzyme without unit"),
        pytest.param(ANC, quantity(3000, "10*3/uL"), ("implausible", "3000 10*3/uL"), id="three million neutrophils"),
        pytest.param(PLATELETS, quantity(231000, "10*9/L"), ("implausible", "231000 10*9/L"), id="cells labeled SI"),
        pytest.param("1975-2", quantity(60, "mg/dL"), ("implausible", "60 mg/dL"), id="umol/L labeled mg/dL"),
        *(
            pytest.param(
                AST, {**quantity(24, "U/L"), "comparator": each}, ("comparator", f"{each} 24 U/L"), id=f"AST {each}"
            )
            for each in ("!=", "not equal", "sa", "ad", "~", "approx")
        ),
        pytest.param(AST, {"value": "pending"}, ("value", "pending"), id="pending in the place of the number"),
    ],
)
def test_a_result_that_cannot_be_used_says_why(code: str, value: Json, expected: tuple[str, str]) -> None:
    assert reason(code, valueQuantity=value) == expected


@pytest.mark.parametrize("code", ["1968-7", "14629-0", "1971-1", "32623-1", "53800-9", "770-8"])
def test_look_alike_tests_never_count(code: str) -> None:
    assert read(observation(code, valueQuantity=quantity(Decimal("0.2"), "mg/dL"))) == []


HIGH = {"high": quantity(40, "U/L")}


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        pytest.param([HIGH], "40", id="one range"),
        pytest.param(HIGH, "40", id="a range sent as an object"),
        pytest.param([{"low": quantity(5, "U/L"), **HIGH}], "40", id="with its lower end"),
        pytest.param([{"high": {"value": 40}}], "40", id="without unit it is in the unit of the result"),
        pytest.param([{"high": quantity(Decimal("0.5"), "ukat/L")}], "30", id="in another unit, by code"),
        pytest.param([{"high": quantity(Decimal("0.5"), "ukat/L", "")}], "30", id="in another unit, by text"),
        pytest.param([HIGH, HIGH], "40", id="twice the same"),
        pytest.param([HIGH, {"high": quantity(35, "U/L")}], "35", id="two that disagree, and it is normal by both"),
        pytest.param([HIGH, {"high": quantity(20, "U/L")}], None, id="two that disagree on it"),
        pytest.param([{"high": quantity(150, "U/L")}], "150", id="the highest that is believed"),
        pytest.param([{"high": quantity(400, "U/L")}], None, id="a slipped decimal"),
        pytest.param([{"high": quantity(4, "U/L")}], None, id="one far too low"),
        pytest.param(
            [
                {**HIGH, "type": concept(coding("x", "normal"))},
                {"high": quantity(90, "U/L"), "type": coding("x", "treatment")},
            ],
            "40",
            id="of typed ranges the normal one",
        ),
        pytest.param([{**HIGH, "type": concept(coding("x", "therapeutic"))}], None, id="a range of another type"),
        pytest.param([{"low": quantity(5, "U/L")}], None, id="a lower end alone"),
        pytest.param([{"text": "0-40 U/L"}], "40", id="text alone"),
        pytest.param([{"high": quantity(40, "mg/dL")}], None, id="in a unit of another test"),
        pytest.param([{"high": quantity(0, "U/L")}], None, id="a limit of zero"),
        pytest.param([None, "x", {"high": None}], None, id="junk"),
        pytest.param(None, None, id="no range"),
    ],
)
def test_the_upper_limit_is_that_of_the_same_result(ranges: Any, expected: str | None) -> None:
    fact = only(AST, valueQuantity=quantity(24, "U/L"), referenceRange=ranges)
    assert fact.upper_limit == (Decimal(expected) if expected else None)


def test_a_limit_in_the_unit_text_alone_is_not_taken_for_the_code_of_the_result() -> None:
    limit = [{"high": {"value": 40, "unit": "U/L"}}]
    fact = only(AST, valueQuantity=quantity(Decimal("0.4"), "ukat/L"), referenceRange=limit)
    assert (fact.value, fact.upper_limit) == (Decimal("24.0"), Decimal(40))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, WHEN, id="effectiveDateTime"),
        pytest.param({"effectiveDateTime": "2026-11"}, date(2026, 11, 1), id="a month"),
        pytest.param({"effectiveDateTime": "2026"}, date(2026, 1, 1), id="a year"),
        pytest.param(
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-11-18", "end": "2026-11-19"}},
            date(2026, 11, 19),
            id="the end of a period",
        ),
        pytest.param(
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-11-18"}},
            date(2026, 11, 18),
            id="the start of a period without end",
        ),
        pytest.param(
            {"effectiveDateTime": None, "effectiveInstant": "2026-11-17T08:00:00Z"}, date(2026, 11, 17), id="an instant"
        ),
        pytest.param(
            {"effectiveDateTime": None, "issued": "2021-12-12T15:30:10+01:00"}, date(2021, 12, 12), id="issued only"
        ),
        pytest.param(
            {"issued": "2026-11-21T08:00:00Z"}, WHEN, id="when it was taken takes precedence over when it was issued"
        ),
        pytest.param({"effectiveDateTime": None}, None, id="no date"),
        pytest.param({"effectiveDateTime": "unknown"}, None, id="an invalid date"),
        pytest.param(
            {"effectiveDateTime": "unknown", "issued": "2026-11-21"},
            None,
            id="a broken date, then issued: when it was taken is not known",
        ),
    ],
)
def test_the_date_of_a_result(changes: Json, expected: date | None) -> None:
    assert only(WEIGHT, valueQuantity=quantity(70, "kg"), **changes).on == expected
    assert only(WEIGHT, **changes).on == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(concept(coding(SNOMED, "10828004", "Positive (qualifier value)")), [True], id="positive, SNOMED"),
        pytest.param(concept(coding(SNOMED, "260385009")), [False], id="negative, SNOMED"),
        pytest.param(concept(coding(LOINC, "LA6576-8", "Positive")), [True], id="positive, LOINC"),
        pytest.param(concept(text="Negative"), [False], id="negative, text"),
        pytest.param(concept(coding(LOINC, "LA6576-8", "Negative")), [], id="code and display disagree"),
        pytest.param(concept(text="95 % of cells"), [], id="a share of cells says nothing by itself"),
        pytest.param(concept(coding(LOINC, "LA11885-3")), [], id="equivocal"),
    ],
)
@pytest.mark.parametrize("code", ["85337-4", "85339-0", "16112-5", "40557-1"])
def test_hormone_receptors(code: str, value: Json, expected: list[bool]) -> None:
    facts = read(observation(code, valueCodeableConcept=value))
    assert [fact.positive for fact in facts if isinstance(fact, ReceptorResult)] == expected


def component(code: str, **value: Any) -> Json:
    return {"code": concept(coding(LOINC, code)), **value}


def test_a_panel_is_read_by_its_components() -> None:
    facts = read(
        observation(
            "74885-5",
            component=[
                component("49683-6", valueQuantity=quantity(Decimal("2.4"), "{ratio}")),
                component("85319-2", valueCodeableConcept=concept(coding(LOINC, "LA11842-4", "2+"))),
                component("8302-2", valueQuantity=quantity(170, "cm")),
            ],
        )
    )
    assert [(fact.method, fact.finding) for fact in facts if isinstance(fact, Her2Result)] == [
        ("ISH", "positive"),
        ("IHC", "ihc-2+"),
    ]


def test_two_components_of_one_kind_are_two_results() -> None:
    scores = [component("85319-2", valueString=score) for score in ("3+", "1+")]
    assert [fact.finding for fact in read(observation("74885-5", component=scores))] == ["ihc-3+", "ihc-1+"]


def test_a_panel_whose_code_never_counts_does_not_spoil_its_components() -> None:
    parts = [component(PLATELETS, valueQuantity=quantity(231, "K/uL")), component("32623-1")]
    assert [fact.value for fact in read(observation("53800-9", component=parts))] == [Decimal(231)]


def test_a_component_may_lack_its_value_for_a_reason() -> None:
    parts = [component("85319-2", dataAbsentReason=concept(text="insufficient")), component("85318-4")]
    assert [fact.reason for fact in read(observation("74885-5", component=parts))] == ["absent", "no-value"]


@pytest.mark.parametrize("changes", [{"hasMember": [{"reference": "Observation/2"}]}, {"component": []}])
def test_a_panel_without_a_value_of_its_own_says_nothing(changes: Json) -> None:
    assert read(observation("85319-2", **changes)) == []


def test_a_local_code_is_read_as_the_code_it_maps_to() -> None:
    standard = (Coding("loinc", WEIGHT, "Body weight"), Coding("snomed", "27113001", ""))
    reader = ObservationReader(TERMINOLOGY, CodeMap({("urn:local", "WT"): standard}))
    codes = [(Code("urn:local", "WT"),)]
    assert list(reader.index.concepts(codes)) == ["weight"]
    resource = observation("WT", system="urn:local", valueQuantity=quantity(70, "kg"))
    assert isinstance(reader.read("weight", resource, Origin("", "x"))[0], Weight)
    part = {"code": resource["code"], "valueQuantity": quantity(71, "kg")}
    (fact,) = reader.read("weight", observation("85353-1", component=[part]), Origin("", "x"))
    assert isinstance(fact, Weight)
