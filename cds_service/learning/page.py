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
from cds_service.learning.report_words import named, reason_named, topic_named
from cds_service.learning.text import cut, extent, percent, stopped_lines
from cds_service.learning.volume_page import left_out, limits, volume_lines, volume_sections
from cds_service.page_words import IN_ENGLISH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cds_service.page_words import PageWords

Json = dict[str, Any]
_LISTED = 200
_REASONS = 12


def learning_page(report: Json, made: str, words: PageWords = IN_ENGLISH) -> str:
    """Write the report; ``made`` says when it was made."""
    t = words.plain
    lead = [f"{made} {counts(report, words)}"]
    return standalone(t("What the cards teach"), lead, sections(report, words=words), lang=words.code, t=t)


def counts(report: Json, words: PageWords = IN_ENGLISH) -> str:
    """Say how much data the report covers, and what it leaves out."""
    return " ".join([f"{extent(report, words)}.", *cut(report, words)])


def sections(report: Json, address: Callable[[str], str] | None = None, words: PageWords = IN_ENGLISH) -> list[Section]:
    """Return the report section by section, with charts drawn; ``address`` returns the page of a card's decision."""
    return drawn([*stopped_section(report["stopped"], words), *parts(report, address, words)], words.plain)


def parts(report: Json, address: Callable[[str], str] | None = None, words: PageWords = IN_ENGLISH) -> list[Section]:
    """Return the report section by section, with charts not drawn yet."""
    return [
        _signals(report, words),
        *_fates(report, words),
        _changes(report["changes"], words),
        *volume_sections(report["volume"], words=words),
        *_firing(report, words),
        _comments(report["comments"], address, words),
    ]


def stopped_section(stopped: Sequence[Json], words: PageWords = IN_ENGLISH) -> list[Section]:
    """Say which topics are stopped now, if any is."""
    points = list(stopped_lines(stopped, words))
    return [Section("stopped", words.plain("Stopped in an emergency"), points=points, alert=True)] if points else []


def measured(each: Json, words: PageWords) -> str:
    """Name a chart: the topic, and what is counted."""
    return f"{each['topic']}: {named(each['measure'], words)}"


def _signals(report: Json, words: PageWords) -> Section:
    t, volume = words.plain, report["volume"]
    said = [left_out(volume, words)] if volume["charts"] else []
    if not report["signals"] and not volume["signals"]:
        quiet = t(
            "Every topic fires as often as it used to, and as many orders come in, as far as enough is known to say so."
        )
        return Section("signals", t("Silent or loud"), text=[quiet, *said])
    points = [*volume_lines(volume, words), *(_signal(each, report["period"], words) for each in report["signals"])]
    return Section("signals", t("Silent or loud"), text=said, points=points, alert=True)


def _signal(each: Json, period: str, words: PageWords) -> str:
    t = words.plain
    said = t(
        "{chart}: {signal} in the {period} of {begin} ({hits} of {orders} orders)",
        chart=f"{each['topic']}, {named(each['measure'], words)}",
        signal=named(each["signal"], words),
        period=named(period, words),
        begin=each["begin"],
        hits=each["hits"],
        orders=each["orders"],
    )
    if each["over"] == 1:
        return said
    if period == "day":
        return t("{said}; seen over the last {count} days together", said=said, count=each["over"])
    return t("{said}; seen over the last {count} weeks together", said=said, count=each["over"])


def _fates(report: Json, words: PageWords) -> Iterator[Section]:
    t = words.plain
    rows = [
        [each["topic"], each["shown"], *(percent(one, words) for one in each["outcomes"].values()), each["unknown"]]
        for each in report["topics"]
    ]
    outcomes = [t("Accepted"), t("Overridden"), t("Ignored (inferred)")]
    head = [t("Topic"), t("Shown"), *outcomes, t("Client sends no feedback")]
    table = Table(t("Cards by topic, share and 95 % interval"), head, rows, numbers=(1, 5))
    title = t("Share of cards that were overridden, by topic, with 95 % interval")
    chart = ranges(title, _overridden(report["topics"]), t)
    yield Section("fates", t("What became of the cards"), chart=chart, table=table)
    rows = [
        [each["topic"], reason_named(each["reason"], words), each["cards"], percent(each, words)]
        for each in report["reasons"]
    ]
    head = [t("Topic"), t("Reason"), t("Cards"), t("Share of its overrides")]
    chart = bars(t("Overrides by reason"), _by_reason(report["reasons"], words), t=t)
    table = Table(t("Reasons of overrides"), head, rows, numbers=(2,))
    yield Section("reasons", t("Why cards were overridden"), chart=chart, table=table)
    if report["weeks"]:
        rows = [
            [each["week"], each["topic"], each["shown"], *(one["cards"] for one in each["outcomes"].values())]
            for each in report["weeks"]
        ]
        head = [t("Week of"), t("Topic"), t("Shown"), *outcomes]
        table = Table(t("Cards by week"), head, rows, numbers=range(2, 6))
        pair = (named(ACCEPTED, words), named(OVERRIDDEN, words))
        chart = lines(t("Of 100 cards of a week"), _by_week(report["weeks"]), pair, t)
        yield Section("weeks", t("Week by week"), chart=chart, table=table, folded=True)


