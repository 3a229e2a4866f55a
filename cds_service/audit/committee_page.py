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
from cds_service.learning.firing import FIRED
from cds_service.learning.page import measured, parts
from cds_service.learning.report_words import named, reason_named, topic_named
from cds_service.learning.text import stopped_lines
from cds_service.learning.volume_page import volume_lines
from cds_service.page_words import IN_ENGLISH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cds_service.page_words import PageWords

Json = dict[str, Any]
_ON_TOP = 5
"""The number of cases and topics on the first page; all of them follow later."""
_CHARTED = 12
_FIRING = 6
_NONE = "—"
"""Nothing to show; a spreadsheet would read a hyphen as a formula."""
_DETAILS = ("reasons", "comments", "weeks", "fates", "changes")


def committee_sections(report: Json, words: PageWords = IN_ENGLISH) -> list[Section]:
    """Return the report section by section, with charts drawn: first the month on one page, then the details."""
    t = words.plain
    details = {each.id: each for each in parts({**report, "changes": report["usualChanges"]}, words=words)}
    first = [
        *_stopped(report, words),
        _cases(report, report["cases"][:_ON_TOP], words),
        _topics(report, [each for each in report["byTopic"] if each["orders"] or each["unseen"]][:_ON_TOP], words),
        _effects(report, words),
        _signals(report, words),
    ]
    rest = [
        replace(_all_topics(report, words), new_page=True),
        *([_cases(report, report["cases"], words, whole=True)] if len(report["cases"]) > _ON_TOP else []),
        replace(details["signals"], title=t("Silent or loud, week by week")),
        *(replace(details[name], folded=False) for name in _DETAILS if name in details),
        *_firing(report, details, words),
    ]
    return drawn([*first, *rest], t)


def committee_page(report: Json, sections: Sequence[Section], made: str, words: PageWords = IN_ENGLISH) -> str:
    """Write the report as one page; ``made`` says when it was made and from what."""
    title, lead, figures = _title(report, words), _lead(report, made, words), _figures(report, words)
    return standalone(title, lead, sections, figures=figures, lang=words.code, t=words.plain)


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


def _title(report: Json, words: PageWords) -> str:
    t = words.plain
    year, month = report["month"].split("-")
    months = [
        t("January"), t("February"), t("March"), t("April"), t("May"), t("June"), t("July"), t("August"),
        t("September"), t("October"), t("November"), t("December"),
    ]  # fmt: skip
    return t("HER2 order checks in {month} {year}", month=months[int(month) - 1], year=year)


def _lead(report: Json, made: str, words: PageWords) -> list[str]:
    t, said = words.plain, [made]
    if not report["isOver"]:
        said.append(t("The month is not over: these are its days until now."))
    if report["cutTo"]:
        begin = report["cutTo"][:10]
        said.append(t("Only the newest decisions were read, from {begin} on; the command line reads all.", begin=begin))
    return said


def _figures(report: Json, words: PageWords) -> list[tuple[str, str]]:
    t, rows, orders = words.plain, report["byTopic"], report["orders"]
    cards, overridden = report["cards"], sum(each["overridden"] for each in rows)
    known = cards - sum(each["unknown"] for each in rows)
    of_100 = f"{100 * cards / orders:.0f}" if orders else _NONE
    before = t(
        "orders judged ({count} in {month})", count=words.grouped(report["ordersBefore"]), month=report["previousMonth"]
    )
    return [
        (before, words.grouped(orders)),
        (t("cards shown"), words.grouped(cards)),
        (t("cards for 100 orders"), of_100),
        (t("overridden, of {count} with known fate", count=words.grouped(known)), words.grouped(overridden)),
        (t("critical overridden"), words.grouped(report["criticalOverridden"])),
    ]


def _signals(report: Json, words: PageWords) -> Section:
    """Say once for each topic that it went silent or loud, and in which weeks."""
    t = words.plain
    weeks: dict[tuple[str, str, str], list[str]] = {}
    for each in report["signals"]:
        weeks.setdefault((each["topic"], each["measure"], each["signal"]), []).append(each["begin"])
    points = [*volume_lines(report["volume"], words)]
    points += [
        f"{topic}, {named(measure, words)}: {named(signal, words)}, {_weeks(those, words)}"
        for (topic, measure, signal), those in weeks.items()
    ]
    begin = report["charts"][0]["points"][0]["begin"] if report["charts"] else ""
    compared = t("Compared with the weeks from {begin} on.", begin=begin)
    text = [compared if begin else t("Nothing is on record to compare with.")]
    if not points:
        text.append(t("Every topic fired as often as it used to, as far as enough is known to say so."))
    return Section("month-signals", t("Silent or loud"), text=text, points=points, alert=bool(points))


def _weeks(begins: Sequence[str], words: PageWords) -> str:
    t = words.plain
    if len(begins) == 1:
        return t("in the week of {begin}", begin=begins[0])
    return t("in {count} weeks from {begin} on", count=len(begins), begin=begins[0])


def _stopped(report: Json, words: PageWords) -> list[Section]:
    t = words.plain
    points = [
        t("{stopped} In this month it fired unseen on {count} orders.", stopped=line, count=each["unseen"])
        for line, each in zip(stopped_lines(report["stopped"], words), report["stopped"], strict=True)
    ]
    return [Section("stopped", t("Stopped in an emergency"), points=points, alert=True)] if points else []


