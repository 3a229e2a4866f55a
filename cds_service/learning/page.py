"""The learning report as sections of text, charts and tables, and as one self-contained page."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cds_service.charts.comparisons import bars, lines, ranges
from cds_service.charts.control import control_chart
from cds_service.charts.figures import Bar, Period, Range
from cds_service.charts.sections import Section, Table, drawn
from cds_service.charts.standalone import standalone
from cds_service.learning.answers import ACCEPTED, OVERRIDDEN
from cds_service.learning.control import PERIODS
from cds_service.learning.text import cut, extent, percent, stopped_lines
from cds_service.learning.volume_page import left_out, volume_lines, volume_sections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Json = dict[str, Any]
_LISTED = 200
_REASONS = 12


def learning_page(report: Json, made: str) -> str:
    """Write the report; ``made`` says when it was made."""
    return standalone("What the cards teach", [f"{made}. {counts(report)}"], sections(report))


def counts(report: Json) -> str:
    """Say how much data the report covers, and what it leaves out."""
    return " ".join([f"{extent(report)}.", *cut(report)])


def sections(report: Json, address: Callable[[str], str] | None = None) -> list[Section]:
    """Return the report section by section, with charts drawn; ``address`` returns the page of a card's decision."""
    return drawn([*stopped_section(report["stopped"]), *parts(report, address)])


def parts(report: Json, address: Callable[[str], str] | None = None) -> list[Section]:
    """Return the report section by section, with charts not drawn yet."""
    return [
        _signals(report),
        *_fates(report),
        _changes(report["changes"]),
        *volume_sections(report["volume"]),
        *_firing(report),
        _comments(report["comments"], address),
    ]


def stopped_section(stopped: Sequence[Json]) -> list[Section]:
    """Say which topics are stopped now, if any is."""
    points = list(stopped_lines(stopped))
    return [Section("stopped", "Stopped in an emergency", points=points, alert=True)] if points else []


def _signals(report: Json) -> Section:
    volume = report["volume"]
    said = [left_out(volume)] if volume["charts"] else []
    if not report["signals"] and not volume["signals"]:
        quiet = (
            "Every topic fires as often as it used to, and as many orders come in, as far as enough is known to say so."
        )
        return Section("signals", "Silent or loud", text=[quiet, *said])
    points = [*volume_lines(volume)]
    points += [
        f"{each['topic']}, {each['measure']}: {each['signal']} in the {report['period']} of {each['begin']} "
        f"({each['hits']} of {each['orders']} orders{_together(each, report['period'])})"
        for each in report["signals"]
    ]
    return Section("signals", "Silent or loud", text=said, points=points, alert=True)


def _together(signal: Json, period: str) -> str:
    return "" if signal["over"] == 1 else f"; seen over the last {signal['over']} {period}s together"


def _fates(report: Json) -> Iterator[Section]:
    rows = [
        [each["topic"], each["shown"], *(percent(one) for one in each["outcomes"].values()), each["unknown"]]
        for each in report["topics"]
    ]
    head = ["Topic", "Shown", "Accepted", "Overridden", "Ignored (inferred)", "Client sends no feedback"]
    table = Table("Cards by topic, share and 95 % interval", head, rows, numbers=(1, 5))
    chart = ranges("Share of cards that were overridden, by topic, with 95 % interval", _overridden(report["topics"]))
    yield Section("fates", "What became of the cards", chart=chart, table=table)
    rows = [[each["topic"], each["reason"], each["cards"], percent(each)] for each in report["reasons"]]
    head = ["Topic", "Reason", "Cards", "Share of its overrides"]
    chart = bars("Overrides by reason", _by_reason(report["reasons"]))
    table = Table("Reasons of overrides", head, rows, numbers=(2,))
    yield Section("reasons", "Why cards were overridden", chart=chart, table=table)
    if report["weeks"]:
        rows = [
            [each["week"], each["topic"], each["shown"], *(one["cards"] for one in each["outcomes"].values())]
            for each in report["weeks"]
        ]
        head = ["Week of", "Topic", "Shown", "Accepted", "Overridden", "Ignored (inferred)"]
        table = Table("Cards by week", head, rows, numbers=range(2, 6))
        chart = lines("Of 100 cards of a week", _by_week(report["weeks"]), ("accepted", "overridden"))
        yield Section("weeks", "Week by week", chart=chart, table=table, folded=True)


def _overridden(topics: Sequence[Json]) -> list[Range]:
    """Return the override share of each topic with known responses."""
    shares = [(each["topic"], each["outcomes"][OVERRIDDEN]) for each in topics]
    return [Range(topic, one["share"], *one["interval95"]) for topic, one in shares if one["share"] is not None]


