"""One HTML file for a meeting: charts with their tables, nothing fetched from anywhere."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined

from cds_service.simulate.charts import Bar, Range, bars, line, ranges
from cds_service.simulate.figures import GROUPS, per_hundred

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cds_service.simulate.accuracy import Accuracy, Proportion
    from cds_service.simulate.figures import Figures, Share

_LISTED = 200
_SITES = 30
_TITLES = {
    "drug": "By drug",
    "month": "By month",
    "site": "By site",
}
_CHANGES = {
    "only A": "only A shows it",
    "only B": "only B shows it",
    "other indicator": "shown with another indicator",
    "other words": "shown with another summary",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report: a chart and the table of its figures; the first ``words`` columns hold no numbers."""

    id: str
    title: str
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    chart: str = ""
    note: str = ""
    words: int = 1


@dataclass(frozen=True, slots=True)
class About:
    """What the report says of the run itself."""

    names: Sequence[str]
    run: Sequence[tuple[str, str]]
    warnings: Sequence[str]


def write_report(output: Path, found: Figures, judged: Sequence[Accuracy], about: About) -> None:
    """Write ``report.html``.

    Raises:
        OSError: the output cannot be written.

    """
    compared = found.whole.cards_b is not None
    sections = [_topics(found, compared=compared)]
    sections += [_group(name, found.groups[name]) for name in GROUPS]
    if compared:
        sections.append(_differences(output, found))
    for configuration in dict.fromkeys(each.configuration for each in judged):
        sections += _accuracy(configuration, [each for each in judged if each.configuration == configuration])
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    template = environment.from_string(files("cds_service.simulate").joinpath("report.html").read_text("utf-8"))
    written = template.render(
        headline=_headline(found),
        compared=compared,
        names=about.names,
        run=about.run,
        warnings=about.warnings,
        sections=sections,
    )
    (output / "report.html").write_text(written + "\n", encoding="utf-8", newline="\n")


def _headline(found: Figures) -> list[tuple[str, str]]:
    whole = found.whole
    if whole.rate_b is None:
        cards = [("cards for 100 orders", f"{whole.rate_a:g}")]
    else:
        cards = [("cards for 100 orders, A", f"{whole.rate_a:g}"), ("cards for 100 orders, B", f"{whole.rate_b:g}")]
    return [("orders in scope", f"{whole.orders:,}"), *cards]


def _topics(found: Figures, *, compared: bool) -> Section:
    orders = found.whole.orders
    names = sorted(
        {*found.topics_a, *found.topics_b},
        key=lambda name: (-max(t[name].findings for t in (found.topics_a, found.topics_b) if name in t), name),
    )
    rows, drawn = [], []
    for name in names:
        own = [topics.get(name) for topics in ((found.topics_a, found.topics_b) if compared else (found.topics_a,))]
        rates = [per_hundred(each.findings, orders) if each else 0.0 for each in own]
        modes = "/".join(dict.fromkeys(each.mode for each in own if each))
        cells = [cell for each, rate in zip(own, rates, strict=True) for cell in _cells(each, rate)]
        rows.append((name, modes, *cells))
        drawn.append(Bar(name, *rates))
    one = ("findings", "shown", "critical", "per 100 orders")
    header = ("topic", "mode", *([f"{name} {each}" for each in "AB" for name in one] if compared else one))
    return Section(
        "topics",
        "By topic",
        "Findings by topic, those in shadow too",
        header,
        rows,
        bars("chart-topics", "Findings for 100 orders by topic", drawn),
        words=2,
    )


def _cells(figures: object, rate: float) -> list[object]:
    numbers = [getattr(figures, name, 0) for name in ("findings", "shown", "critical")]
    return [*(f"{number:,}" for number in numbers), f"{rate:g}"]


def _group(name: str, shares: Sequence[Share]) -> Section:
    compared = any(share.cards_b is not None for share in shares)
    header = [name, "orders", *(("A cards", "A per 100", "B cards", "B per 100") if compared else ("cards", "per 100"))]
    rows = []
    for share in shares:
        row = [share.name, f"{share.orders:,}", f"{share.cards_a:,}", f"{share.rate_a:g}"]
        if share.cards_b is not None:
            row += [f"{share.cards_b:,}", f"{share.rate_b:g}"]
        rows.append(row)
    title = f"Cards for 100 orders by {name}"
    drawn = [Bar(share.name, share.rate_a, share.rate_b) for share in shares]
    chart = line(f"chart-{name}", title, drawn) if name == "month" else bars(f"chart-{name}", title, drawn[:_SITES])
    note = f"The chart shows the {_SITES} with most orders." if name != "month" and len(shares) > _SITES else ""
    return Section(name, _TITLES[name], title, header, rows, chart, note)


def _differences(output: Path, found: Figures) -> Section:
    with (output / "differences.csv").open(encoding="utf-8", newline="") as file:
        listed = [row for _, row in zip(range(_LISTED), csv.DictReader(file), strict=False)]
    rows = [
        (
            r["order"],
            r["day"],
            r["drug"],
            r["topic"],
            _CHANGES[r["change"]],
            r["summary_a"] or "-",
            r["summary_b"] or "-",
        )
        for r in listed
    ]
    total = sum(found.changes.values())
    counts = "; ".join(f"{_CHANGES[name]}: {number:,}" for name, number in found.changes.items())
    note = f"{total:,} cards differ. {counts}." if total else "Not one card differs."
    if total > len(rows):
        note += f" The first {len(rows)} are listed; all are in differences.csv."
    header = ("order", "day", "drug", "topic", "change", "A says", "B says")
    return Section("differences", "A against B, case by case", "Cards that differ", header, rows, note=note, words=7)


def _accuracy(configuration: str, judged: Sequence[Accuracy]) -> list[Section]:
    rows = [
        (e.topic, f"{e.right:,}", f"{e.wrong:,}", f"{e.missed:,}", _said(e.sensitivity), _said(e.predictive_value))
        for e in judged
    ]
    header = ("topic", "right", "wrong", "missed", "sensitivity (95 % CI)", "PPV (95 % CI)")
    drawn = [
        Range(e.topic, e.sensitivity.value, *e.sensitivity.interval)
        for e in judged
        if e.sensitivity.value is not None and e.sensitivity.interval is not None
    ]
    return [
        Section(
            f"accuracy-{configuration.lower()}",
            f"Against the labels, configuration {configuration}",
            f"Sensitivity and positive predictive value by topic, configuration {configuration}",
            header,
            rows,
            ranges(f"chart-accuracy-{configuration.lower()}", "Sensitivity by topic with 95 % intervals", drawn),
            "The chart shows the sensitivity; intervals after Wilson.",
        )
    ]


def _said(share: Proportion) -> str:
    if share.value is None or share.interval is None:
        return "-"
    low, high = share.interval
    return f"{share.value:.3f} ({low:.3f} to {high:.3f})"
