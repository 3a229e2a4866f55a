"""What the record teaches: fates of cards with their uncertainty, rules that went silent or loud, and the export."""

from __future__ import annotations

import csv
import io
import json
import math
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
import stream
from calls import SIGN, Caller, call, troubled_prefetch
from click.testing import CliRunner
from command_line import run
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert
from stream import Stream
from structlog.testing import capture_logs

from cds_service.charts.csv_tables import spreadsheet_text
from cds_service.cli import main
from cds_service.configuration.settings import Settings
from cds_service.learning import watch_thread
from cds_service.learning.control import Count, control_chart
from cds_service.learning.feedback_export import COLUMNS, entries
from cds_service.learning.report import learning_report
from cds_service.learning.statistics import limits, wilson
from cds_service.learning.watch import last_watch, last_whole_week, watch, watch_lines
from cds_service.protocol.caller import Caller as Client
from cds_service.protocol.feedback import read_feedback
from cds_service.store import feedback as kept
from cds_service.store.database import open_engine, upgrade, writing
from cds_service.store.selection import Window
from cds_service.store.tables import watches
from cds_service.telemetry import metrics

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]
ALL = Window()
TROUBLED = call(prefetch=troubled_prefetch())
MONDAY = date(2026, 1, 5)
USUAL_WEEKS = 10

# --- Statistics ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        pytest.param(0, 10, 0, 0.2775, id="none of ten"),
        pytest.param(10, 10, 0.7225, 1, id="all of ten"),
        pytest.param(1, 10, 0.0179, 0.4042, id="one of ten"),
        pytest.param(50, 100, 0.4038, 0.5962, id="half of a hundred"),
        pytest.param(0, 0, 0, 1, id="none of nothing"),
    ],
)
def test_the_wilson_interval_matches_published_tables(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(of=st.integers(1, 500), data=st.data())
def test_the_wilson_interval_contains_the_share_and_narrows(of: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, of))
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of <= high <= 1
    wider = wilson(hits * 4, of * 4)
    assert wider[1] - wider[0] < high - low


@given(of=st.integers(1, 400), size=st.integers(1, 120), data=st.data())
def test_limits_leave_no_more_than_the_tail_probability_outside(of: int, size: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, of))
    lower, upper = limits(hits, of, size, 0.01)
    assert 0 <= lower <= upper <= size
    # Computed another way: the probability of a count whose share is drawn from the beta distribution, in small steps.
    steps = 400
    grid = [(number + 0.5) / steps for number in range(steps)]
    logs = [(hits - 0.5) * math.log(p) + (of - hits - 0.5) * math.log(1 - p) for p in grid]
    weights = [math.exp(each - max(logs)) for each in logs]
    if max(weights[0], weights[-1]) < 0.01 * max(weights):
        below = sum(w * _binomial_below(lower, size, p) for w, p in zip(weights, grid, strict=True)) / sum(weights)
        assert below < 0.011


@given(
    of=st.integers(0, 100_000), size=st.integers(1, 2_000), share=st.floats(0, 1), tail=st.sampled_from([0.00135, 0.01])
)
@settings(deadline=None)
def test_limits_match_the_beta_binomial_distribution(of: int, size: int, share: float, tail: float) -> None:
    hits = round(of * share)
    lower, upper = limits(hits, of, size, tail)
    chances = [_beta_binomial(count, size, hits + 0.5, of - hits + 0.5) for count in range(size + 1)]
    less, more = sum(chances[:lower]), sum(chances[upper + 1 :])
    assert less < tail + 1e-9
    assert more < tail + 1e-9
    assert lower == size or less + chances[lower] > tail - 1e-9
    assert upper == 0 or more + chances[upper] > tail - 1e-9


def _beta_binomial(count: int, size: int, a: float, b: float) -> float:
    ways = math.lgamma(size + 1) - math.lgamma(count + 1) - math.lgamma(size - count + 1)
    drawn = math.lgamma(count + a) + math.lgamma(size - count + b) - math.lgamma(size + a + b)
    return math.exp(ways + drawn + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))


def _binomial_below(count: int, size: int, p: float) -> float:
    return sum(math.comb(size, k) * p**k * (1 - p) ** (size - k) for k in range(count))


def counts(*hits: int, orders: int = 40) -> list[Count]:
    return [Count(MONDAY + timedelta(days=7 * number), orders, each) for number, each in enumerate(hits)]


