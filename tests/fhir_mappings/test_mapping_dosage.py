"""Dosage instructions into doses, whatever slot they stand in; the unit is what counts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from shapes import Json, coding, concept, dosage, dose_of, order, quantity

from cards.facts.order import AmountInOtherUnit, DoseUnit
from cards.values.quantities import Mg, MgPerKg
from fhir_mappings.medications.amounts import without_amounts
from fhir_mappings.medications.dosage import Strength, doses, start
from fhir_mappings.medications.dose_shares import shares_in
from fhir_mappings.medications.doses_in_text import doses_by_text
from fhir_mappings.medications.order_notes import notes
from fhir_mappings.medications.other_units import amounts_in_other_units

FIRST = ("dosageInstruction", 0, "doseAndRate", 0, "doseQuantity")


def found(*instructions: Json, strength: Strength | None = None) -> list[tuple[str, str]]:
    """Return number and unit of each dose."""
    return [(f"{dose.number.normalize():f}", str(dose.unit)) for dose in doses(order(*instructions), strength)]


def number(written: str) -> Decimal:
    return Decimal(written)


@pytest.mark.parametrize(
    ("dose", "expected"),
    [
        pytest.param(dose_of(252, "mg"), ("252", "mg"), id="mg"),
        pytest.param(dose_of(number("0.252"), "g"), ("252", "mg"), id="g"),
        pytest.param(dose_of(252000, "mcg", "ug"), ("252", "mg"), id="mcg"),
        pytest.param(dose_of(number("3.6"), "mg/kg"), ("3.6", "mg/kg"), id="mg/kg"),
        pytest.param(dose_of(number("3.6"), "mg/kg/dose", ""), ("3.6", "mg/kg"), id="mg/kg/dose"),
        pytest.param(dose_of(75, "mg/m2"), ("75", "mg/m2"), id="mg/m2 (mCODE)"),
        pytest.param(dose_of(500, "mL"), ("500", "mL"), id="mL"),
        pytest.param(dose_of(1, "tablet", "{tbl}"), ("1", "tablet"), id="tablets"),
        pytest.param(dose_of(252, "mg", "mg/kg"), ("252", "other"), id="unit and code disagree"),
        pytest.param(dose_of(252, "mg", "MG"), ("252", "mg"), id="MG by code, mg by unit (AE-IG)"),
        pytest.param({"doseQuantity": {"value": 252, "code": "MG"}}, ("252", "other"), id="MG alone"),
        pytest.param({"doseQuantity": {"value": 252}}, ("252", "other"), id="no unit"),
        pytest.param({"doseQuantity": {"value": 30, "code": "mg"}}, ("30", "mg"), id="code without unit (Epic)"),
        pytest.param({"doseQuantity": quantity("252", "mg")}, ("252", "mg"), id="a number sent as text"),
        pytest.param(
            {"doseRange": {"low": quantity(3, "mg/kg"), "high": quantity(number("3.6"), "mg/kg")}},
            ("3.6", "mg/kg"),
            id="of a range the upper end",
        ),
        pytest.param({"doseRange": {"low": quantity(3, "mg/kg")}}, ("3", "mg/kg"), id="a range without upper end"),
        pytest.param(
            {"doseRange": {"low": quantity(300, "mg"), "high": quantity(200, "mg")}}, ("300", "mg"), id="ends swapped"
        ),
        pytest.param({"doseQuantity": {**quantity(252, "mg"), "comparator": ">"}}, ("0", "other"), id="a comparator"),
        pytest.param({"rateQuantity": quantity(60, "mg/m2")}, ("60", "mg/m2"), id="mg/m2 as a rate (mCODE)"),
        pytest.param({"rateQuantity": quantity(number("3.6"), "mg")}, ("3.6", "mg"), id="mg as a rate (AE-IG)"),
        pytest.param({"rateQuantity": quantity(number("3.6"), "mg/kg")}, ("3.6", "mg/kg"), id="mg/kg as a rate"),
        pytest.param(
            {"rateRatio": {"numerator": quantity(number("1.8"), "mg/kg"), "denominator": quantity(20, "min")}},
            ("1.8", "mg/kg"),
            id="mg/kg in 20 minutes",
        ),
        pytest.param(
            {
                "doseQuantity": quantity(number("1.8"), "mg/kg"),
                "rateRatio": {"numerator": quantity(number("1.8"), "mg/kg"), "denominator": quantity(20, "min")},
            },
            ("1.8", "mg/kg"),
            id="a dose with its infusion time is one dose (medrx0316)",
        ),
        pytest.param(
            {"doseQuantity": quantity(500, "mL"), "rateQuantity": quantity(number("17.55"), "mL/hr", "mL/h")},
            ("500", "mL"),
            id="a bag and its rate (Cerner)",
        ),
        pytest.param(
            {"doseQuantity": quantity(252, "mg"), "rateQuantity": quantity(20, "min")},
            ("252", "mg"),
            id="minutes as a rate",
        ),
    ],
)
@pytest.mark.parametrize("shape", ["a list", "an object", "on the instruction"])
def test_one_dose(dose: Json, expected: tuple[str, str], shape: str) -> None:
    """DoseAndRate as list or object, and STU3's quantities on the instruction itself."""
    instruction: Json = {"a list": {"doseAndRate": [dose]}, "an object": {"doseAndRate": dose}}.get(shape, dose)
    assert found(instruction) == [expected]


