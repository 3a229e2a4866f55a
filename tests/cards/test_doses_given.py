"""Laws on doses from administrations: their order says nothing, and one event told twice changes nothing."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from builders import chart, days_ago, given, judged, order, outcome_of
from hypothesis import given as law
from hypothesis import strategies as st

from cards.facts.outcomes import Clear
from cards.facts.patient import Treatment
from cards.facts.topics import Topic
from cards.readings.doses_given import one_a_day
from cards.values.quantities import Mg, MgPerKg

OF_THE_COURSE = (Topic.DOSE_RE_ESCALATION, Topic.INTERVAL_TOO_SHORT, Topic.CYCLE_LIMIT_REACHED, Topic.INFUSION_RATE)


def at(days: int, time: str, dose: Mg | MgPerKg | None, name: str = "a", *, stopped: bool = False) -> Treatment:
    one = given("kadcyla", days)
    origin = msgspec.structs.replace(one.origin, reference=f"MedicationAdministration/{name}")
    written = f"{days_ago(days)}T{time}Z" if time else f"{days_ago(days)}"
    return msgspec.structs.replace(one, dose=dose, at=written, origin=origin, stopped=stopped)


def as_ordered(dose: Treatment) -> Treatment:
    return msgspec.structs.replace(dose, as_ordered=True)


AMOUNTS = st.sampled_from([None, *(Mg(Decimal(amount)) for amount in (92, 160, 168, 210, 252))])
ADMINISTRATIONS = st.lists(
    st.builds(
        at,
        st.sampled_from([21, 22, 42, 43, 63]),
        st.sampled_from(["", "09:00:00", "09:40:00"]),
        AMOUNTS,
        st.sampled_from("abcdef"),
        stopped=st.booleans(),
    ),
    max_size=6,
)


@law(ADMINISTRATIONS, st.randoms(use_true_random=False))
def test_the_order_of_administrations_says_nothing(administrations: list[Treatment], random) -> None:
    shuffled = list(administrations)
    random.shuffle(shuffled)
    assert {(d.on, d.dose, d.stopped, d.bags) for d in one_a_day(shuffled)} == {
        (d.on, d.dose, d.stopped, d.bags) for d in one_a_day(administrations)
    }


@law(ADMINISTRATIONS.filter(bool), st.data())
def test_one_event_in_another_resource_changes_no_answer(administrations: list[Treatment], data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(administrations))
    twin = msgspec.structs.replace(
        again, origin=msgspec.structs.replace(again.origin, reference="MedicationAdministration/twin")
    )
    drug = order("Kadcyla", "252 mg")
    once = judged(drug, patient=chart(history=tuple(administrations)))
    twice = judged(drug, patient=chart(history=(*administrations, twin)))
    for topic in OF_THE_COURSE:
        one, other = outcome_of(topic, once), outcome_of(topic, twice)
        assert type(one) is type(other)
        assert getattr(one, "values", None) == getattr(other, "values", None)


@pytest.mark.parametrize(
    ("administrations", "dose", "bags"),
    [
        pytest.param([at(21, "09:00:00", Mg(Decimal(252)))], Mg(Decimal(252)), 1, id="one"),
        pytest.param(
            [at(21, "09:00:00", Mg(Decimal(160))), at(21, "09:40:00", Mg(Decimal(92)))],
            Mg(Decimal(252)), 2, id="two bags",
        ),
        pytest.param(
            [at(21, "09:00:00", Mg(Decimal(126))), at(21, "09:40:00", Mg(Decimal(126)))],
            Mg(Decimal(252)), 2, id="two bags alike at two times",
        ),
        pytest.param(
            [at(21, "09:00:00", Mg(Decimal(252))), at(21, "09:00:00", Mg(Decimal(252)), "b")],
            Mg(Decimal(252)), 1, id="the same amount and time twice",
        ),
        pytest.param(
            [at(21, "09:00:00", Mg(Decimal(252))), at(21, "", Mg(Decimal(252)), "b")],
            Mg(Decimal(252)), 1, id="the same amount, once without a time",
        ),
        pytest.param(
            [at(21, "09:00:00", Mg(Decimal(252))), at(21, "", None, "b")],
            Mg(Decimal(252)), 1, id="an event without an amount beside one",
        ),
        pytest.param(
            [as_ordered(at(21, "09:00:00", Mg(Decimal(252)))), as_ordered(at(21, "09:40:00", Mg(Decimal(252)), "b"))],
            Mg(Decimal(252)), 1, id="two bags, each with the amount of the order of both",
        ),
        pytest.param([at(21, "", None), at(21, "", None, "b")], None, 1, id="no amount at all"),
        pytest.param(
            [at(21, "09:00:00", Mg(Decimal(252))), at(21, "10:00:00", MgPerKg(Decimal("3.6")))],
            None, 1, id="milligrams beside milligrams per kilogram",
        ),
    ],
)  # fmt: skip
def test_a_day(administrations: list[Treatment], dose: Mg | MgPerKg | None, bags: int) -> None:
    (found,) = one_a_day(administrations)
    assert (found.dose, found.bags) == (dose, bags)


def test_one_instant_with_two_local_dates_is_one_dose() -> None:
    late = at(22, "02:00:00", Mg(Decimal(252)))
    here = msgspec.structs.replace(late, on=days_ago(23), origin=msgspec.structs.replace(late.origin, reference="x/2"))
    for administrations in ([late, here], [here, late]):
        (found,) = one_a_day(administrations)
        assert (found.on, found.dose, found.bags) == (days_ago(23), Mg(Decimal(252)), 1)


def test_days_and_products_are_kept_separate() -> None:
    other = msgspec.structs.replace(at(21, "", None), product="pertuzumab")
    assert len(one_a_day([at(21, "", None), at(22, "", None), other])) == 3


def test_a_dose_in_two_bags_is_not_a_reduction() -> None:
    history = (at(21, "09:00:00", Mg(Decimal(160))), at(21, "09:40:00", Mg(Decimal(92)), "b"))
    verdicts = judged(order("Kadcyla", "252 mg"), patient=chart(history=history))
    assert isinstance(outcome_of(Topic.DOSE_RE_ESCALATION, verdicts), Clear)
