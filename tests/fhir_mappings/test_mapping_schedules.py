"""When an order wants its doses: every form of Timing, its code, and words in several languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import Json, coding, concept, dosage, order, quantity

from cards.facts.schedules import Nearest, Schedule
from fhir_mappings.medications import schedule_words
from fhir_mappings.medications.schedule import rhythms
from fhir_mappings.medications.schedule_text import read_schedule_text
from fhir_mappings.results.tablet_words import COUNTED


def schedule(*instructions: Any) -> Schedule:
    return Schedule(rhythms({"dosageInstruction": list(instructions)}))


def repeated(**repeat: Any) -> Json:
    return {"timing": {"repeat": repeat}}


WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS_OF_CYCLE = "http://hl7.org/fhir/StructureDefinition/timing-daysOfCycle"


def on_days_of_cycle(*days: int, **repeat: Any) -> Json:
    listed = [{"url": "day", "valueInteger": day} for day in days]
    extended = {"extension": [{"url": DAYS_OF_CYCLE, "extension": listed}]}
    return repeated(**({"frequency": 1, "period": 3, "periodUnit": "wk"} | repeat), **extended)


GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        pytest.param(repeated(frequency=1, period=3, periodUnit="wk"), "21", id="3 wk"),
        pytest.param(repeated(frequency=1, period=21, periodUnit="d"), "21", id="21 d"),
        pytest.param(repeated(frequency=1, period=504, periodUnit="h"), "21", id="504 h"),
        pytest.param(repeated(period=3, periodUnit="wk"), "21", id="no frequency is once"),
        pytest.param(repeated(period=3, periodUnits="wk"), "21", id="DSTU2's periodUnits"),
        pytest.param(repeated(count=16, frequency=1, period=3, periodUnit="wk"), "21", id="16 times"),
        pytest.param(repeated(frequency=1, period=1, periodUnit="mo"), "28", id="a month is its shortest"),
        pytest.param(repeated(frequency=1, period=2, periodMax=3, periodUnit="wk"), "14", id="two to three weeks"),
        pytest.param(repeated(frequency=1, periodMax=3, periodUnit="wk"), "21", id="up to three weeks"),
        pytest.param(repeated(frequency=1, frequencyMax=2, period=2, periodUnit="wk"), "7", id="once or twice"),
        pytest.param(repeated(dayOfWeek=["mon"]), "7", id="every Monday"),
        pytest.param(repeated(dayOfWeek=["mon", "thu"]), "3", id="Monday and Thursday"),
        pytest.param(repeated(dayOfWeek=["mon"], period=3, periodUnit="wk"), "21", id="a Monday in three weeks"),
        pytest.param(repeated(timeOfDay=["08:00:00", "20:00:00"]), "0.5", id="two times of the day"),
        pytest.param(repeated(when=["MORN", "EVE"], period=1, periodUnit="d"), "0.5", id="morning and evening"),
        pytest.param(repeated(frequency=2, period=1, periodUnit="d", dayOfWeek=WEEK), "0.5", id="all days of the week"),
        pytest.param(on_days_of_cycle(1), "21", id="day 1 of the cycle"),
        pytest.param(on_days_of_cycle(1, 8), "7", id="days 1 and 8 of the cycle"),
        pytest.param(
            {"timing": {"code": {"coding": [{"display": "Every 21 days"}, {"display": "Weekly"}]}}},
            None,
            id="two codes of two rhythms",
        ),
        pytest.param({"timing": {"code": {"text": "Q3W"}}}, "21", id="Q3W"),
        pytest.param({"timing": {"code": concept(coding("urn:local", "Q21D"))}}, "21", id="Q21D as a code"),
        pytest.param({"timing": {"code": concept(coding("urn:local", "1", "Every 3 weeks"))}}, "21", id="as a display"),
        pytest.param({"timing": {"code": {"text": "2 razy dziennie"}}}, "0.5", id="twice a day in Polish"),
        pytest.param({"timing": {"code": {"text": "2x dagelijks"}}}, "0.5", id="twice a day in Dutch"),
        pytest.param({"timing": {"code": {"text": "matin et soir"}}}, "0.5", id="two parts of the day in French"),
        pytest.param({"text": "252 mg eens per 3 weken"}, "21", id="every three weeks in Dutch"),
        pytest.param({"text": "252 mg tweemaal per week"}, "3.5", id="twice a week in Dutch"),
        pytest.param({"text": "12 hourly"}, "0.5", id="12 hourly"),
        pytest.param({"timing": {"code": concept(coding(GTS, "BID"))}}, "0.5", id="BID"),
        pytest.param({"timing": {"code": concept(coding(GTS, "WK"))}}, "7", id="WK"),
        pytest.param({"text": "IV q 3 weeks"}, "21", id="q 3 weeks"),
        pytest.param({"text": "D1 of a 21-day cycle"}, "21", id="D1 of a 21-day cycle"),
        pytest.param({"text": "qw"}, "7", id="qw"),
        pytest.param({"text": "over 90 minutes"}, None, id="no interval in the text"),
        pytest.param(
            {"maxDosePerPeriod": {"numerator": {"value": 1}, "denominator": {"value": 3, "unit": "wk", "code": "wk"}}},
            "21",
            id="one per three weeks at most (mCODE)",
        ),
        pytest.param(
            {"maxDosePerPeriod": {"numerator": quantity(500, "mg"), "denominator": quantity(1, "d")}},
            None,
            id="milligrams a day are not an interval",
        ),
        pytest.param(repeated(boundsPeriod={"start": "2026-12-01"}), None, id="bounds alone"),
        pytest.param({**repeated(frequency=1, period=1, periodUnit="d"), "text": "q21d"}, "21", id="daily says least"),
        pytest.param({**repeated(period=3, periodUnit="wk"), "text": "weekly"}, None, id="words that say otherwise"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_interval(instruction: Json, expected: str | None) -> None:
    assert schedule(instruction).interval_days == (Decimal(expected) if expected else None)


@pytest.mark.parametrize(
    "instruction",
    [
        pytest.param(repeated(period=0, periodUnit="wk"), id="a period of zero"),
        pytest.param(repeated(period=3), id="a period without unit"),
        pytest.param(repeated(period=21, periodMax=1, periodUnit="d"), id="a period that ends before it begins"),
        pytest.param(repeated(period="3 or 4", periodUnit="wk"), id="a period that is not a number"),
        pytest.param(repeated(period=3, periodUnit="cycle"), id="a unit of its own"),
        pytest.param(repeated(period=90, periodUnit="min"), id="the time of an infusion in the wrong slot"),
        pytest.param(repeated(frequency=3), id="three times in a period that is not said"),
        pytest.param(repeated(count=3), id="three doses and no interval"),
        pytest.param(repeated(count="many", period=1, periodUnit="d"), id="a count that is not a number"),
        pytest.param(repeated(dayOfWeek=["monday-ish", "x"]), id="an invalid day"),
        pytest.param(repeated(every="3 weeks"), id="an element that FHIR does not have"),
        pytest.param(repeated(period=3, periodUnit="wk", boundsDuration={"value": 5, "unit": "moons"}), id="bounds"),
        pytest.param(
            repeated(period=3, periodUnit="wk", boundsPeriod={"start": "soon"}), id="a start that is not a date"
        ),
        pytest.param(repeated(period=3, periodUnit="wk", boundsPeriod={"start": 5}), id="a start that is a number"),
        pytest.param(repeated(period=3, periodUnit="wk", boundsPeriod={"start": "2026-12"}), id="a start to the month"),
        pytest.param(repeated(period=3, periodUnit="wk", boundsPeriod="now"), id="bounds sent as a text"),
        pytest.param({"timing": {"event": ["2026-12"]}}, id="an event to the month"),
        pytest.param({"timing": {"event": ["soon"]}}, id="an event that is not a date"),
        pytest.param({"timing": "q21d"}, id="timing sent as a text"),
        pytest.param({"timing": {"repeat": "q21d"}}, id="repeat sent as a text"),
        pytest.param({"timing": {"code": concept(coding("urn:local", "ZZ9"))}}, id="a code of the site"),
        pytest.param({"text": "biweekly"}, id="biweekly: twice a week or every two weeks"),
        pytest.param(on_days_of_cycle(1, 2, 3, period=1, periodUnit="d"), id="daily on some days of a cycle"),
        pytest.param(on_days_of_cycle(0), id="day 0 of a cycle"),
        pytest.param({"text": "300 mg on days 1-14 of 21"}, id="some days of a cycle in words"),
        pytest.param({"text": "1-0-2"}, id="another number of tablets in the evening"),
        pytest.param({"text": "every 3 weeks except after surgery"}, id="words that may change it"),
    ],
)
def test_a_text_that_is_not_understood_is_reported_and_not_used(instruction: Json) -> None:
    read = schedule(instruction)
    assert read.unread
    assert read.interval_days is None
    assert read.nearest is None


@pytest.mark.parametrize(
    ("written", "is_read"),
    [
        ("once per cycle", True),
        ("ONCE-CYCLE", True),
        ("1x pro Zyklus", True),
        ("1 fois par cycle", True),
        ("treatment day", True),
        ("Day 1", True),
        ("C1D1", True),
        ("twice per cycle", False),
        ("2x pro Zyklus", False),
        ("Day 1 and 8", True),
        ("as directed", False),
    ],
)
def test_a_code_that_says_only_once_a_cycle_is_understood(written: str, *, is_read: bool) -> None:
    found = rhythms({"dosageInstruction": [{"timing": {"code": {"text": written}}}]})
    assert any(each.unread for each in found) is not is_read


def test_daily_on_some_days_of_the_week_is_told() -> None:
    read = schedule(repeated(frequency=1, period=1, periodUnit="d", dayOfWeek=WEEK[:5]))
    assert read.unread == ("dayOfWeek mon, tue, wed, thu, fri",)
    assert schedule(repeated(count=1, dayOfWeek=WEEK[:2])).unread == ()


def test_days_of_rest_say_nothing_of_an_infusion_and_are_told_of_tablets() -> None:
    read = schedule({"text": "day 1 every 21 days, days 8 and 15: rest"})
    assert (read.unread, read.unread_of_tablets) == ((), ("days 8 and 15: rest",))
    assert schedule({"text": "day 1: rest"}).unread


def test_only_one_instruction_of_several_is_a_step() -> None:
    daily = repeated(frequency=1, period=1, periodUnit="d")
    first, last = {**daily, "text": "days 1-7"}, {**daily, "text": "day 8 onwards"}
    assert schedule(first, last).unread_of_tablets == ()
    assert schedule(first).unread_of_tablets == ("days 1-7",)
    assert schedule(last).unread_of_tablets == ()


def test_odd_words_beside_codes_that_agree_are_not_reported() -> None:
    assert schedule({**repeated(period=3, periodUnit="wk"), "text": "every 3 weeks through Bard access"}).unread == ()
    assert schedule({**repeated(period=3, periodUnit="wk"), "text": "biweekly"}).unread == ("biweekly",)


DAYS = ["2026-11-30", "2026-12-07", "2026-12-14"]


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        pytest.param(repeated(frequency=1, period=1, periodUnit="d"), None, id="daily is one infusion"),
        pytest.param(repeated(count=1, frequency=1, period=1, periodUnit="wk"), None, id="weekly, once"),
        pytest.param({"text": "252 mg daily"}, None, id="daily in words"),
        pytest.param(repeated(count=3, frequency=1, period=1, periodUnit="d"), "1", id="daily, three times"),
        pytest.param(
            repeated(frequency=1, period=1, periodUnit="d", boundsDuration=quantity(3, "d")), "1", id="for three days"
        ),
        pytest.param(
            repeated(frequency=1, period=1, periodUnit="d", boundsDuration=quantity(1, "d")), None, id="for one day"
        ),
        pytest.param(
            repeated(period=1, periodUnit="wk", boundsPeriod={"start": "2026-12-01", "end": "2026-12-05"}),
            None,
            id="weekly within five days is one dose",
        ),
        pytest.param(
            repeated(period=1, periodUnit="wk", boundsPeriod={"start": "2026-12-01", "end": "2026-12-15"}),
            "7",
            id="weekly within fifteen days",
        ),
        pytest.param(repeated(frequency=2, period=1, periodUnit="d"), "0.5", id="twice a day is not a single infusion"),
        pytest.param(repeated(frequency=1, period=3, periodUnit="wk"), "21", id="the interval"),
        pytest.param({"timing": {"event": DAYS}}, "7", id="three days"),
        pytest.param({"timing": {"event": DAYS[:1]}}, None, id="one day"),
        pytest.param(
            {"timing": {"event": ["2026-11-30T08:00:00Z", "2026-11-30T20:00:00Z"]}}, "0.5", id="twice on one day"
        ),
        pytest.param({"timing": {"event": ["2026-11-30T08:00:00Z"] * 2}}, None, id="one time stated twice"),
        pytest.param(
            {"timing": {"event": DAYS[:1], "repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}}},
            None,
            id="an event beats a repeat",
        ),
        pytest.param({"text": "Days 1, 8 and 15 of a 28-day cycle"}, "7", id="days of a cycle"),
        pytest.param({"text": "daily x 3 days"}, "1", id="three days in words"),
    ],
)
def test_nearest_doses_of_one_order(instruction: Json, expected: str | None) -> None:
    nearest = schedule(instruction).nearest
    assert (nearest.days if nearest else None) == (Decimal(expected) if expected else None)


def test_every_event_counts_and_too_many_are_told() -> None:
    """The two doses behind the first hundred events, two days apart, were silent."""
    every_month = [f"{2027 + month // 12}-{1 + month % 12:02}-01" for month in range(150)]
    assert schedule({"timing": {"event": [*every_month, "2039-07-01", "2039-07-03"]}}).nearest.days == Decimal(2)
    assert schedule({"timing": {"event": every_month * 7}}).unread == ("1050 events",)


def test_days_of_several_instructions_are_those_of_one_order() -> None:
    events = [{"timing": {"event": [day]}} for day in DAYS]
    assert schedule(*events).nearest == Nearest(Decimal(7), date(2026, 11, 30), date(2026, 12, 7))
    assert schedule(*events).count == 3
    assert schedule(*events[::-1]).nearest == schedule(*events).nearest


def test_instructions_that_disagree_on_the_interval_give_none() -> None:
    both = Schedule(rhythms(order(dosage(text="load"), {"text": "weekly"})))
    assert both.interval_days is None
    assert both.conflicting_intervals == (Decimal(7), Decimal(21))
    assert Schedule(rhythms(order(dosage(), dosage()))).interval_days == Decimal(21)


@pytest.mark.parametrize("junk", [None, 5, "x", [], [None], [[]], [5], {"timing": 5}, [{"timing": [[]]}]])
def test_junk_in_the_place_of_instructions_is_no_schedule(junk: Any) -> None:
    assert Schedule(rhythms({"dosageInstruction": junk})).interval_days is None


STATED = (
    "252 mg IV every 3 weeks",
    "q21d",
    "weekly x 12 doses",
    "days 1, 8 and 15 of a 28-day cycle",
    "daily for 3 days",
)
UNKNOWN = st.text("bcdfghjklmnpqrstvz", min_size=4, max_size=9).filter(
    lambda word: word not in schedule_words.IGNORED and word not in COUNTED
)


@given(st.sampled_from(STATED), UNKNOWN, st.data())
def test_an_unknown_word_never_leaves_a_schedule_as_it_was(stated: str, word: str, data: st.DataObject) -> None:
    words = stated.split()
    place = data.draw(st.integers(0, len(words)))
    read = read_schedule_text(" ".join([*words[:place], word, *words[place:]]))
    assert read.unread or read.others
    assert read != read_schedule_text(stated)
    assert schedule({"text": " ".join([*words[:place], word, *words[place:]])}).interval_days is None


@given(
    st.permutations(
        [repeated(period=3, periodUnit="wk"), {"text": "q21d"}, {"text": "weekly"}, {"timing": {"event": DAYS}}]
    )
)
def test_the_order_of_instructions_says_nothing(instructions: list[Json]) -> None:
    assert schedule(*instructions).nearest == Nearest(Decimal(7), date(2026, 11, 30), date(2026, 12, 7))
    assert set(schedule(*instructions).unread) == set()


@given(st.text(max_size=300))
def test_any_text_can_be_read(written: str) -> None:
    read = read_schedule_text(written)
    assert read.every_days is None or read.every_days >= 0