@pytest.mark.parametrize(
    "dose",
    [
        pytest.param({"rateQuantity": quantity(number("17.55"), "mL/h")}, id="mL an hour"),
        pytest.param({"rateQuantity": quantity(168, "mg/h")}, id="mg an hour"),
        pytest.param({"rateQuantity": quantity(number("3.6"), "mg/kg/h")}, id="mg/kg an hour"),
        pytest.param({"rateQuantity": quantity(20, "min")}, id="minutes"),
        pytest.param(
            {"rateRatio": {"numerator": quantity(168, "mg"), "denominator": quantity(1, "h")}}, id="mg in one hour"
        ),
        pytest.param(
            {"rateRatio": {"numerator": quantity(250, "mL"), "denominator": quantity(90, "min")}}, id="a bag in 90 min"
        ),
        pytest.param({"doseQuantity": {"unit": "mg"}}, id="a unit without number"),
        pytest.param({"doseQuantity": [quantity(252, "mg")]}, id="a quantity sent as an array"),
        pytest.param({"doseRange": {}}, id="an empty range"),
        pytest.param({}, id="nothing"),
    ],
)
def test_no_dose(dose: Json) -> None:
    assert found({"doseAndRate": [dose]}) == []


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param("252,0", "252,0 mg", id="a decimal comma"),
        pytest.param("about 250", "about 250 mg", id="a word"),
        pytest.param(["252"], "… mg", id="a list"),
    ],
)
def test_an_amount_that_is_not_a_number_is_reported_as_not_understood(value: Any, written: str) -> None:
    (dose,) = doses(order(dosage({"doseQuantity": {"value": value, "unit": "mg"}})), None)
    assert (dose.unit, dose.as_written) == (DoseUnit.OTHER, written)


def test_a_range_beside_a_quantity_is_read_too() -> None:
    both = {"doseQuantity": quantity(252, "mg"), "doseRange": {"low": quantity(252, "mg"), "high": quantity(378, "mg")}}
    assert [dose.as_written for dose in doses(order(dosage(both)), None)] == ["252 mg", "378 mg"]


@pytest.mark.parametrize(
    ("low", "kept"),
    [
        pytest.param(quantity(100, "mg"), ("100", "100 mg"), id="in the same unit"),
        pytest.param(quantity(number("0.1"), "g"), ("100.0", "0.1 g"), id="in another unit of mass"),
        pytest.param(quantity(number("3.6"), "mg/kg"), ("0", "3.6 mg/kg"), id="in a unit that cannot be compared"),
        pytest.param({"value": "some", "unit": "mg"}, ("0", "some mg"), id="not a number"),
        pytest.param(quantity(252, "mg"), ("None", ""), id="the same dose"),
        pytest.param({}, ("None", ""), id="empty"),
    ],
)
def test_a_range_keeps_its_lower_end(low: Json, kept: tuple[str, str]) -> None:
    (dose,) = doses(order(dosage({"doseRange": {"low": low, "high": quantity(252, "mg")}})), None)
    assert (str(dose.number), str(dose.low), dose.low_as_written) == ("252", *kept)


