"""The units of UCUM against a second reader of them, written by others: the same units, and the same factors."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from shapes import TERMINOLOGY

from fhir_mappings.results.measurement_units import UnitReader

READER = UnitReader(TERMINOLOGY)
# Molar mass of bilirubin, for units of substance: no reader of units knows it.
BILIRUBIN_KG_PER_MOL = 0.58466
CANONICAL = {
    "platelets": "10*3/uL",
    "neutrophils": "10*3/uL",
    "ast": "U/L",
    "alt": "U/L",
    "bilirubin-total": "mg/dL",
    "weight": "kg",
    "lvef": "%",
}
COUNTS = [
    f"{power}/{volume}"
    for power in ("", "10*3", "10*4", "10*5", "10*6", "10*9")
    for volume in ("uL", "nL", "mL", "L", "mm3")
]
UNITS = {
    "platelets": [*COUNTS, "10*3.uL-1", "10*9.L-1", "{cells}/uL", "10*3{cells}/uL", "10*9/L{blood}", "1/uL"],
    "neutrophils": COUNTS,
    "ast": [
        "U/L",
        "U/mL",
        "U/dL",
        "mU/mL",
        "ukat/L",
        "nkat/L",
        "ukat/mL",
        "umol/min/L",
        "umol/s/L",
        "nmol/s/L",
        "U.L-1",
    ],
    "bilirubin-total": ["mg/dL", "mg/L", "g/L", "ug/mL", "ug/dL", "mg/mL", "mg.dL-1"],
    "weight": ["kg", "g", "mg", "[lb_av]", "[oz_av]", "[stone_av]"],
    "lvef": ["%", "1", "10*-2"],
}
OF_SUBSTANCE = ["umol/L", "nmol/L", "mmol/L", "umol/dL", "nmol/mL"]
# UCUM units that do not fit the measurement: the second reader knows them and sees another dimension.
NOT_OF_IT = {
    "platelets": ["mg/dL", "%", "fL", "10*3", "g/dL", "U/L", "umol/L"],
    "ast": ["mg/dL", "mol/L", "%", "10*3/uL", "U", "g/L"],
    "bilirubin-total": ["U/L", "%", "mg", "mg/kg", "10*3/uL", "mm[Hg]"],
    "weight": ["cm", "m2", "mg/kg", "%", "U/L", "[lbf_av]"],
    "lvef": ["mL", "cm", "mg/dL", "U/L", "s"],
}
# Where the second reader is not followed. International units are a dimension of their own in UCUM; for an enzyme
# laboratories mean the unit of the International Union of Biochemistry, U. By G/L of cells they mean giga, not grams.
# A bare annotation is the number one in UCUM, and not a unit to the second reader.
NOT_FOLLOWED = {"[iU]/L": ("ast", 1), "[IU]/L": ("ast", 1), "g/L": ("platelets", 1), "{ratio}": ("lvef", 100)}


@cache
def registry() -> Any:
    return pytest.importorskip("ucumvert", reason="ucumvert is a development dependency").PintUcumRegistry()


@pytest.mark.parametrize(
    ("measurement", "unit"), [(measurement, unit) for measurement, units in UNITS.items() for unit in units]
)
def test_the_factor_of_each_unit_is_that_of_ucum(measurement: str, unit: str) -> None:
    factor = READER.factor(measurement, unit, "")
    assert factor is not None
    other = registry().from_ucum(unit)
    canonical = registry().from_ucum(CANONICAL[measurement])
    expected = (1 * other / (1 * canonical)).to_base_units()
    assert expected.dimensionless
    assert float(factor) == pytest.approx(expected.magnitude, rel=1e-9)


@pytest.mark.parametrize("unit", OF_SUBSTANCE)
def test_a_unit_of_substance_has_that_factor_times_the_molar_mass(unit: str) -> None:
    factor = READER.factor("bilirubin-total", unit, "")
    assert factor is not None
    moles = registry().from_ucum(unit).to_base_units().magnitude
    mass = registry().from_ucum("mg/dL").to_base_units().magnitude
    assert float(factor) == pytest.approx(moles * BILIRUBIN_KG_PER_MOL / mass, rel=1e-4)


@pytest.mark.parametrize(
    ("measurement", "unit"), [(measurement, unit) for measurement, units in NOT_OF_IT.items() for unit in units]
)
def test_a_unit_of_another_dimension_is_not_accepted(measurement: str, unit: str) -> None:
    other, canonical = registry().from_ucum(unit), registry().from_ucum(CANONICAL[measurement])
    assert (1 * other).dimensionality != (1 * canonical).dimensionality
    assert READER.factor(measurement, unit, "") is None


@pytest.mark.parametrize("unit", NOT_FOLLOWED)
def test_where_the_second_reader_is_not_followed(unit: str) -> None:
    measurement, factor = NOT_FOLLOWED[unit]
    assert READER.factor(measurement, unit, "") == factor