@pytest.mark.parametrize(
    ("hits", "signals"),
    [
        pytest.param([4] * 12, {}, id="always the same"),
        pytest.param([4, 4, 4, 40], {}, id="too little is known before"),
        pytest.param([4, 5, 3, 4, 5, 20], {5: ("loud", 1)}, id="a signal at once"),
        pytest.param([20, 21, 19, 20, 22, 1], {5: ("silent", 1)}, id="silence at once"),
        pytest.param([4] * 12 + [0] * 4, {15: ("silent", 4)}, id="ten in a hundred fall silent: four weeks"),
        pytest.param([3] * 12 + [0] * 4, {15: ("silent", 4)}, id="seven in a hundred fall silent: four weeks"),
        pytest.param([2] * 12 + [0] * 7, {18: ("silent", 8)}, id="five in a hundred fall silent: seven weeks"),
        pytest.param([1] * 12 + [0] * 12, {}, id="two in a hundred fall silent: not seen in twelve weeks"),
        pytest.param([0] * 10 + [5], {10: ("loud", 1)}, id="what never fired fires"),
        pytest.param([0] * 10 + [1], {}, id="once is chance"),
    ],
)
def test_a_rule_that_stopped_or_started_firing_is_detected(
    hits: list[int], signals: dict[int, tuple[str, int]]
) -> None:
    points = control_chart(counts(*hits))
    assert {index: (point.signal, point.over) for index, point in enumerate(points) if point.signal} == signals


def test_values_outside_the_limits_never_become_usual() -> None:
    points = control_chart(counts(*[4] * 8, *[20] * 20))
    assert [point.signal for point in points[8:]] == ["loud"] * 20
    assert points[-1].expected == pytest.approx(4)


def test_a_week_without_orders_raises_no_signal() -> None:
    weeks = [*counts(*[4] * 8), Count(MONDAY + timedelta(days=56), 0, 0)]
    assert control_chart(weeks)[-1].signal == ""


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2, 0.5])
def test_false_alarms_are_as_rare_as_with_three_sigma(share: float) -> None:
    lot = random.Random(17)  # noqa: S311 - a lot that can be drawn again
    periods = alarms = 0
    for _ in range(40):
        hits = [sum(lot.random() < share for _ in range(40)) for _ in range(40)]
        points = control_chart(counts(*hits))
        periods += sum(point.expected is not None for point in points)
        alarms += sum(bool(point.signal) for point in points)
    assert periods > 1200
    assert alarms / periods < 0.006


# --- Faults in a stream of real requests -----------------------------------------------------------------------------


