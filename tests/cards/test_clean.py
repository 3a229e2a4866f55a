"""Clean orders are silent: every brand, every labeled level, many weights, both settings, at both moments."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import msgspec
import pytest
from builders import KNOWN, chart, given, ihc, ish, judged, order, overall, tablets

from cards.facts.outcomes import Fired
from cards.facts.patient import Patient, TreatmentState
from cards.facts.session import Hook
from cards.knowledge.schema import LevelRole, Scope, Tier
from cards.values.quantities import MgPerKg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.facts.order import DrugOrder
    from cards.facts.patient import Treatment
    from cards.facts.results import Her2Result
    from cards.knowledge.schema import Brand, Level, Product, Regimen

WEIGHTS = ("42.5", "55", "61.3", "70", "73.3", "88.8", "101", "133.7")
STATUSES: dict[str, tuple[Her2Result, ...]] = {
    "IHC 3+": (ihc("3+"),),
    "IHC 2+ and ISH amplified": (ihc("2+"), ish("positive")),
    "an overall positive": (overall("positive"),),
}


@dataclass(frozen=True)
class Clean:
    """An order that the label covers, and a chart in which everything is in place for it."""

    name: str
    order: DrugOrder
    patient: Patient


def clean_orders() -> Iterator[Clean]:
    for product in KNOWN.products:
        if product.scope is not Scope.CHECKED:
            continue
        for brand in product.brands:
            for regimen in product.regimens:
                for level in regimen.levels:
                    for weight in WEIGHTS:
                        if product.is_oral:
                            yield from _tablets(product, brand, regimen, level, weight)
                        else:
                            yield from _orders(product, brand, regimen, level, weight)


def _orders(product: Product, brand: Brand, regimen: Regimen, level: Level, weight: str) -> Iterator[Clean]:
    cancer = str(regimen.cancers[0])
    history = _history(product, regimen, level)
    for setting in _settings(product, cancer):
        patient = chart(weight=weight, cancers=(cancer,), setting=setting, history=history, lvef_normal="50")
        for written in _written(level, weight):
            name = f"{brand.name} {written} at {weight} kg, {cancer}, {setting}, {level.role} {regimen.name}"
            drug = order(brand.name, written, interval=regimen.interval_days, hcpcs=tuple(e.code for e in brand.hcpcs))
            yield Clean(name, drug, patient)


def _tablets(product: Product, brand: Brand, regimen: Regimen, level: Level, weight: str) -> Iterator[Clean]:
    """Yield an order of tablets with its partner, its prophylaxis, and what an adjusted level is for."""
    if not regimen.is_for(Decimal(weight)):
        return
    cancer, times = str(regimen.cancers[0]), regimen.times_at(level)
    wanted = [regimen.beside, level.beside, *(rule.drug_class for rule in product.prophylaxis)]
    history = [_active(name) for name in map(_drug_of, wanted) if name]
    if level.role is LevelRole.REDUCTION:
        history.append(given(product.id, 14, f"{regimen.maximum.mg} mg", TreatmentState.ACTIVE))
    for setting in _settings(product, cancer) or ("metastatic",):
        patient = chart(
            weight=weight,
            cancers=(cancer,),
            setting=setting,
            history=tuple(history),
            lvef_normal="50",
            mutation=True if cancer == "lung" else None,
            problems=(level.problem,) if level.problem else (),
        )
        name = f"{brand.name} {level.dose} at {weight} kg, {cancer}, {setting}, {level.role} {regimen.name}"
        yield Clean(name, tablets(brand.name, f"{level.dose.value} mg", a_day=str(times)), patient)


def _drug_of(drug_class: str | None) -> str | None:
    return next((group.names[0] for group in KNOWN.drug_classes if group.id == drug_class), drug_class)


def _active(name: str) -> Treatment:
    is_product = any(product.id == name for product in KNOWN.products)
    return msgspec.structs.replace(given(name, 5, None, TreatmentState.ACTIVE), product=name if is_product else "")


def _settings(product: Product, cancer: str) -> tuple[str, ...]:
    """List the settings that the label names for a positive status; a row without any is for both."""
    rows = [
        row for row in product.eligibility if cancer in row.cancers and (Tier.POSITIVE in row.tiers or row.ihc_3_only)
    ]
    return tuple(
        each for each in ("metastatic", "early") if any(not row.settings or each in row.settings for row in rows)
    )


def _written(level: Level, weight: str) -> tuple[str, ...]:
    """Write a dose per kilogram and in whole milligrams, or a fixed dose as it is."""
    stated = level.dose
    if not isinstance(stated, MgPerKg):
        return (f"{stated.value} mg",)
    whole = (stated.value * Decimal(weight)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return f"{stated.value} mg/kg", f"{whole} mg"


def _history(product: Product, regimen: Regimen, level: Level) -> tuple[Treatment, ...]:
    """Return the earlier dose that a level wants: the one above a reduction, a loading dose before maintenance."""
    if level.role in (LevelRole.START, LevelRole.LOADING):
        return ()
    doses = [each.dose for each in regimen.levels]
    earlier = doses[[each.dose for each in regimen.levels].index(level.dose) - 1]
    return (given(product.id, regimen.interval_days, f"{earlier.value} {str(earlier).split()[1]}"),)


CLEAN = list(clean_orders())


def test_there_are_enough_of_them() -> None:
    assert len(CLEAN) > 800


@pytest.mark.parametrize("hook", list(Hook))
def test_every_clean_order_is_silent(hook: Hook) -> None:
    for clean in CLEAN:
        fired = [v.topic for v in judged(clean.order, patient=clean.patient, hook=hook) if isinstance(v.outcome, Fired)]
        assert fired == [], clean.name


@pytest.mark.parametrize("name", STATUSES)
def test_every_way_to_be_positive_is_silent(name: str) -> None:
    for drug, written in (("Kadcyla", "252 mg"), ("Enhertu", "378 mg"), ("Herceptin", "420 mg"), ("Perjeta", "420 mg")):
        fired = [
            v.topic
            for v in judged(order(drug, written), patient=chart(her2=STATUSES[name]))
            if isinstance(v.outcome, Fired)
        ]
        assert fired == [], drug


@pytest.mark.parametrize(
    "others",
    [
        pytest.param(("Herceptin", "420 mg", "Perjeta", "420 mg"), id="trastuzumab and pertuzumab"),
        pytest.param(("Enhertu", "378 mg", "Perjeta", "840 mg"), id="Enhertu and pertuzumab"),
        pytest.param(("Ogivri", "420 mg", "paclitaxel", "120 mg"), id="a biosimilar and a taxane"),
    ],
)
def test_combinations_that_the_labels_allow_are_silent(others: tuple[str, str, str, str]) -> None:
    first, dose, second, other_dose = others
    verdicts = judged(order(first, dose), order(second, other_dose, identifier="order-2"), patient=chart())
    assert [v.topic for v in verdicts if isinstance(v.outcome, Fired)] == []