def _by_reason(reasons: Sequence[Json]) -> list[Bar]:
    counted: Counter[str] = Counter()
    for each in reasons:
        counted[each["reason"]] += each["cards"]
    return [Bar(reason, cards) for reason, cards in counted.most_common(_REASONS)]


def _by_week(weeks: Sequence[Json]) -> list[Bar]:
    """Return for each week how many of 100 cards were accepted and overridden, among those with known responses."""
    counted: dict[str, Counter[str]] = {}
    for each in weeks:
        fates = {name: each["outcomes"][name]["cards"] for name in (ACCEPTED, OVERRIDDEN)}
        counted.setdefault(each["week"], Counter()).update(fates, known=each["shown"] - each["unknown"])
    return [
        Bar(week, *(round(100 * fates[name] / fates["known"], 1) for name in (ACCEPTED, OVERRIDDEN)))
        for week, fates in sorted(counted.items())
        if fates["known"]
    ]


def _changes(changes: Sequence[Json]) -> Section:
    rows = [
        [number, each["at"][:16].replace("T", " "), each["what"], f"{each['before']} → {each['after']}", _said(each)]
        for number, each in enumerate(changes, start=1)
    ]
    head = ["No.", "When (UTC)", "What", "Versions", "In words"]
    table = Table("Versions", head, rows[-_LISTED:], numbers=(0,))
    return Section("changes", "What changed", text=_newest(rows, "changes"), table=table)


def _said(change: Json) -> str:
    return "; ".join(change["words"])


def _newest(rows: Sequence[object], what: str) -> list[str]:
    return [f"The newest {_LISTED} of {len(rows)} {what}; --format json has all."] if len(rows) > _LISTED else []


def _firing(report: Json) -> Iterator[Section]:
    if not report["charts"]:
        return
    key = (
        f"Findings per 100 orders. The band is where chance alone would keep a {report['period']}, the short lines are "
        "what is usual, a dashed line is a change from the table above, by its number. A diamond is out of its limits."
    )
    yield Section("firing", "How often each topic fires", text=[key])
    marks: dict[str, list[int]] = {}
    for number, change in enumerate(report["changes"], start=1):
        marks.setdefault(change["period"], []).append(number)
    # What needs attention comes first.
    ordered = sorted(report["charts"], key=lambda each: not any(point["signal"] for point in each["points"]))
    for number, chart in enumerate(ordered):
        title = f"{chart['topic']}: {chart['measure']}"
        periods = [_period(point, _numbers(marks.get(point["begin"], []))) for point in chart["points"]]
        rows = [
            [
                point["begin"],
                point["orders"],
                point["hits"],
                "" if point["per100Orders"] is None else point["per100Orders"],
                "" if point["upper"] is None else f"{point['lower']} to {point['upper']}",
                point["signal"],
                period.change,
            ]
            for point, period in zip(chart["points"], periods, strict=True)
        ]
        head = [f"{report['period'].capitalize()} of", "Orders", "Findings", "Per 100", "Limits", "Signal", "Change"]
        yield Section(
            f"firing-{number}",
            title,
            text=[chart["display"]],
            chart=control_chart(title, periods, PERIODS[report["period"]]),
            table=Table(f"Numbers of {title}", head, rows, numbers=(1, 2, 3)),
            level=3,
            folded=True,
        )


def _numbers(changes: Sequence[int]) -> str:
    """Write the numbers of changes, shortened to first and last if there are many."""
    return "" if not changes else f"{changes[0]}" if len(changes) == 1 else f"{changes[0]}-{changes[-1]}"


def _period(point: Json, change: str) -> Period:
    def per_100(name: str) -> float | None:
        return None if point[name] is None else round(100 * point[name] / point["orders"], 2)

    return Period(
        point["begin"],
        point["per100Orders"],
        per_100("lower"),
        per_100("expected"),
        per_100("upper"),
        point["signal"],
        change,
    )


def _comments(comments: Sequence[Json], address: Callable[[str], str] | None = None) -> Section:
    head = ["Day", "Topic", "Drug", "Reason", "Comment"]
    rows: list[list[object]] = [
        [each["at"][:10], each["topic"], each["drug"], each["reason"], each["comment"]] for each in comments
    ]
    if address is not None:
        head.append("Decision")
        for row, each in zip(rows, comments, strict=True):
            row.append(Markup('<a href="{}">open</a>').format(address(each["card"])))
    table = Table("Comments", head, rows[-_LISTED:])
    return Section("comments", "What clinicians wrote", text=_newest(rows, "comments"), table=table)