@pytest.mark.parametrize("ends", [{}, {"high": {}}, {"high": {"unit": "mg"}}])
def test_a_range_without_an_upper_end_is_not_its_lower_end(ends: Json) -> None:
    (dose,) = doses(order(dosage({"doseRange": {"low": quantity(252, "mg"), **ends}})), None)
    assert (str(dose.number), str(dose.low), dose.low_as_written) == ("252", "0", "252 mg")


def test_a_bag_volume_does_not_hide_the_dose_next_to_it() -> None:
    beside = {"doseQuantity": quantity(250, "mL"), "rateQuantity": quantity(number("3.6"), "mg/kg")}
    assert found(dosage(beside)) == [("250", "mL"), ("3.6", "mg/kg")]


def test_of_three_epic_entries_the_amount_to_give_is_ignored() -> None:
    entries = [
        {"type": {"text": "calculated"}, **dose_of(252, "mg")},
        {"type": {"text": "admin-amount"}, **dose_of(number("12.6"), "mL")},
        {"type": {"text": "ordered"}, **dose_of(number("3.6"), "mg/kg")},
    ]
    assert found(dosage(*entries)) == [("252", "mg"), ("3.6", "mg/kg")]
    assert found(dosage(*entries[::-1])) == [("3.6", "mg/kg"), ("252", "mg")]
    assert found(dosage(entries[1])) == [("12.6", "mL")]


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param({"text": "admin-amount"}, id="by text"),
        pytest.param(concept(coding("http://epic.com/CodeSystem/dose-rate-type", "admin-amount")), id="by code"),
        pytest.param({"text": "Admin-Amount"}, id="in capitals"),
    ],
)
def test_the_amount_to_give_is_known_by_its_type(kind: Json) -> None:
    assert found(dosage(dose_of(252, "mg"), {"type": kind, **dose_of(1, "vial")})) == [("252", "mg")]


def test_several_instructions_each_give_their_dose_and_their_place() -> None:
    load = dosage(dose_of(840, "mg"), sequence=1)
    maintain = {"doseAndRate": {"doseQuantity": quantity(420, "mg")}}
    read = list(doses(order(load, maintain), None))
    assert [dose.number for dose in read] == [Decimal(840), Decimal(420)]
    assert [dose.instruction for dose in read] == [0, 1]
    assert [dose.pointer for dose in read] == [FIRST, ("dosageInstruction", 1, "doseAndRate", "doseQuantity")]


@pytest.mark.parametrize(
    ("resource", "pointer"),
    [
        pytest.param({"dosageInstruction": [{"doseAndRate": [dose_of(1, "mg")]}]}, FIRST, id="lists"),
        pytest.param(
            {"dosageInstruction": {"doseAndRate": {"doseQuantity": quantity(1, "mg")}}},
            ("dosageInstruction", "doseAndRate", "doseQuantity"),
            id="objects",
        ),
        pytest.param(
            {"dosageInstruction": [{"doseQuantity": quantity(1, "mg")}]},
            ("dosageInstruction", 0, "doseQuantity"),
            id="STU3",
        ),
        pytest.param(
            {"dosageInstruction": [None, {"doseAndRate": ["x", {"doseRange": {"high": quantity(1, "mg")}}]}]},
            ("dosageInstruction", 1, "doseAndRate", 1, "doseRange", "high"),
            id="a range after junk",
        ),
        pytest.param(
            {"dosageInstruction": [{"doseAndRate": [{"rateRatio": {"numerator": quantity(1, "mg")}}]}]},
            ("dosageInstruction", 0, "doseAndRate", 0, "rateRatio", "numerator"),
            id="a ratio",
        ),
    ],
)
def test_a_path_leads_back_to_the_quantity(resource: Json, pointer: tuple[Any, ...]) -> None:
    (dose,) = doses(resource, None)
    assert dose.pointer == pointer
    node: Any = resource
    for step in pointer:
        node = node[step]
    assert node["value"] == 1


