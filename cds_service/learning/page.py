"""The learning report as one page that needs nothing else: no script, no font, no request."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from cds_service.learning.svg import control_chart_svg
from cds_service.learning.text import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Json = dict[str, Any]
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem;color:#1a1a1a;background:#fff}
h2{margin-top:2.5rem;border-bottom:1px solid #767676}h3{margin-top:2rem}
table{border-collapse:collapse;font-size:.9rem;margin:.5rem 0}caption{text-align:left;font-weight:600}
th,td{border:1px solid #949494;padding:.2rem .5rem;text-align:left;vertical-align:top}td.n{text-align:right}
.scroll{overflow-x:auto}.scroll:focus-visible,summary:focus-visible{outline:3px solid #0b5cad}
svg{width:100%;height:auto;font:11px system-ui,sans-serif}
.grid{stroke:#d0d0d0}.band{fill:#dbe8f5}.usual{stroke:#5b7fa6;stroke-width:1.5}
.mark{stroke:#6b4a00;stroke-dasharray:4 3}.line{fill:none;stroke:#1a1a1a;stroke-width:1.5}.dot{fill:#1a1a1a}
.signal{fill:#b00020}.word{fill:#b00020;font-weight:700}
.alert{border-left:6px solid #b00020;padding:.25rem 1rem;background:#fdf1f2}summary{cursor:pointer}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def learning_page(report: Json, made: str) -> str:
    """Write the report; ``made`` says of which time it is."""
    counts = f"{report['decisions']} decisions on {report['orders']} orders, {report['cards']} cards shown."
    body = [
        f"<h1>What the cards teach</h1><p>{escape(made)}. {counts}</p>",
        _signals(report),
        _topics(report["topics"]),
        _reasons(report["reasons"]),
        _weeks(report["weeks"]),
        _changes(report["changes"]),
        _charts(report),
        _comments(report["comments"]),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>What the cards teach</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><style>{_STYLE}</style></head>'
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def _signals(report: Json) -> str:
    title = "<h2>Silent or loud</h2>"
    if not report["signals"]:
        return f"{title}<p>Every topic fires as often as it used to, as far as enough is known to say so.</p>"
    lines = [
        f"<li>{escape(each['topic'])}, {escape(each['measure'])}: <strong>{each['signal']}</strong> in the "
        f"{report['period']} of {each['begin']} ({each['hits']} of {each['orders']} orders"
        f"{_together(each, report['period'])})</li>"
        for each in report["signals"]
    ]
    return f'{title}<div class="alert"><ul>{"".join(lines)}</ul></div>'


def _together(signal: Json, period: str) -> str:
    return "" if signal["over"] == 1 else f"; seen over the last {signal['over']} {period}s together"


def _topics(topics: Sequence[Json]) -> str:
    rows = [
        [each["topic"], each["shown"], *(percent(one) for one in each["outcomes"].values()), each["unknown"]]
        for each in topics
    ]
    head = ["Topic", "Shown", "Accepted", "Overridden", "Ignored (inferred)", "Client sends no feedback"]
    return "<h2>What became of the cards</h2>" + _table("Cards by topic, share and 95 % interval", head, rows)


def _reasons(reasons: Sequence[Json]) -> str:
    rows = [[each["topic"], each["reason"], each["cards"], percent(each)] for each in reasons]
    return _table("Reasons of overrides", ["Topic", "Reason", "Cards", "Share of its overrides"], rows)


def _weeks(weeks: Sequence[Json]) -> str:
    rows = [
        [each["week"], each["topic"], each["shown"], *(one["cards"] for one in each["outcomes"].values())]
        for each in weeks
    ]
    head = ["Week of", "Topic", "Shown", "Accepted", "Overridden", "Ignored (inferred)"]
    table = _table("Cards by week", head, rows)
    return f"<details><summary>Week by week</summary>{table}</details>" if rows else ""


def _changes(changes: Sequence[Json]) -> str:
    rows = [
        [number, each["at"][:16].replace("T", " "), each["what"], f"{each['before']} → {each['after']}", _said(each)]
        for number, each in enumerate(changes, start=1)
    ]
    return "<h2>What changed</h2>" + _table("Versions", ["No.", "When (UTC)", "What", "Versions", "In words"], rows)


def _said(change: Json) -> str:
    return "; ".join(change["words"])


def _charts(report: Json) -> str:
    marks: dict[str, str] = {}
    for number, change in enumerate(report["changes"], start=1):
        marks[change["period"]] = f"{marks[change['period']]}, {number}" if change["period"] in marks else str(number)
    key = (
        f"Findings per 100 orders. The band is where chance alone would keep a {report['period']}, the short lines are "
        "what is usual, a dashed line is a change from the table above, by its number. A diamond is out of its limits."
    )
    parts = [f"<h2>How often each topic fires</h2><p>{key}</p>"]
    # What needs a look comes first.
    ordered = sorted(report["charts"], key=lambda each: not any(point["signal"] for point in each["points"]))
    for number, chart in enumerate(ordered):
        title = f"{chart['topic']}: {chart['measure']}"
        rows = [
            [
                point["begin"],
                point["orders"],
                point["hits"],
                "" if point["per100Orders"] is None else point["per100Orders"],
                "" if point["upper"] is None else f"{point['lower']} to {point['upper']}",
                point["signal"],
                marks.get(point["begin"], ""),
            ]
            for point in chart["points"]
        ]
        head = [f"{report['period'].capitalize()} of", "Orders", "Findings", "Per 100", "Limits", "Signal", "Change"]
        table = _table(f"Numbers of {title}", head, rows)
        parts.append(
            f"<h3>{escape(title)}</h3><p>{escape(chart['display'])}</p>"
            f"{control_chart_svg(f'chart-{number}', title, chart['points'], marks)}"
            f"<details><summary>Numbers of {escape(title)}</summary>{table}</details>"
        )
    return "".join(parts) if ordered else ""


def _comments(comments: Sequence[Json]) -> str:
    rows = [[each["at"][:10], each["topic"], each["drug"], each["reason"], each["comment"]] for each in comments]
    return "<h2>What clinicians wrote</h2>" + _table("Comments", ["Day", "Topic", "Drug", "Reason", "Comment"], rows)


def _table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    body = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows)
    if not body:
        return f"<p>{escape(caption)}: none.</p>"
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(value: Any) -> str:
    kind = ' class="n"' if isinstance(value, int | float) else ""
    return f"<td{kind}>{escape(str(value))}</td>"
