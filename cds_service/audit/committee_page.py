"""The committee report as sections, as one self-contained page, and as files."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cds_service.audit.effects import LEAST_ORDERS
from cds_service.charts.comparisons import bars
from cds_service.charts.csv_tables import csv_tables
from cds_service.charts.figures import Bar
from cds_service.charts.sections import Section, Table, drawn
from cds_service.charts.standalone import standalone
from cds_service.learning.page import parts
from cds_service.learning.text import stopped_lines
from cds_service.learning.volume_page import volume_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]
_ON_TOP = 5
"""The number of cases and topics on the first page; all of them follow later."""
_CHARTED = 12
_FIRING = 6
_DETAILS = ("reasons", "comments", "weeks", "fates", "changes")


def committee_sections(report: Json) -> list[Section]:
    """Return the report section by section, with charts drawn: first the month on one page, then the details."""
    details = {each.id: each for each in parts({**report, "changes": report["usualChanges"]})}
    first = [
        *_stopped(report),
        _cases(report, report["cases"][:_ON_TOP]),
        _topics(report, [each for each in report["byTopic"] if each["orders"] or each["unseen"]][:_ON_TOP]),
        _effects(report),
        _signals(report),
    ]
    rest = [
        replace(_all_topics(report), new_page=True),
        *([_cases(report, report["cases"], whole=True)] if len(report["cases"]) > _ON_TOP else []),
        replace(details["signals"], title="Silent or loud, week by week"),
        *(replace(details[name], folded=False) for name in _DETAILS if name in details),
        *_firing(report, details),
    ]
    return drawn([*first, *rest])


def committee_page(report: Json, sections: Sequence[Section], made: str) -> str:
    """Write the report as one page; ``made`` says when it was made and from what."""
    return standalone(_title(report), _lead(report, made), sections, figures=_figures(report))


def committee_tables(sections: Sequence[Section]) -> list[tuple[str, str]]:
    """Return every table of the report as a CSV file, by name."""
    return list(csv_tables(sections))


def zipped(tables: Sequence[tuple[str, str]]) -> bytes:
    """Put the tables into one file to download."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in tables:
            # Without a byte order mark a spreadsheet assumes its local code page.
            archive.writestr(name, "\ufeff" + text)
    return written.getvalue()


def _title(report: Json) -> str:
    month = datetime.fromisoformat(f"{report['month']}-01")
    return f"HER2 order checks in {month:%B %Y}"


def _lead(report: Json, made: str) -> list[str]:
    said = [made]
    if not report["isOver"]:
        said.append("The month is not over: these are its days until now.")
    if report["cutTo"]:
        said.append(f"Only the newest decisions were read, from {report['cutTo'][:10]} on; the command line reads all.")
    return said


def _figures(report: Json) -> list[tuple[str, str]]:
    rows, orders = report["byTopic"], report["orders"]
    cards, overridden = report["cards"], sum(each["overridden"] for each in rows)
    known = cards - sum(each["unknown"] for each in rows)
    of_100 = f"{100 * cards / orders:.0f}" if orders else "-"
    return [
        (f"orders judged ({report['ordersBefore']:,} in {report['previousMonth']})", f"{orders:,}"),
        ("cards shown", f"{cards:,}"),
        ("cards for 100 orders", of_100),
        (f"overridden, of {known:,} with known fate", f"{overridden:,}"),
        ("critical overridden", f"{report['criticalOverridden']:,}"),
    ]


def _signals(report: Json) -> Section:
    """Say once for each topic that it went silent or loud, and in which weeks."""
    weeks: dict[tuple[str, str, str], list[str]] = {}
    for each in report["signals"]:
        weeks.setdefault((each["topic"], each["measure"], each["signal"]), []).append(each["begin"])
    points = [*volume_lines(report["volume"])]
    points += [f"{topic}, {measure}: {signal}, {_weeks(those)}" for (topic, measure, signal), those in weeks.items()]
    begin = report["charts"][0]["points"][0]["begin"] if report["charts"] else ""
    text = [f"Compared with the weeks from {begin} on." if begin else "Nothing is on record to compare with."]
    if not points:
        text.append("Every topic fired as often as it used to, as far as enough is known to say so.")
    return Section("month-signals", "Silent or loud", text=text, points=points, alert=bool(points))


def _weeks(begins: Sequence[str]) -> str:
    return f"in the week of {begins[0]}" if len(begins) == 1 else f"in {len(begins)} weeks from {begins[0]} on"


def _stopped(report: Json) -> list[Section]:
    points = [
        f"{line} In this month it fired unseen on {each['unseen']} orders."
        for line, each in zip(stopped_lines(report["stopped"]), report["stopped"], strict=True)
    ]
    return [Section("stopped", "Stopped in an emergency", points=points, alert=True)] if points else []