def test_the_original_text_is_kept() -> None:
    (dose,) = doses(order(dosage(dose_of(number("0.252"), "g"))), None)
    assert (dose.as_written, dose.as_written_unit, dose.factor) == ("0.252 g", "g", Decimal(1000))
    (odd,) = doses(order(dosage(dose_of(252, "mg", "mg/kg"))), None)
    assert odd.as_written == "252 mg [mg/kg]"


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        pytest.param(dose_of(250, "mL"), ("252", "mg"), id="the whole bag"),
        pytest.param(dose_of(125, "mL"), ("126", "mg"), id="half the bag"),
        pytest.param(dose_of(number("0.25"), "L"), ("252", "mg"), id="the bag in litres"),
        pytest.param(dose_of(252, "mg"), ("252", "mg"), id="milligrams stay"),
        pytest.param(dose_of(number("3.6"), "mg/kg"), ("3.6", "mg/kg"), id="milligrams per kilogram stay"),
    ],
)
def test_a_volume_is_turned_into_drug_by_the_strength(volume: Json, expected: tuple[str, str]) -> None:
    assert found(dosage(volume), strength=Strength(Decimal(252), Decimal(250))) == [expected]


def test_a_dose_from_a_strength_says_so_and_a_strength_of_nothing_is_not_used() -> None:
    (dose,) = doses(order(dosage(dose_of(250, "mL"))), Strength(Decimal(252), Decimal(250)))
    assert (dose.computed, dose.as_written) == (True, "252 mg")
    assert found(dosage(dose_of(250, "mL")), strength=Strength(Decimal(252), Decimal(0))) == [("250", "mL")]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("3.6 mg/kg IV", [MgPerKg(number("3.6"))], id="mg/kg"),
        pytest.param("3.6mg/kg", [MgPerKg(number("3.6"))], id="without a blank"),
        pytest.param("3.6 mg / kg", [MgPerKg(number("3.6"))], id="with blanks"),
        pytest.param("3.6 mg/kg/dose IV once", [MgPerKg(number("3.6"))], id="mg/kg/dose (Epic)"),
        pytest.param("3.6 mg per kg", [MgPerKg(number("3.6"))], id="in words"),
        pytest.param("3.6 MG/KG", [MgPerKg(number("3.6"))], id="in capitals"),
        pytest.param("252 mg IV (3.6 mg/kg)", [Mg(Decimal(252)), MgPerKg(number("3.6"))], id="both"),
        pytest.param("Kadcyla IV at 3.6mg", [Mg(number("3.6"))], id="the unit left out (AE-IG)"),
        pytest.param("252 mg, then 252 mg", [Mg(Decimal(252))], id="twice the same"),
        pytest.param("600 mg/m² IV, 932.59mg", [Mg(number("932.59"))], id="mg/m² is not a dose of these drugs (mCODE)"),
        pytest.param("3,6 mg/kg", [MgPerKg(number("3.6"))], id="a decimal comma"),
        pytest.param("252,0 mg", [Mg(number("252.0"))], id="a decimal comma in milligrams"),
        pytest.param("2,520 mg", [Mg(Decimal(2520))], id="a thousands comma"),
        pytest.param("2520,5 mg", [Mg(number("2520.5"))], id="a large number with a decimal comma"),
        pytest.param("2.520,0 mg", [Mg(number("2520.0"))], id="thousands separated and a decimal comma"),
        pytest.param("2,520.5 mg", [Mg(number("2520.5"))], id="thousands separated and a decimal point"),
        pytest.param("2 520 mg", [Mg(Decimal(2520)), Mg(Decimal(520))], id="thousands or two numbers: either"),
        pytest.param("dose 3 252 mg", [Mg(Decimal(3252)), Mg(Decimal(252))], id="two numbers or thousands: either"),
        pytest.param("cycle 3 252 mg", [Mg(Decimal(252))], id="the number of a cycle"),
        pytest.param("Day 1 252 mg IV", [Mg(Decimal(252))], id="the number of a day"),
        pytest.param("Zyklus 12 252 mg", [Mg(Decimal(252))], id="the number of a cycle in German"),
        pytest.param("#6 252 mg", [Mg(Decimal(252))], id="a number sign"),
        pytest.param("Nov 10 252 mg", [Mg(Decimal(252))], id="the day of a month"),
        pytest.param("11/10/2026 252 mg", [Mg(Decimal(252))], id="the year of a date"),
        pytest.param("11/10/26 252 mg", [Mg(Decimal(252))], id="a year of two digits"),
        pytest.param("252 mg, 8 mg waste", [Mg(Decimal(252))], id="what is wasted"),
        pytest.param("3 vials (100 mg)", [], id="the size of vials"),
        pytest.param("Loading dose 840 mg given 10/20/2026, 420 mg", [Mg(Decimal(420))], id="a dose given before"),
        pytest.param("252 mg given over 30 min", [Mg(Decimal(252))], id="how it is given"),
        pytest.param("420 mg to be given 12/22", [Mg(Decimal(420))], id="when it is to be given"),
        pytest.param("0.252 g", [Mg(Decimal(252))], id="grams"),
        pytest.param("252 milligrams", [Mg(Decimal(252))], id="the unit in full"),
        pytest.param("1 vial of 160 mg vial", [], id="a vial"),
        pytest.param("100 mg/hr", [], id="a rate"),
        pytest.param("20 mg/mL", [], id="a concentration"),
        pytest.param("80 % dose", [], id="a share of the dose"),
        pytest.param("over 90 minutes", [], id="no dose"),
        pytest.param("previous dose 210 mg", [], id="an earlier dose"),
        pytest.param("prior dose was 210 mg, give 252 mg", [Mg(Decimal(252))], id="an earlier dose, and this one"),
        pytest.param("2 vials of 160 mg", [], id="a size of vials"),
        pytest.param("252 mg IV, max dose 300 mg", [Mg(Decimal(252))], id="a cap"),
        pytest.param("not to exceed 300 mg", [], id="a limit"),
        pytest.param("252 \u043c\u0433", [Mg(Decimal(252))], id="in Russian"),
        pytest.param("252 Milligramm", [Mg(Decimal(252))], id="in German"),
        pytest.param("252 miligramos", [Mg(Decimal(252))], id="in Spanish"),
        pytest.param("252-mg", [Mg(Decimal(252))], id="with a hyphen"),
        pytest.param("mg 252", [Mg(Decimal(252))], id="the unit first"),
        pytest.param("160 mg 2", [Mg(Decimal(160))], id="a number after it is not a second amount"),
        pytest.param("252000 mcg", [Mg(Decimal(252))], id="micrograms"),
        pytest.param("0,252 g", [Mg(Decimal(252))], id="grams with a decimal comma"),
        pytest.param("5.4 mg per kilogram", [MgPerKg(number("5.4"))], id="per kilogram in full"),
        pytest.param("378 mg/250 mL", [Mg(Decimal(378))], id="an amount per bag"),
        pytest.param("160 mg/8 mL", [], id="an amount per vial"),
        pytest.param("Dose: 378", [Mg(Decimal(378))], id="a dose without a unit"),
        pytest.param("previously 210 mg", [], id="an earlier dose in a word"),
        pytest.param("rounded from 248 mg to 252 mg", [Mg(Decimal(252))], id="before rounding"),
        pytest.param("max cumulative 3528 mg", [], id="a cumulative cap"),
        pytest.param("two vials: 160 mg + 100 mg", [], id="sizes of vials behind the word"),
        pytest.param("use 160 mg and 100 mg vials", [], id="sizes of vials before the word"),
        pytest.param("dose level -1 would be 3 mg/kg", [], id="what is not given now"),
        pytest.param("T-DM1 378 mg", [Mg(Decimal(378))], id="a number in the name before it"),
        pytest.param("allergy: penicillin 500 mg", [], id="an allergy"),
        pytest.param("reduce to 3 mg/kg if platelets fall", [], id="what may be given later"),
        pytest.param("5,4 mg/kgKG", [MgPerKg(Decimal("5.4"))], id="German body weight"),
        pytest.param("378 mg/dose", [Mg(Decimal(378))], id="an amount of each dose"),
        pytest.param("378 mg per cycle", [Mg(Decimal(378))], id="of each cycle"),
        pytest.param("378 mg/3 weeks", [Mg(Decimal(378))], id="of three weeks"),
        pytest.param("378 mg/90 min", [Mg(Decimal(378))], id="an amount and its time"),
        pytest.param("5.4 mg/kg/week", [MgPerKg(Decimal("5.4"))], id="per kilogram and week"),
        pytest.param("252 mg (waste 8 mg)", [Mg(Decimal(252))], id="what is thrown away"),
        pytest.param("378 mg/day", [], id="of a day, which may be two doses"),
        pytest.param("reduce to 3 mg/kg", [MgPerKg(Decimal(3))], id="what is given now"),
        pytest.param("", [], id="empty"),
    ],
)
def test_doses_in_a_text(written: str, expected: list[Any]) -> None:
    named = doses_by_text({"dosageInstruction": [{"text": written}]})
    assert named == ((tuple(expected),) if expected else ())