def _overridden(topics: Sequence[Json]) -> list[Range]:
    """Return the override share of each topic with known responses."""
    shares = [(each["topic"], each["outcomes"][OVERRIDDEN]) for each in topics]
    return [Range(topic, one["share"], *one["interval95"]) for topic, one in shares if one["share"] is not None]


def _by_reason(reasons: Sequence[Json], words: PageWords) -> list[Bar]:
    counted: Counter[str] = Counter()
    for each in reasons:
        counted[each["reason"]] += each["cards"]
    return [Bar(reason_named(reason, words), cards) for reason, cards in counted.most_common(_REASONS)]


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


def _changes(changes: Sequence[Json], words: PageWords) -> Section:
    t = words.plain
    rows = [
        [
            number,
            each["at"][:16].replace("T", " "),
            named(each["what"], words),
            f"{each['before']} → {each['after']}",
            _said(each),
        ]
        for number, each in enumerate(changes, start=1)
    ]
    head = [t("No."), t("When (UTC)"), t("What"), t("Versions"), t("In words")]
    table = Table(t("Versions"), head, rows[-_LISTED:], numbers=(0,))
    text = []
    if len(rows) > _LISTED:
        text = [t("The newest {count} of {all} changes; --format json has all.", count=_LISTED, all=len(rows))]
    return Section("changes", t("What changed"), text=text, table=table)


def _said(change: Json) -> str:
    return "; ".join(change["words"])


def _firing(report: Json, words: PageWords) -> Iterator[Section]:
    t = words.plain
    if not report["charts"]:
        return
    key = t(
        "Findings per 100 orders. The band is where chance alone would keep a {period}, the short lines are what is "
        "usual, a dashed line is a change from the table above, by its number. A diamond is out of its limits.",
        period=named(report["period"], words),
    )
    yield Section("firing", t("How often each topic fires"), text=[key])
    marks: dict[str, list[int]] = {}
    for number, change in enumerate(report["changes"], start=1):
        marks.setdefault(change["period"], []).append(number)
    # What needs attention comes first.
    ordered = sorted(report["charts"], key=lambda each: not any(point["signal"] for point in each["points"]))
    begins = t("Day") if report["period"] == "day" else t("Week of")
    head = [begins, t("Orders"), t("Findings"), t("Per 100"), t("Limits"), t("Signal"), t("Change")]
    for number, chart in enumerate(ordered):
        title = measured(chart, words)
        periods = [_period(point, _numbers(marks.get(point["begin"], [])), words) for point in chart["points"]]
        rows = [
            [
                point["begin"],
                point["orders"],
                point["hits"],
                "" if point["per100Orders"] is None else words.figure(f"{point['per100Orders']}"),
                limits(point, words),
                period.signal,
                period.change,
            ]
            for point, period in zip(chart["points"], periods, strict=True)
        ]
        yield Section(
            f"firing-{number}",
            title,
            text=[topic_named(chart["topic"], chart["display"], words)],
            chart=control_chart(title, periods, PERIODS[report["period"]], t=t),
            table=Table(t("{title}, in numbers", title=title), head, rows, numbers=(1, 2, 3)),
            level=3,
            folded=True,
        )


def _numbers(changes: Sequence[int]) -> str:
    """Write the numbers of changes, shortened to first and last if there are many."""
    return "" if not changes else f"{changes[0]}" if len(changes) == 1 else f"{changes[0]}-{changes[-1]}"


def _period(point: Json, change: str, words: PageWords) -> Period:
    def per_100(name: str) -> float | None:
        return None if point[name] is None else round(100 * point[name] / point["orders"], 2)

    return Period(
        point["begin"],
        point["per100Orders"],
        per_100("lower"),
        per_100("expected"),
        per_100("upper"),
        named(point["signal"], words),
        change,
    )


def _comments(comments: Sequence[Json], address: Callable[[str], str] | None, words: PageWords) -> Section:
    t = words.plain
    head = [t("Day"), t("Topic"), t("Drug"), t("Reason"), t("Comment")]
    rows: list[list[object]] = [
        [each["at"][:10], each["topic"], each["drug"], reason_named(each["reason"], words), each["comment"]]
        for each in comments
    ]
    if address is not None:
        head.append(t("Decision"))
        for row, each in zip(rows, comments, strict=True):
            row.append(Markup('<a href="{}">{}</a>').format(address(each["card"]), t("open")))
    text = []
    if len(rows) > _LISTED:
        text = [t("The newest {count} of {all} comments; --format json has all.", count=_LISTED, all=len(rows))]
    return Section("comments", t("What clinicians wrote"), text=text, table=Table(t("Comments"), head, rows[-_LISTED:]))
