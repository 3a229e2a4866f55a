"""Units as UCUM has them and as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cards.facts.order import DoseUnit
from cards.knowledge.loader import default_knowledge
from fhir_mappings.results.measurement_units import UnitReader
from fhir_mappings.results.units import DoseScale, dose_scale

factor_to_canonical = UnitReader(default_knowledge().terminology).factor
MG, PER_KG, PER_M2, ML = DoseUnit.MG, DoseUnit.MG_PER_KG, DoseUnit.MG_PER_M2, DoseUnit.ML
TABLET = DoseUnit.TABLET
TABLETS = (
    "tab(s)", "{tbl}", "[tab]", "EA", "pill", "capsule", "Film-coated tablet", "Filmtabletten", "comprimés",
    "comprimidos", "compresse", "tabl.", "таблетки", "δισκία", "טבליות", "錠", "टैबलेट",
)  # fmt: skip


@pytest.mark.parametrize(
    ("code", "unit", "expected"),
    [
        pytest.param("mg", "mg", (MG, "1"), id="mg"),
        pytest.param("", "mg", (MG, "1"), id="mg by text alone"),
        pytest.param("mg", "", (MG, "1"), id="mg by code alone"),
        pytest.param("g", "g", (MG, "1000"), id="g"),
        pytest.param("ug", "mcg", (MG, "0.001"), id="mcg"),
        pytest.param("", "µg", (MG, "0.001"), id="with the micro sign"),
        pytest.param("", "\u03bcg", (MG, "0.001"), id="with the Greek letter"),
        pytest.param("mg/kg", "mg/kg", (PER_KG, "1"), id="mg/kg"),
        pytest.param("", "mg/kg/dose", (PER_KG, "1"), id="mg/kg/dose (Epic)"),
        pytest.param("", "mg / kg", (PER_KG, "1"), id="blanks around the slash"),
        pytest.param("", "mg per kg", (PER_KG, "1"), id="mg per kg in words"),
        pytest.param("", "mg/kg KG", (PER_KG, "1"), id="per kilogram in German"),
        pytest.param("", "mg/kg de peso", (PER_KG, "1"), id="per kilogram in Spanish"),
        pytest.param("", "mg/kg KOF", None, id="per kilogram of a surface"),
        pytest.param("", "Tablette(n)", (TABLET, "1"), id="a German plural"),
        pytest.param("ug/kg", "mcg/kg", (PER_KG, "0.001"), id="mcg/kg"),
        pytest.param("mg/m2", "mg/m2", (PER_M2, "1"), id="mg/m2"),
        pytest.param("", "mg/m²", (PER_M2, "1"), id="mg/m² with the superscript"),
        pytest.param("", "mg/m^2", (PER_M2, "1"), id="mg/m^2"),
        pytest.param("mL", "mL", (ML, "1"), id="mL"),
        pytest.param("", "ml", (ML, "1"), id="ml in small letters"),
        pytest.param("L", "L", (ML, "1000"), id="litres"),
        pytest.param("mg", "dosette", (MG, "1"), id="the code takes precedence over an unknown text"),
        pytest.param("mg", "vial", None, id="milligrams by code, vials by text"),
        pytest.param("mg", "mg daily", None, id="milligrams by code, a day's by text"),
        pytest.param("mg", "160 mg", None, id="milligrams by code, another amount by text"),
        pytest.param("{cup}", "mg", (MG, "1"), id="a known text takes precedence over an unknown code"),
        pytest.param("{tbl}", "mg", None, id="tablets by code, milligrams by text"),
        pytest.param("MG", "mg", (MG, "1"), id="MG is not a UCUM milligram, its text is"),
        pytest.param("MG", "", None, id="MG alone is a megagauss"),
        pytest.param("", "MG", (MG, "1"), id="MG as text is how people write"),
        pytest.param("mg", "mg/kg", None, id="code and text disagree"),
        pytest.param("mg/kg", "mg/m2", None, id="code and text disagree on the basis"),
        pytest.param("g", "mg", None, id="code and text disagree by a factor of a thousand"),
        pytest.param("mL/h", "mL/hr", None, id="a rate is not a dose"),
        pytest.param("mg/h", "mg/h", None, id="milligrams an hour are not a dose"),
        pytest.param("mg/kg/h", "mg/kg/h", None, id="milligrams per kilogram an hour are not a dose"),
        pytest.param("{tbl}", "tablet", (TABLET, "1"), id="tablets"),
        pytest.param("TAB", "Tablet(s)", (TABLET, "1"), id="tablets by their form"),
        pytest.param("", "milligram(s)", (MG, "1"), id="milligrams by their form"),
        pytest.param("", "mg/dose", (MG, "1"), id="milligrams a dose"),
        pytest.param("", "mg.", (MG, "1"), id="with a point"),
        pytest.param("", "Milligramm", (MG, "1"), id="in German"),
        pytest.param("mg/kg{actual}", "", (PER_KG, "1"), id="with a remark"),
        pytest.param("mg{per_kg}", "", None, id="with a remark that may mean a basis"),
        pytest.param("{dose}", "", None, id="a remark alone"),
        *(pytest.param("", each, (TABLET, "1"), id=f"tablets: {each}") for each in TABLETS),
        pytest.param("732936001", "", (TABLET, "1"), id="tablets, by the code of SNOMED CT"),
        pytest.param("", "dose", None, id="doses, which are not tablets"),
        pytest.param("[iU]", "units", None, id="units"),
        pytest.param("", "", None, id="no unit"),
    ],
)
def test_dose_scale(code: str, unit: str, expected: tuple[DoseUnit, str] | None) -> None:
    found = dose_scale(code, unit)
    assert found == (DoseScale(expected[0], Decimal(expected[1])) if expected else None)


@pytest.mark.parametrize(
    ("measurement", "code", "unit", "expected"),
    [
        pytest.param("weight", "kg", "kg", "1", id="kg"),
        pytest.param("weight", "g", "g", "0.001", id="g"),
        pytest.param("weight", "[lb_av]", "lbs", "0.45359237", id="lbs with the UCUM code"),
        pytest.param("weight", "", "lb", "0.45359237", id="lb by text alone"),
        pytest.param("weight", "[oz_av]", "oz", "0.028349523125", id="oz"),
        pytest.param("weight", "mg", "mg", "0.000001", id="mg is a unit of mass, whatever the number then is"),
        pytest.param("weight", "kg", "lb", None, id="kg by code and pounds by text"),
        pytest.param("weight", "", "stone-ish", None, id="an unknown unit"),
        pytest.param("weight-stated", "kg", "kg", "1", id="a stated weight has the units of a weight"),
        pytest.param("ast", "U/L", "U/L", "1", id="U/L"),
        pytest.param("ast", "[IU]/L", "IU/L", "1", id="IU/L are U/L for an enzyme"),
        pytest.param("alt", "ukat/L", "µkat/L", "60", id="microkatal"),
        pytest.param("alt", "", "µkat/l", "60", id="microkatal by text alone"),
        pytest.param("alt", "", "nkat/L", "0.06", id="nanokatal"),
        pytest.param("alt", "mg/dL", "mg/dL", None, id="no unit of an enzyme"),
        pytest.param("bilirubin-total", "mg/dL", "mg/dL", "1", id="mg/dL"),
        pytest.param("bilirubin-total", "", "mg/l", "0.1", id="mg/L"),
        pytest.param("platelets", "10*3/uL", "10*3/uL", "1", id="10*3/uL"),
        pytest.param("platelets", "10*9/L", "10*9/L", "1", id="10*9/L is the same number"),
        pytest.param("platelets", "/uL", "/uL", "0.001", id="cells in a microlitre"),
        pytest.param("platelets", "", "K/uL", "1", id="K/uL"),
        pytest.param("platelets", "", "thou/mm3", "1", id="thou/mm3"),
        pytest.param("platelets", "", "10*3/µL", "1", id="with the micro sign"),
        pytest.param("platelets", "", "×10³/µL", "1", id="with a superscript"),
        pytest.param("platelets", "", "x 10^9/L", "1", id="with a blank"),
        pytest.param("platelets", "#", "#", None, id="a mere number sign (MII)"),
        pytest.param("neutrophils", "10*6/L", "10*6/L", "0.001", id="10*6/L"),
        pytest.param("lvef", "%", "%", "1", id="per cent"),
        pytest.param("lvef", "1", "", "100", id="a fraction"),
        pytest.param("lvef", "mL", "mL", None, id="a volume is not an ejection fraction"),
        pytest.param("her2-ihc", "mg", "mg", None, id="a measurement that has no unit"),
    ],
)
def test_factor_to_canonical(measurement: str, code: str, unit: str, expected: str | None) -> None:
    found = factor_to_canonical(measurement, code, unit)
    assert found == (None if expected is None else Decimal(expected))


def test_one_mg_dl_of_bilirubin_is_17_104_micromoles() -> None:
    factor = factor_to_canonical("bilirubin-total", "umol/L", "umol/L")
    assert factor is not None
    assert abs(factor * Decimal("17.104") - 1) < Decimal("1E-9")


@pytest.mark.parametrize("unit", ["umol/L", "mg/L", "mg/dL"])
def test_a_multiple_of_the_upper_limit_is_the_same_in_any_unit(unit: str) -> None:
    """Rounding would put a bilirubin of exactly twice its limit above it: stop the drug for good."""
    factor = factor_to_canonical("bilirubin-total", unit, unit)
    assert factor is not None
    for tenths in range(1, 1000):
        limit = Decimal(tenths) / 10
        for multiple in ("1.5", "2", "3", "10"):
            assert limit * Decimal(multiple) * factor == limit * factor * Decimal(multiple)