@pytest.mark.parametrize(
    ("written", "percents"),
    [
        ("Dose reduced by 20% for thrombocytopenia", [80]),
        ("20% dose reduction", [80]),
        ("reduce dose 25 %", [75]),
        ("80 % of the full dose", [80]),
        ("reduced to 80 % of the dose", [80]),
        ("Dosisreduktion um 20 %", [80]),
        ("auf 80% reduziert", [80]),
        ("reducci\u00f3n del 20 %", [80]),
        ("Reduce by 20 % if platelets are below 50", []),
        ("pharmacy may round to within 5% of the dose", []),
        ("in NaCl 0.9 %", []),
        ("100% dose", []),
        ("give 125 % of the dose", [125]),
        ("180% of the dose", [180]),
        ("125%", []),
        ("50 % of the dose over the first 30 minutes", []),
        ("252 mg IV", []),
    ],
)
def test_reductions_in_percent(written: str, percents: list[int]) -> None:
    assert shares_in(written) == tuple(map(Decimal, percents))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("252 mg/m2", [("252 mg/m2", "never")]),
        ("252 mg/m\u00b2 IV", [("252 mg/m\u00b2", "never")]),
        ("252 mg per square meter", [("252 mg per square meter", "never")]),
        ("252 mg/m2 K\u00f6rperoberfl\u00e4che", [("252 mg/m2", "never")]),
        ("3.6 mg/lb", [("3.6 mg/lb", "never")]),
        ("AUC 5", [("AUC 5", "never")]),
        ("252 mg/1.73 m2", [("252 mg/1.73 m2", "never")]),
        ("mg/m2: 252", [("mg/m2", "never")]),
        ("252 (mg/m2)", [("252 (mg/m2)", "never")]),
        ("252 mg (per m2)", [("252 mg (per m2)", "never")]),
        ("docetaxel in mg/m2", [("mg/m2", "never docetaxel")]),
        ("252 IU", [("252 IU", "other")]),
        ("252 mg/mL", [("252 mg/mL", "other")]),
        ("252 mL", [("252 mL", "other")]),
        ("252 units", [("252 units", "unclear")]),
        ("378 mg/day", [("378 mg/day", "378 mg")]),
        ("5.4 mg/kg/day", [("5.4 mg/kg/day", "5.4 mg/kg")]),
        ("Docetaxel IV 75 mg/m2", [("75 mg/m2", "never docetaxel")]),
        ("carboplatin AUC 6; 252 mg/m2", [("252 mg/m2", "never"), ("AUC 6", "never carboplatin")]),
        # Bags, rates, bills, kidneys and doses of this drug.
        ("in 250 mL NaCl 0.9 %", []),
        ("NS 250 mL", []),
        ("250 mL bag", []),
        ("at 252 mL/h", []),
        ("bill 252 units of J9354", []),
        ("BSA 1.74 m2", []),
        ("CrCl 60 mL/min/1.73 m2", []),
        ("252 mg", []),
        ("3.6 mg/kg", []),
        ("378 mg/dose", []),
    ],
)
def test_amounts_in_other_units(written: str, expected: list[tuple[str, str]]) -> None:
    def kind(each: AmountInOtherUnit) -> str:
        own = str(each.a_day or ("never" if each.never_fits else "unclear" if each.unclear else "other"))
        return f"{own} {each.beside}".strip()

    assert [(each.text, kind(each)) for each in amounts_in_other_units(written)] == expected