def _cases(report: Json, cases: Sequence[Json], words: PageWords, *, whole: bool = False) -> Section:
    t = words.plain
    head = [
        t("When"), t("Why it is here"), t("Card"), t("What was said"), t("The same patient after it"), t("Decision"),
    ]  # fmt: skip
    rows = [
        [
            _when(report, each["at"]),
            named(each["why"], words),
            f"{each['summary']} ({each['topic']})",
            " ".join(part for part in (reason_named(each["reason"], words), _quoted(each["comment"])) if part),
            _later(each, words),
            each["decision"] if whole else each["decision"][:8],
        ]
        for each in cases
    ]
    text = [] if cases else [t("No card was overridden in a way that asks for a look.")]
    if not whole and len(report["cases"]) > len(cases):
        text = [t("The first {count} of {all}; all follow below.", count=len(cases), all=len(report["cases"]))]
    if whole:
        return Section("cases-all", t("Cases to look at, all"), text=text, table=Table(t("All cases"), head, rows))
    return Section("cases", t("Cases to look at first"), text=text, table=Table(t("Cases"), head, rows))


def _quoted(comment: str) -> str:
    return f"“{comment}”" if comment else ""


def _later(case: Json, words: PageWords) -> str:
    t = words.plain
    if not case["later"]:
        return t("nothing later on record")
    if not case["laterCritical"]:
        return t("{count} later; no critical card", count=case["later"])
    return t("{count} later; critical: {topics}", count=case["later"], topics=", ".join(case["laterCritical"]))


def _topics(report: Json, rows: Sequence[Json], words: PageWords) -> Section:
    t = words.plain
    charted = [each for each in report["byTopic"] if each["per100"]][:_CHARTED]
    pair = (report["previousMonth"], report["month"])
    chart = bars(
        t("Orders with a finding that was shown, of 100"),
        [Bar(each["topic"], each["per100Before"] or 0.0, each["per100"]) for each in charted],
        pair,
        t,
    )
    head = [
        t("Topic"), t("Orders"), t("Of 100"), t("Of 100 in {month}", month=pair[0]), t("Cards"), t("Overridden"),
    ]  # fmt: skip
    cells = [
        [each["topic"], each["orders"], _number(each["per100"], words), _number(each["per100Before"], words),
         each["cards"], each["overridden"]]
        for each in rows
    ]  # fmt: skip
    text = []
    if len(report["byTopic"]) > len(rows):
        text = [t("The {count} topics that fired most; all follow below.", count=len(rows))]
    table = Table(t("Topics"), head, cells, numbers=range(1, 6))
    return Section("topics", t("What fired, and what became of it"), text=text, chart=chart, table=table)


def _all_topics(report: Json, words: PageWords) -> Section:
    t = words.plain
    head = [
        t("Topic"), t("What it is"), t("Orders"), t("Of 100"), t("Of 100 in {month}", month=report["previousMonth"]),
        t("Unseen (shadow)"), t("Not checked"), t("Cards"), t("Accepted"), t("Overridden"), t("Fate not known"),
    ]  # fmt: skip
    rows = [
        [
            each["topic"], topic_named(each["topic"], each["display"], words), each["orders"],
            _number(each["per100"], words), _number(each["per100Before"], words), each["unseen"], each["notChecked"],
            each["cards"], each["accepted"], each["overridden"], each["unknown"],
        ]
        for each in report["byTopic"]
    ]  # fmt: skip
    text = t(
        "Orders: on how many a finding was shown. Not checked: on how many the topic could not be checked, for lack of "
        "data. Of a card whose client sends no feedback, nobody knows what became of it."
    )
    table = Table(t("Every topic"), head, rows, numbers=range(2, 11))
    return Section("topics-all", t("Every topic, in full"), text=[text], table=table)


def _number(value: float | None, words: PageWords) -> str:
    return _NONE if value is None else words.figure(f"{value:g}")


def _effects(report: Json, words: PageWords) -> Section:
    t = words.plain
    rows: list[list[object]] = []
    for each in report["effects"]:
        what = "" if each["what"] == "configuration" else f"{named(each['what'], words)}: "
        said = f"{what}{'; '.join(each['words'])}"
        when = _when(report, each["at"])
        for topic in each["topics"]:
            then = _rate(topic["before"], each["ordersBefore"], words)
            after = _rate(topic["after"], each["ordersAfter"], words)
            rows.append([when, said, topic["topic"], then, after, named(topic["moved"], words)])
        if not each["topics"]:
            rows.append([when, said, "", "", "", _no_effect(each, words)])
    text = [] if rows else [t("Nothing that cards go by was changed in this month.")]
    head = [
        t("When"), t("What changed"), t("Topic"), t("Fired before"), t("Fired after"), t("What it did"),
    ]  # fmt: skip
    return Section("effects", t("What changed, and what it did"), text=text, table=Table(t("Changes"), head, rows))


def _no_effect(each: Json, words: PageWords) -> str:
    t, before, after = words.plain, each["ordersBefore"], each["ordersAfter"]
    if min(before, after) < LEAST_ORDERS:
        return t("too few orders to say ({before} orders before, {after} after)", before=before, after=after)
    return t("changed nothing")


def _rate(hits: int, orders: int, words: PageWords) -> str:
    if not orders:
        return _NONE
    number = f"{100 * hits / orders:.1f}"
    return words.plain("{number} of 100 ({hits} of {orders})", number=number, hits=hits, orders=orders)


def _firing(report: Json, details: dict[str, Section], words: PageWords) -> list[Section]:
    """Return the control charts of what was out of its limits in the month, and of what fired most."""
    wanted = {measured(each, words) for each in report["signals"]}
    wanted |= {measured({"topic": each["topic"], "measure": FIRED}, words) for each in report["byTopic"][:_FIRING]}
    charts = [each for each in details.values() if each.id.startswith("firing-") and each.title in wanted]
    return [details["firing"], *charts] if charts else []


def _when(report: Json, at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(ZoneInfo(report['timezone'])):%Y-%m-%d %H:%M %Z}"
