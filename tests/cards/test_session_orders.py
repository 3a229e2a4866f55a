"""What is asked about the other orders of a session, by its index and by looking at each of them."""

from __future__ import annotations

import sys
from itertools import count
from typing import TYPE_CHECKING

import pytest
from builders import POLICY, RECOGNIZER, TODAY, chart, days_ago, facts_of, order
from hypothesis import given as for_all
from hypothesis import strategies as st

from cards.engine import judge
from cards.facts.session import planned_day
from cards.identification.identity import identify
from cards.readings.session_orders import SessionOrders

if TYPE_CHECKING:
    from types import FrameType

PRODUCTS = ("kadcyla", "enhertu", "trastuzumab")
DRAWN = st.lists(
    st.tuples(
        st.sampled_from(["Kadcyla", "Enhertu", "trastuzumab", "paclitaxel"]),
        st.integers(-30, 60),
        st.sampled_from([None, 1, 6]),
        st.lists(st.integers(0, 60), max_size=3),
    ),
    min_size=1,
    max_size=6,
)


@for_all(DRAWN)
def test_an_index_answers_as_a_look_at_every_order_does(drawn) -> None:
    orders = [
        order(
            drug, start=days_ago(-day), cycles=cycles, days=tuple(days_ago(-each) for each in days), identifier=f"{n}"
        )
        for n, (drug, day, cycles, days) in enumerate(drawn)
    ]
    session = SessionOrders([(each, identify(each, RECOGNIZER)) for each in orders], TODAY, RECOGNIZER)
    for own in orders:
        others = [(other, identity.product.id if identity.product else "") for other, identity in session.others(own)]
        day = planned_day(own.start, TODAY)
        for product in PRODUCTS:
            alike = [other for other, of in others if of == product]
            same = tuple(other for other in alike if session.days_of(other) & session.days_of(own))
            found = session.of_same_day(own, product)
            assert tuple(each for each in found.orders if each is not own) == same
            assert found.ids == frozenset(map(id, found.orders))
            before = [on for other in alike for on in session.days_of(other) if on < day]
            last = session.last_before(own, (product,), day)
            assert (last.day if last else None) == max(before, default=None)
            assert last is None or (last.order in alike and last.day in session.days_of(last.order))
            earlier = [other for other in alike if planned_day(other.start, TODAY) < day]
            assert session.doses_before(product, day) == sum(other.cycles or 1 for other in earlier)


@pytest.mark.parametrize("same_day", [False, True])
def test_the_work_of_a_plan_does_not_grow_with_the_square_of_its_orders(same_day) -> None:
    def steps(number: int) -> int:
        orders = [
            order("Kadcyla", "252 mg", start=days_ago(0 if same_day else -21 * n), identifier=f"order-{n:04}")
            for n in range(number)
        ]
        session = facts_of(*orders, patient=chart())
        seen = count()
        before = sys.gettrace()

        def note(_frame: FrameType, _event: str, _about: object) -> object:
            next(seen)
            return note

        # Lines are the same on a busy machine; seconds are not.
        sys.settrace(note)
        try:
            judge(session, RECOGNIZER, POLICY)
        finally:
            sys.settrace(before)
        return next(seen)

    # Eight times the orders: 8 when the work grows with them, 64 when it grows with their square.
    assert steps(160) < 12 * steps(20)