def test_the_quantity_of_an_order_keeps_the_unit_in_words() -> None:
    """Amounts are set to one for the cache of readings, but not where the unit is another."""
    for written in ("252 mg per square meter", "378 mg per day", "252 mg/m2"):
        assert written[:3] in without_amounts(written)


def test_each_text_has_its_own_doses() -> None:
    instruction = {"text": "252 mg IV", "patientInstruction": "You will receive 378 mg", "additionalInstruction": []}
    assert doses_by_text({"dosageInstruction": [instruction]}) == ((Mg(Decimal(252)),), (Mg(Decimal(378)),))


SUPPORTIVE = frozenset({"acetaminophen", "dexamethasone", "diphenhydramine"})


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Premedicate with acetaminophen 650 mg PO", []),
        ("Acetaminophen: 650 mg", []),
        ("650 mg of acetaminophen before", []),
        ("25 mg IV diphenhydramine", []),
        ("Dexamethasone 8 mg, then 252 mg IV", [252]),
        # With its own amount, or a comma between, the drug's amount is another one.
        ("420 mg dexamethasone 8 mg", [420]),
        ("After dexamethasone, 420 mg IV", [420]),
        ("420 mg IV. Dexamethasone before", [420]),
        ("Ibuprofen 400 mg", [400]),
    ],
)
def test_amounts_of_supportive_drugs_are_not_doses_of_the_order(written: str, expected: list[int]) -> None:
    for slot in ({"text": written}, {"patientInstruction": written}, {"additionalInstruction": [{"text": written}]}):
        named = doses_by_text({"dosageInstruction": [slot]}, SUPPORTIVE)
        assert named == ((tuple(Mg(Decimal(each)) for each in expected),) if expected else ())


