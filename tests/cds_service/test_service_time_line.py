"""The drawings of the timeline: nothing is cut off, labels can be read, and every line is the rules' own."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.facts.order import DrugOrder
from cards.facts.origins import Origin
from cards.facts.outcomes import Fired
from cards.facts.patient import Patient, Staging
from cards.facts.policy import default_policy
from cards.facts.results import Lvef
from cards.facts.session import Hook, Session
from cards.facts.topics import Topic
from cards.identification.identity import Identity, IdentityStatus
from cards.identification.recognizer import Recognizer
from cards.knowledge.loader import default_knowledge
from cards.knowledge.schema import Setting
from cards.readings.case import Case
from cards.readings.parts_of_dose import completes_dose
from cards.readings.session_orders import SessionOrders
from cards.rules.lvef_holds import lvef_hold
from cards.values.quantities import Percent
from cds_service.protocol.smart_links import app_context, topic_of
from cds_service.smart import panels
from cds_service.smart.course import course
from cds_service.smart.markdown import html
from cds_service.smart.panels import Line, Panel, Point, Series, TimeAxis, draw

TODAY = date(2026, 3, 1)
KNOWN = default_knowledge()
RECOGNIZER = Recognizer(KNOWN)
ORIGIN = Origin("", "")
values = st.decimals(min_value=0, max_value=5000, places=2)
days = st.integers(min_value=0, max_value=4000).map(lambda ago: TODAY - timedelta(days=ago))


@given(st.lists(st.tuples(days, values), min_size=1, max_size=12), st.lists(values, max_size=6))
def test_timeline_cuts_nothing_off(measured, limits) -> None:
    points = tuple(Point(day, value, str(value)) for day, value in sorted(measured))
    lines = tuple(Line(value, str(value), "level") for value in limits)
    panel = Panel("Doses", "mg", (Series("Given", points, "circle"),), lines)
    drawing = draw(panel, TimeAxis(panel.days, TODAY))
    assert len(drawing.scale) <= 8
    top = max(Decimal(text) for _, text in drawing.scale)
    assert all(value <= top for _, value, _ in points)
    assert all(panels.LEFT <= mark.x <= panels.RIGHT for mark in drawing.marks)
    assert all(panels.TOP <= mark.y <= panels.BOTTOM for mark in drawing.marks)
    heights = {value: mark.y for (_, value, _), mark in zip(points, drawing.marks, strict=True)}
    assert all(heights[low] >= heights[high] for low, high in pairwise(sorted(heights)))
    labels = sorted(label.y for label in drawing.labels)
    assert all(lower - upper >= 12 for upper, lower in pairwise(labels))
    assert len(drawing.labels) + len(drawing.beyond) == len(lines)
    assert len(drawing.months) <= 12


def case(product: str, lvefs: list[tuple[int, int]], setting: Setting | None) -> Case:
    """Lay a chart with ejection fractions, each with its days ago, beside an order."""
    measured = tuple(Lvef(Percent(Decimal(v)), TODAY - timedelta(days=ago), ORIGIN, f"{v} %") for v, ago in lvefs)
    known = KNOWN.product(product)
    order = DrugOrder(ORIGIN)
    identity = Identity(IdentityStatus.SETTLED, product=known, named=(known,))
    staged = (Staging(setting, str(setting), TODAY, ORIGIN),) if setting else ()
    session = Session(Hook.SIGN, TODAY, (order,), Patient(lvefs=measured, stagings=staged))
    return Case(
        order,
        identity,
        session,
        SessionOrders((), session.today, RECOGNIZER),
        RECOGNIZER,
        default_policy(KNOWN).thresholds,
        completes_dose,
    )


@pytest.mark.parametrize("product", ["kadcyla", "trastuzumab", "pertuzumab", "enhertu"])
@pytest.mark.parametrize("setting", [Setting.METASTATIC, Setting.EARLY, None])
@pytest.mark.parametrize("baseline", [50, 58, 64, 71])
def test_timeline_holds_where_the_rule_holds(product, setting, baseline) -> None:
    """A new ejection fraction lies in a zone of "hold" exactly when signing would be told to hold."""
    chart = case(product, [(baseline, 100)], setting)
    panel = next(each for each in course(chart).panels if each.title == "LVEF")
    holds = [zone for zone in panel.zones if zone.kind == "hold"]
    for percent in range(10, 90):
        outcome = lvef_hold(case(product, [(percent, 0), (baseline, 100)], setting))
        inside = any(
            zone.low < percent < zone.high or (percent == zone.high and "or less" in zone.label) for zone in holds
        )
        assert inside == isinstance(outcome, Fired), percent


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        pytest.param(10, "next due by 2026-05-19", id="recent"),
        pytest.param(89, "next due by 2026-03-02", id="almost due"),
        pytest.param(120, "overdue since 2026-02-02", id="overdue"),
    ],
)
def test_timeline_says_when_the_next_lvef_is_due(ago, expected) -> None:
    assert course(case("kadcyla", [(60, ago)], None)).lvef_due == expected


def test_timeline_shows_no_next_lvef_if_none_is_known() -> None:
    assert course(case("kadcyla", [], None)).lvef_due == ""
    assert course(case("enhertu", [(60, 10)], None)).lvef_due == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("**Rule** do", "<p><strong>Rule</strong> do</p>", id="bold"),
        pytest.param("- a\n- b", "<ul><li>a</li><li>b</li></ul>", id="a list"),
        pytest.param("one\n\ntwo", "<p>one</p><p>two</p>", id="paragraphs"),
        pytest.param("a **b", "<p>a **b</p>", id="stars that close nothing"),
        pytest.param(r"\*\*a\*\* \<b\>", "<p>**a** &lt;b&gt;</p>", id="escaped marks"),
        pytest.param("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>", id="HTML is text"),
        pytest.param("**<b>**", "<p><strong>&lt;b&gt;</strong></p>", id="HTML in bold is text"),
    ],
)
def test_timeline_writes_markdown(text, expected) -> None:
    assert str(html(text)) == expected


@given(st.text(max_size=200))
def test_timeline_never_writes_text_as_markup(text) -> None:
    written = str(html(text))
    for tag in ("<p>", "</p>", "<ul>", "</ul>", "<li>", "</li>", "<strong>", "</strong>"):
        written = written.replace(tag, "")
    assert "<" not in written


@pytest.mark.parametrize("context", ["", "x", "{}", '{"topic": "No <b>"}', '{"topic": 3}', "[" * 2000])
def test_app_context_of_others_is_ignored(context) -> None:
    assert topic_of(context) == ""


@pytest.mark.parametrize("topic", Topic)
def test_app_context_is_read_back_as_written(topic) -> None:
    assert topic_of(app_context(topic)) == topic
