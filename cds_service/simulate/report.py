"""One HTML file for a meeting: charts with their tables, self-contained."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cds_service.charts.comparisons import bars, lines, ranges
from cds_service.charts.figures import Bar, Range
from cds_service.charts.sections import Section, Table, drawn
from cds_service.charts.standalone import standalone
from cds_service.simulate.figures import GROUPS, per_hundred
from cds_service.simulate.over_time import over_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cds_service.simulate.accuracy import Accuracy, Proportion
    from cds_service.simulate.figures import Figures, Share

_LEAD = (
    "Every order of the export replayed as of its own time. A simulation tells how often a card comes up, not what a "
    "clinician would have done with it."
)
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
class About:
    """What the report says about the run itself."""

    names: Sequence[str]
    run: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    settings: Sequence[tuple[str, str, str]] = ()


def write_report(output: Path, found: Figures, judged: Sequence[Accuracy], about: About) -> None:
    """Write ``report.html``.

    Raises:
        OSError: the output cannot be written.

    """
    compared = found.whole.cards_b is not None
    sections = [_topics(found, compared=compared)]
    sections += [_group(name, found.groups[name]) for name in GROUPS]
    sections += over_time(output, found, "AB" if compared else "A")
    if compared:
        if about.settings:
            table = Table("Settings of A and of B", ("setting", "A", "B"), about.settings)
            sections.insert(0, Section("settings", "What is set differently", table=table))
        sections.insert(0, _differences(output, found, about))
    for configuration in dict.fromkeys(each.configuration for each in judged):
        sections.append(_accuracy(configuration, [each for each in judged if each.configuration == configuration]))
    if about.warnings:
        sections.insert(0, Section("left", "What is not in these figures", points=about.warnings))
    names = [f"{letter}: {name}" for letter, name in zip("AB", about.names, strict=False)] if compared else []
    written = standalone(
        "What the cards would have said", [_LEAD, *names], drawn(sections), figures=_headline(found), run=about.run
    )
    (output / "report.html").write_text(written, encoding="utf-8", newline="\n")


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
    rows, rated = [], []
    for name in names:
        own = [topics.get(name) for topics in ((found.topics_a, found.topics_b) if compared else (found.topics_a,))]
        rates = [per_hundred(each.findings, orders) if each else 0.0 for each in own]
        modes = "/".join(dict.fromkeys(each.mode for each in own if each))
        cells = [cell for each, rate in zip(own, rates, strict=True) for cell in _cells(each, rate)]
        rows.append((name, modes, *cells))
        rated.append(Bar(name, *rates))
    one = ("findings", "shown", "critical", "per 100 orders")
    header = ("topic", "mode", *([f"{name} {each}" for each in "AB" for name in one] if compared else one))
    return Section(
        "topics",
        "By topic",
        chart=bars("Findings for 100 orders by topic", rated),
        table=Table("Findings by topic, those in shadow too", header, rows, numbers=range(2, len(header))),
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
    rated = [Bar(share.name, share.rate_a, share.rate_b) for share in shares]
    chart = lines(title, rated) if name == "month" else bars(title, rated[:_SITES])
    cut = name != "month" and len(shares) > _SITES
    text = [f"The chart shows the {_SITES} with most orders."] if cut else []
    table = Table(title, header, rows, numbers=range(1, len(header)))
    return Section(name, _TITLES[name], text, chart=chart, table=table)


def _differences(output: Path, found: Figures, about: About) -> Section:
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
    note = f"{total:,} cards differ. {counts}." if total else _nothing(found, about)
    if total > len(rows):
        note += f" The first {len(rows)} are listed; all are in differences.csv."
    header = ("order", "day", "drug", "topic", "change", "A says", "B says")
    table = Table("Cards that differ", header, rows) if rows else None
    return Section("differences", "A against B, case by case", [note], table=table)


def _nothing(found: Figures, about: About) -> str:
    """Say that a change had no effect, and what that may mean."""
    orders = f"on any of {found.whole.orders:,} orders"
    if not about.settings:
        return f"A and B have the same settings, and no card differs {orders}."
    count = len(about.settings)
    differ = "1 setting differs" if count == 1 else f"{count} settings differ"
    said = f"The change changed nothing: {differ}, but no card differs {orders}."
    return f"{said} Either no order of this history comes near what was changed, or something else decides it."


def _accuracy(configuration: str, judged: Sequence[Accuracy]) -> Section:
    rows = [
        (e.topic, f"{e.right:,}", f"{e.wrong:,}", f"{e.missed:,}", _said(e.sensitivity), _said(e.predictive_value))
        for e in judged
    ]
    header = ("topic", "right", "wrong", "missed", "sensitivity (95 % CI)", "PPV (95 % CI)")
    shares = [
        Range(e.topic, e.sensitivity.value, *e.sensitivity.interval)
        for e in judged
        if e.sensitivity.value is not None and e.sensitivity.interval is not None
    ]
    caption = f"Sensitivity and positive predictive value by topic, configuration {configuration}"
    return Section(
        f"accuracy-{configuration.lower()}",
        f"Against the labels, configuration {configuration}",
        ["The chart shows the sensitivity; intervals after Wilson."],
        chart=ranges("Sensitivity by topic with 95 % intervals", shares),
        table=Table(caption, header, rows, numbers=range(1, len(header))),
    )


def _said(share: Proportion) -> str:
    if share.value is None or share.interval is None:
        return "-"
    low, high = share.interval
    return f"{share.value:.3f} ({low:.3f} to {high:.3f})"