def test_an_endless_text_is_read_up_to_a_limit() -> None:
    assert doses_by_text({"dosageInstruction": [{"text": "x " * 5000 + "252 mg"}]}) == ()


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        pytest.param({"event": ["2026-12-01T08:00:00Z"]}, date(2026, 12, 1), id="an event"),
        pytest.param({"event": "2026-12-01"}, date(2026, 12, 1), id="an event sent as a text"),
        pytest.param({"repeat": {"boundsPeriod": {"start": "2026-12-02"}}}, date(2026, 12, 2), id="bounds"),
        pytest.param(
            {"event": ["2026-12-03"], "repeat": {"boundsPeriod": {"start": "2026-12-02"}}},
            date(2026, 12, 2),
            id="the earlier of both",
        ),
        pytest.param({"event": []}, None, id="no event"),
        pytest.param({"event": [{"x": 1}]}, None, id="an event that is an object"),
        pytest.param({"repeat": {"boundsPeriod": {"start": "soon"}}}, None, id="a start that is not a date"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_start(timing: Json, expected: date | None) -> None:
    assert start({"dosageInstruction": [{"timing": timing}]}) == expected


@pytest.mark.parametrize("junk", [None, 5, "x", [], [None], [[]], [5], {"doseAndRate": 5}, [{"doseAndRate": [[]]}]])
def test_junk_in_the_place_of_instructions_is_not_a_dose(junk: Any) -> None:
    resource = {"dosageInstruction": junk}
    assert list(doses(resource, None)) == []
    assert doses_by_text(resource) == ()
    assert start(resource) is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Reduce to 3 mg/kg", [(MgPerKg(Decimal(3)), "")]),
        ("Tylenol 650 mg PO, then Kadcyla 210 mg", [(Mg(Decimal(650)), "Tylenol"), (Mg(Decimal(210)), "")]),
        ("252 mg", [(Mg(Decimal(252)), "")]),
        ("Confirmed. 252 mg", [(Mg(Decimal(252)), "")]),
        ("Call before", []),
        ("use the 100 mg vial", []),
    ],
)  # fmt: skip
def test_the_doses_of_a_note_with_the_word_before_each(written: str, expected: list) -> None:
    (note,) = notes({"note": [{"text": written}]})
    assert note.text == written
    assert [(each.dose, each.after) for each in note.doses] == expected


@pytest.mark.parametrize("note", [None, "as text", [], [None], [{}], [{"text": ""}], [{"text": 3}], {"a": 1}])
def test_a_note_that_does_not_void_a_result(note: object) -> None:
    assert notes({"note": note}) == ()