def signals(line: Stream, period: str = "week") -> dict[tuple[str, str, str], date]:
    """Return for each topic, measure and direction the first period with a signal."""
    first: dict[tuple[str, str, str], date] = {}
    for each in learning_report(line.caller.store.engine, ALL, period)["signals"]:
        key = (each["topic"], each["measure"], each["signal"])
        first.setdefault(key, date.fromisoformat(each["begin"]))
    return first


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the record of ten weeks in which nothing went wrong."""
    folder = tmp_path_factory.mktemp("usual")
    line = Stream(seed=5, database=f"sqlite:///{folder}/record.sqlite3")
    line.weeks(USUAL_WEEKS)
    line.caller.store.close()
    return folder


@pytest.fixture
def line(usual: Path, tmp_path: Path) -> Stream:
    """Return a stream that goes on after ten usual weeks."""
    shutil.copytree(usual, tmp_path, dirs_exist_ok=True)
    going_on = Stream(seed=6, database=f"sqlite:///{tmp_path}/record.sqlite3")
    going_on.at += timedelta(weeks=USUAL_WEEKS)
    return going_on


def test_without_a_fault_nothing_is_seen(line: Stream) -> None:
    line.weeks(3)
    assert signals(line) == {}
    assert vanished(line) == []


@pytest.mark.parametrize(
    ("fault", "topic", "signal", "weeks"),
    [
        pytest.param(stream.in_an_unknown_unit, "liver-tests-missing", "loud", 1, id="a unit that nobody knows"),
        pytest.param(
            stream.in_microkatal_as_if_in_units, "liver-tests-hold", "silent", 2, id="another unit under the old name"
        ),
        pytest.param(stream.under_another_code, "lvef-missing", "loud", 1, id="a code list that changed"),
        pytest.param(stream.under_another_code, "lvef-hold", "silent", 5, id="the silent side of it"),
    ],
)
def test_a_fault_is_seen_within(line: Stream, fault: Any, topic: str, signal: str, weeks: int) -> None:
    began = line.at.date()
    line.weeks(weeks, fault)
    told = ("fired", "could not be checked")
    seen = {(name, how): when for (name, measure, how), when in signals(line).items() if measure in told}
    assert (seen[topic, signal] - began).days // 7 + 1 <= weeks


def vanished(line: Stream, period: str = "week") -> list[tuple[str, str, date]]:
    """Return for each drug the first week in which its orders were out of their limits."""
    first: dict[tuple[str, str], date] = {}
    for each in learning_report(line.caller.store.engine, ALL, period, clock=lambda: line.at)["volume"]["signals"]:
        first.setdefault((each["display"], each["signal"]), date.fromisoformat(each["begin"]))
    return [(*key, begin) for key, begin in first.items()]


@pytest.mark.parametrize(
    ("turns", "weeks"),
    [
        pytest.param([True], 1, id="all orders"),
        pytest.param([True, False], 2, id="every other order"),
    ],
)
@pytest.mark.parametrize("period", ["week", "day"])
def test_orders_that_are_no_longer_recognized_are_detected(
    line: Stream, turns: list[bool], weeks: int, period: str
) -> None:
    began, turn = line.at.date(), cycle(turns)
    line.weeks(weeks, lambda chart: stream.by_a_local_name(chart) if next(turn) else None)
    silent = began + timedelta(weeks=weeks - 1)
    assert vanished(line, period) == [("all drugs", "silent", silent), ("Kadcyla", "silent", silent)]
    assert signals(line) == {}  # nothing else tells


def test_the_unfinished_week_is_not_counted_as_missing(line: Stream) -> None:
    line.weeks(1)
    assert vanished(line) == []
    line.at += timedelta(days=6)
    assert vanished(line) == []
    line.at += timedelta(days=1)
    assert {how for _, how, _ in vanished(line)} == {"silent"}
    over = Window(end=line.at - timedelta(days=7))
    assert learning_report(line.caller.store.engine, over, "week")["volume"]["signals"] == []


def test_a_loud_fault_is_seen_within_a_day(line: Stream) -> None:
    began = line.at.date()
    line.weeks(1, stream.in_an_unknown_unit)
    assert (signals(line, "day")["liver-tests-missing", "could not be checked", "loud"] - began).days <= 1


# --- The service checks by itself -------------------------------------------------------------------------------------


def test_the_last_whole_week_is_examined_once_and_its_findings_are_stored(line: Stream, tmp_path: Path) -> None:
    began, engine = line.at.date(), line.caller.store.engine
    line.weeks(1, stream.under_another_code)
    assert last_watch(engine) is None
    week, found = watch(engine, line.at + timedelta(hours=4)) or (None, ())
    assert week == began
    loud = {each.what: (each.signal, each.count, each.is_new) for each in found}
    assert loud["lvef-missing"] == ("loud", 40, True)
    assert watch(engine, line.at + timedelta(hours=5)) is None
    assert last_watch(engine) == (week, found)
    assert [row.split("  ")[0] for row in watch_lines(found)] == [str(began)] * len(found)
    # A week later it still holds, and is no longer new.
    line.weeks(1, stream.under_another_code)
    _, later = watch(engine, line.at + timedelta(hours=4)) or (None, ())
    still = next(each for each in later if each.what == "lvef-missing")
    assert (still.is_new, still.since, still.week) == (False, began, began + timedelta(days=7))
    command = ["learn", "watch", "--config", str(_configured(tmp_path, f"sqlite:///{tmp_path}/record.sqlite3"))]
    told = run(*command, "--week", str(began + timedelta(days=3)))
    assert (told.exit_code, told.output.splitlines()) == (1, list(watch_lines(found)))
    quiet = run(*command, "--week", str(began - timedelta(days=7)))
    assert (quiet.exit_code, quiet.output) == (0, "")


def _configured(folder: Path, database: str) -> Path:
    path = folder / "watch.yaml"
    path.write_text(f'database: {database}\nauth: {{mode: "off"}}\n')
    return path


def test_one_of_many_processes_examines_the_week_and_a_dead_one_is_replaced(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/watched.sqlite3")
    upgrade(engine)
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: watch(engine, at), range(24)))
    assert [each for each in done if each is not None] == [(date(2026, 2, 23), ())]
    # A process that took the next week and ended before it was done.
    with writing(engine) as connection:
        connection.execute(insert(watches).values(week="2026-03-02", begun_at=at + timedelta(days=7)))
    assert watch(engine, at + timedelta(days=7, minutes=59)) is None
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: watch(engine, at + timedelta(days=7, hours=2)), range(8)))
    assert [each for each in done if each is not None] == [(date(2026, 3, 2), ())]
    engine.dispose()


@pytest.mark.parametrize(
    ("at", "week"),
    [
        pytest.param(datetime(2026, 3, 2, 2, 59, tzinfo=UTC), date(2026, 2, 16), id="Monday before three"),
        pytest.param(datetime(2026, 3, 2, 3, tzinfo=UTC), date(2026, 2, 23), id="Monday at three"),
        pytest.param(datetime(2026, 3, 8, 23, tzinfo=UTC), date(2026, 2, 23), id="Sunday"),
    ],
)
def test_a_week_is_examined_when_it_is_over_with_late_records_included(at: datetime, week: date) -> None:
    assert last_whole_week(at) == week


def test_a_weekly_check_logs_counts_and_pauses(line: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line.weeks(1, stream.under_another_code)
    monkeypatch.setattr(watch_thread, "now", lambda: line.at + timedelta(hours=4))
    rested: list[float] = []
    monkeypatch.setattr(watch_thread.time, "sleep", rested.append)
    with capture_logs() as logs:
        watch_thread.look(line.caller.store.engine)
        watch_thread.look(line.caller.store.engine)
    said = [each for each in logs if each["event"] == "out_of_limits"]
    assert {"lvef-missing"} <= {each["what"] for each in said}
    assert [each["out_of_limits"] for each in logs if each["event"] == "watched"] == [len(said)]
    assert f"her2_cds_out_of_limits {len(said)}.0" in metrics.exposition()[0].decode()
    assert rested
    assert min(rested) >= 9 * 0.02
    with capture_logs() as logs:
        watch_thread.look(open_engine(f"sqlite:///{tmp_path}/without-tables.sqlite3"))
    assert [each["event"] for each in logs] == ["watch_failed"]


def test_what_changed_is_marked_in_words(line: Stream, tmp_path: Path) -> None:
    settings = Settings(thresholds={"weight_max_age_days": 60})
    other = Caller(settings, database=f"sqlite:///{tmp_path}/record.sqlite3", clock=lambda: line.at)
    changed_at = line.at
    line.weeks(4, caller=other)
    found = learning_report(line.caller.store.engine, ALL, "week")
    (change,) = found["changes"]
    assert (change["what"], change["at"], change["period"]) == (
        "configuration",
        changed_at.isoformat(),
        str(changed_at.date()),
    )
    assert change["words"] == ("A weight older than 60 days instead of 30 days makes weight-stale fire",)
    silent = [each for each in found["signals"] if each["topic"] == "weight-stale"]
    assert silent[0]["signal"] == "silent"
    assert date.fromisoformat(silent[0]["begin"]) - changed_at.date() <= timedelta(days=21)


# --- Outcomes of cards -----------------------------------------------------------------------------------------------


def said(caller: Caller, card: str, outcome: str = "overridden", **more: Any) -> None:
    entry = {"card": card, "outcome": outcome, "outcomeTimestamp": datetime.now(UTC).isoformat(), **more}
    response = caller.client.post(f"/cds-services/{SIGN}/feedback", json={"feedback": [entry]})
    assert response.status_code == 200


def weight_card(caller: Caller, number: int) -> str:
    cards = caller.post(TROUBLED | {"hookInstance": f"i-{number}"}).cards
    return str(next(card["uuid"] for card in cards if card["source"]["topic"]["code"] == "weight-stale"))


def rates(caller: Caller, topic: str = "weight-stale") -> Json:
    found = learning_report(caller.store.engine, ALL, "week")
    return next(each for each in found["topics"] if each["topic"] == topic)


REASON = {"reason": {"code": "expert-contradicts", "system": "urn:x"}, "userComment": "=weighed\ntoday"}


@pytest.fixture
def answered(database_url: str) -> Caller:
    """Return a service with five cards: two accepted, one of them after an override, one overridden, two ignored."""
    caller = Caller(database=database_url)
    cards = [weight_card(caller, number) for number in range(5)]
    said(caller, cards[0], "accepted", acceptedSuggestions=[{"id": "s-1"}])
    said(caller, cards[1], overrideReason=REASON)
    said(caller, cards[2])
    said(caller, cards[2], "accepted", acceptedSuggestions=[{"id": "s-1"}])
    return caller


def test_outcomes_of_cards_are_counted_by_the_last_response(answered: Caller) -> None:
    weight_card(answered, 1)
    found = rates(answered)
    assert (found["shown"], found["unknown"]) == (5, 0)
    cards = {outcome: each["cards"] for outcome, each in found["outcomes"].items()}
    assert cards == {"accepted": 2, "overridden": 1, "ignored (inferred)": 2}
    assert found["outcomes"]["accepted"]["share"] == 0.4
    assert found["outcomes"]["accepted"]["interval95"] == [0.1176, 0.7693]
    report = learning_report(answered.store.engine, ALL, "week")
    assert [(each["topic"], each["reason"], each["cards"]) for each in report["reasons"]] == [
        ("weight-stale", "Expert advice says otherwise (expert-contradicts)", 1)
    ]
    (comment,) = report["comments"]
    assert (comment["drug"], comment["comment"]) == ("kadcyla", "=weighed\ntoday")
    (week,) = [each for each in report["weeks"] if each["topic"] == "weight-stale"]
    assert week["shown"] == 5


def test_nothing_is_inferred_for_a_client_that_sends_no_feedback() -> None:
    caller = Caller()
    weight_card(caller, 1)
    found = rates(caller)
    assert (found["shown"], found["unknown"]) == (1, 1)
    assert found["outcomes"]["ignored (inferred)"] == {"cards": 0, "share": None, "interval95": [0.0, 1.0]}
    good, _ = read_feedback(
        {"feedback": [{"card": "x", "outcome": "overridden", "outcomeTimestamp": "2026-01-01T00:00:00Z"}]}
    )
    kept.keep(caller.store.engine, SIGN, Client("https://other.example"), good)
    assert rates(caller)["unknown"] == 1


# --- The export and the command line ---------------------------------------------------------------------------------


def test_feedback_is_exported_with_its_card(answered: Caller) -> None:
    said(answered, "a-card-that-nobody-knows")
    rows = list(entries(answered.store.engine, ALL))
    assert len(rows) == 5
    assert all(tuple(row) == COLUMNS for row in rows)
    override = next(row for row in rows if row["reasonCode"])
    assert (override["topic"], override["indicator"], override["drug"], override["order"], override["hook"]) == (
        "weight-stale",
        "warning",
        "kadcyla",
        "MedicationRequest/order-1",
        "order-sign",
    )
    assert override["configurationHash"]
    assert override["summary"].startswith("Kadcyla")
    stranger = next(row for row in rows if row["card"] == "a-card-that-nobody-knows")
    assert (stranger["topic"], stranger["service"]) == ("", SIGN)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_comment_becomes_a_formula(text: str) -> None:
    assert spreadsheet_text(text) == f"'{text}"
    assert spreadsheet_text("plain = text") == "plain = text"


def test_the_reports_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HER2_CDS_DATABASE", f"sqlite:///{tmp_path}/record.sqlite3")
    runner = CliRunner()

    def run(*arguments: str) -> Any:
        return runner.invoke(main, list(arguments))

    assert run("database", "upgrade").exit_code == 0
    empty = run("learn", "report")
    assert (empty.exit_code, "on record: none" in empty.output) == (2, True)
    caller = Caller(database=f"sqlite:///{tmp_path}/record.sqlite3")
    said(caller, weight_card(caller, 1), overrideReason=REASON)
    text = run("learn", "report").output
    assert "overridden                 1  100 % (21 to 100)" in text
    assert "weight-stale (kadcyla): =weighed today" in text
    assert json.loads(run("learn", "report", "--format", "json").output)["cards"] > 3
    assert run("learn", "report", "--format", "html").output.startswith("<!doctype html>")
    (row,) = csv.DictReader(io.StringIO(run("feedback", "export").output, newline=""))
    assert (row["comment"], row["topic"]) == ("'=weighed\ntoday", "weight-stale")
    assert json.loads(run("feedback", "export", "--format", "ndjson").output)["comment"] == "=weighed\ntoday"
    assert run("feedback", "export", "--to", "2020-01-01", "--format", "ndjson").output == ""