def _cases(report: Json, cases: Sequence[Json], *, whole: bool = False) -> Section:
    head = ["When", "Why it is here", "Card", "What was said", "The same patient after it", "Decision"]
    rows = [
        [
            _when(report, each["at"]),
            each["why"],
            f"{each['summary']} ({each['topic']})",
            " ".join(part for part in (each["reason"], f"“{each['comment']}”" if each["comment"] else "") if part),
            _later(each),
            each["decision"] if whole else each["decision"][:8],
        ]
        for each in cases
    ]
    text = [] if cases else ["No card was overridden in a way that asks for a look."]
    if not whole and len(report["cases"]) > len(cases):
        text = [f"The first {len(cases)} of {len(report['cases'])}; all follow below."]
    name, title = ("cases-all", "Cases to look at, all") if whole else ("cases", "Cases to look at first")
    return Section(name, title, text=text, table=Table("All cases" if whole else "Cases", head, rows))


def _later(case: Json) -> str:
    if not case["later"]:
        return "nothing later on record"
    critical = ", ".join(case["laterCritical"])
    return f"{case['later']} later; {f'critical: {critical}' if critical else 'no critical card'}"


def _topics(report: Json, rows: Sequence[Json]) -> Section:
    charted = [each for each in report["byTopic"] if each["per100"]][:_CHARTED]
    pair = (report["previousMonth"], report["month"])
    chart = bars(
        "Orders with a finding that was shown, of 100",
        [Bar(each["topic"], each["per100Before"] or 0.0, each["per100"]) for each in charted],
        pair,
    )
    table = Table("Topics", ["Topic", "Orders", "Of 100", f"Of 100 in {pair[0]}", "Cards", "Overridden"], [
        [each["topic"], each["orders"], _number(each["per100"]), _number(each["per100Before"]), each["cards"],
         each["overridden"]]
        for each in rows
    ], numbers=range(1, 6))  # fmt: skip
    text = [f"The {len(rows)} topics that fired most; all follow below."] if len(report["byTopic"]) > len(rows) else []
    return Section("topics", "What fired, and what became of it", text=text, chart=chart, table=table)


def _all_topics(report: Json) -> Section:
    head = [
        "Topic", "What it is", "Orders", "Of 100", f"In {report['previousMonth']}", "Unseen (shadow)", "Not checked",
        "Cards", "Accepted", "Overridden", "Fate not known",
    ]  # fmt: skip
    rows = [
        [
            each["topic"], each["display"], each["orders"], _number(each["per100"]), _number(each["per100Before"]),
            each["unseen"], each["notChecked"], each["cards"], each["accepted"], each["overridden"], each["unknown"],
        ]
        for each in report["byTopic"]
    ]  # fmt: skip
    text = (
        "Orders: on how many a finding was shown. Not checked: on how many the topic could not be checked, for lack of "
        "data. Of a card whose client sends no feedback, nobody knows what became of it."
    )
    return Section(
        "topics-all", "Every topic, in full", text=[text], table=Table("Every topic", head, rows, numbers=range(2, 11))
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _effects(report: Json) -> Section:
    rows: list[list[object]] = []
    for each in report["effects"]:
        what = "" if each["what"] == "configuration" else f"{each['what']}: "
        said = f"{what}{'; '.join(each['words'])}"
        when = _when(report, each["at"])
        for topic in each["topics"]:
            then = _rate(topic["before"], each["ordersBefore"])
            rows.append([when, said, topic["topic"], then, _rate(topic["after"], each["ordersAfter"]), topic["moved"]])
        if not each["topics"]:
            few = min(each["ordersBefore"], each["ordersAfter"]) < LEAST_ORDERS
            orders = f"{each['ordersBefore']} orders before, {each['ordersAfter']} after"
            rows.append([when, said, "", "", "", f"too few orders to say ({orders})" if few else "changed nothing"])
    text = [] if rows else ["Nothing that cards go by was changed in this month."]
    head = ["When", "What changed", "Topic", "Fired before", "Fired after", "What it did"]
    return Section("effects", "What changed, and what it did", text=text, table=Table("Changes", head, rows))


def _rate(hits: int, orders: int) -> str:
    return f"{100 * hits / orders:.1f} of 100 ({hits} of {orders})" if orders else "-"


def _firing(report: Json, details: dict[str, Section]) -> list[Section]:
    """Return the control charts of what was out of its limits in the month, and of what fired most."""
    wanted = {f"{each['topic']}: {each['measure']}" for each in report["signals"]}
    wanted |= {f"{each['topic']}: fired" for each in report["byTopic"][:_FIRING]}
    charts = [each for each in details.values() if each.id.startswith("firing-") and each.title in wanted]
    return [details["firing"], *charts] if charts else []


def _when(report: Json, at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(ZoneInfo(report['timezone'])):%Y-%m-%d %H:%M %Z}"
