"""Laws of tablets: too much is told, what the label gives is silent, and how a dose is written changes nothing."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from builders import KNOWN, chart, given, judged, outcome_of, tablets
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st

from cards.facts.outcomes import Clear, Fired
from cards.facts.patient import Patient, TreatmentState
from cards.facts.topics import Topic

ORAL = [product.id for product in KNOWN.products if product.is_oral]
LAW = settings()
DOSE = (
    Topic.DOSE_ABOVE_MAXIMUM,
    Topic.DOSE_NOT_A_LEVEL,
    Topic.DOSE_WRONG_FOR_INDICATION,
    Topic.DOSE_IMPLAUSIBLE,
    Topic.INTERVAL_TOO_SHORT,
    Topic.DUPLICATE_ORDER,
)


def patient_of(cancer: str, product: str) -> Patient:
    """Return a patient on the product for a month, light enough for the lower dose where weight decides."""
    on_drug = given(product, 30, None, TreatmentState.ACTIVE)
    return chart(cancers=(cancer,), weight="70", history=(on_drug,))


def limits(product) -> tuple[Decimal, Decimal]:
    """Return the most milligrams of one dose and of a day at 70 kg with no partner on record."""
    fitting = [regimen for regimen in product.regimens if regimen.is_for(Decimal(70))]
    most = max(regimen.maximum.dose.value for regimen in fitting)
    return most, max(regimen.maximum.dose.value * regimen.times_a_day for regimen in fitting)


@LAW
@example(st.sampled_from(ORAL), st.integers(1, 12), st.integers(1, 6))
def test_what_is_above_the_maximum_of_a_dose_or_a_day_is_reported(product_id, count, times) -> None:
    product = KNOWN.product(product_id)
    strength = product.tablets.strengths_mg[0]
    mg = strength * count
    cancer = str(product.regimens[0].cancers[0])
    ordered = tablets(product.brands[0].name, f"{mg} mg", a_day=str(times))
    found = outcome_of(Topic.DOSE_ABOVE_MAXIMUM, judged(ordered, patient=patient_of(cancer, product.id)))
    implausible = outcome_of(Topic.DOSE_IMPLAUSIBLE, judged(ordered, patient=patient_of(cancer, product.id)))
    of_dose, of_day = limits(product)
    is_over = mg > of_dose or mg * times > of_day
    assert isinstance(found, Fired) is (is_over and not isinstance(implausible, Fired))
    assert not is_over or isinstance(found, Fired) or isinstance(implausible, Fired)


@LAW
@example(st.data(), st.sampled_from(ORAL), st.booleans())
def test_a_labeled_dose_gets_no_card_in_milligrams_or_in_tablets(data, product_id, in_tablets) -> None:
    product = KNOWN.product(product_id)
    regimen = data.draw(st.sampled_from([each for each in product.regimens if each.is_for(Decimal(70))]))
    level = data.draw(st.sampled_from([each for each in regimen.levels if not (each.beside or each.problem)]))
    strength = next(each for each in product.tablets.strengths_mg if level.dose.value % each == 0)
    written = f"{int(level.dose.value / strength)} tablets" if in_tablets else f"{level.dose.value} mg"
    times = regimen.times_at(level)
    ordered = tablets(product.brands[0].name, written, a_day=str(times), tablet=str(strength))
    verdicts = judged(ordered, patient=patient_of(str(regimen.cancers[0]), product.id))
    fired = [verdict.topic for verdict in verdicts if isinstance(verdict.outcome, Fired)]
    assert set(fired).isdisjoint(DOSE)
    assert isinstance(outcome_of(Topic.DOSE_ABOVE_MAXIMUM, verdicts), Clear)


@LAW
@example(st.sampled_from(ORAL), st.integers(1, 8), st.integers(1, 4))
def test_tablets_and_milligrams_state_one_dose(product_id, count, times) -> None:
    product = KNOWN.product(product_id)
    strength = product.tablets.strengths_mg[-1]
    patient = patient_of(str(product.regimens[0].cancers[0]), product.id)
    counted = tablets(product.brands[0].name, f"{count} tablets", a_day=str(times), tablet=str(strength))
    weighed = tablets(product.brands[0].name, f"{strength * count} mg", a_day=str(times))
    kinds = [[type(outcome_of(topic, judged(each, patient=patient))) for topic in DOSE] for each in (counted, weighed)]
    assert kinds[0] == kinds[1]


@LAW
@example(st.sampled_from(ORAL), st.integers(0, 900))
def test_the_body_weight_changes_nothing_where_no_dose_turns_on_it(product_id, days) -> None:
    product = KNOWN.product(product_id)
    if any(regimen.from_kg or regimen.below_kg for regimen in product.regimens):
        return
    start = product.regimens[0]
    ordered = tablets(product.brands[0].name, f"{start.maximum.mg} mg", a_day=str(start.times_a_day))
    with_weight = patient_of(str(start.cancers[0]), product.id)
    aged = chart(cancers=(str(start.cancers[0]),), weight="70", weight_days=days, history=with_weight.treatments)
    without = msgspec.structs.replace(with_weight, weights=())
    answers = [
        [(v.topic, type(v.outcome)) for v in judged(ordered, patient=each) if isinstance(v.outcome, Fired)]
        for each in (with_weight, aged, without)
    ]
    assert answers[0] == answers[1] == answers[2]
