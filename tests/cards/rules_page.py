"""Writes ``docs/rules.md``: every topic with what fires it, its cases and its card; every product with its numbers."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from builders import ALL_RULES, KNOWN, opened
from cases_view import View
from rows import CANNOT, FIRES, NOT_ASKED, SILENT, Row

from cards.facts.session import Hook
from cards.knowledge.schema import Band, Cited, Confidence, Product, Scope
from cards.presentation import due
from cards.presentation.renderer import Renderer
from cards.presentation.wording import default_wording
from cards.readings import on_treatment as on_treatment_module
from cards.rules import Rule, rules_for_hook
from cards.values.quantities import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDING = default_wording()
RENDERER = Renderer(WORDING, KNOWN, {})
INTRODUCTION = (
    "Generated from the rules, their cases, the knowledge and the wording by `make golden`; do not edit. "
    "**(verify)** marks what was not checked against the current label: it never makes a card critical."
)
UNCHECKED = (
    "The labels say this as well. Silence of this service says nothing of it. What a label wants given before "
    "stands with each indication above, and is not checked either: the chart seldom holds it all, so a status "
    "that qualifies is taken to be within the lines of treatment that the label names."
)
_KINDS = {FIRES: "Fires", SILENT: "Silent", CANNOT: "Cannot tell", NOT_ASKED: "Does not apply"}
_CONFIDENCE = {
    Confidence.PRIMARY: "",
    Confidence.SECONDARY: " *(secondary text)*",
    Confidence.UNVERIFIED: " **(verify)**",
    Confidence.DEFAULT: " *(default of this service)*",
}


def page(rows: list[Row], views: list[View]) -> str:
    """Write the whole page."""
    parts = [
        "# The rules, as they are",
        INTRODUCTION,
        "## Contents",
        "\n".join(f"- [{rule.topic}](#{rule.topic})" for rule in ALL_RULES)
        + "\n- [When a chart is opened](#when-a-chart-is-opened)\n- [Products](#products)"
        + "\n- [What no card checks](#what-no-card-checks)",
        *(_topic(rule, rows) for rule in ALL_RULES),
        "## When a chart is opened",
        _opened(views),
        "## Products",
        *(_product(product) for product in KNOWN.products if product.scope is Scope.CHECKED),
        "## What no card checks",
        UNCHECKED,
        "\n".join(
            f"- **{', '.join(KNOWN.product(each).name for each in entry.products)}**: {' '.join(entry.what.split())} "
            f"*Why:* {' '.join(entry.why.split())} ({_by(entry.by)})"
            for entry in KNOWN.not_checked
        ),
        "## Settings of a site",
        _thresholds(),
        "## Sources",
        "\n".join(
            f"- `{name}`: [{source.title}]({source.url}), as of {source.as_of}"
            for name, source in KNOWN.sources.items()
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _topic(rule: Rule, rows: list[Row]) -> str:
    words = WORDING.topics[rule.topic]
    said = " ".join(inspect.getdoc(rule.judge).split("\n\n")[0].split()) if inspect.getdoc(rule.judge) else ""
    more = (inspect.getdoc(rule.judge) or "").partition("\n\n")[2]
    own = [row for row in rows if row.topic is rule.topic]
    example = next(row for row in own if row.expect is FIRES)
    lines = [f"## {rule.topic}", f"*{words.display}*, {words.indicator} by default. {said}"]
    if more:
        lines.append(" ".join(more.split()))
    lines += ["| case | answer |\n|---|---|\n" + "\n".join(f"| {row.sentence} | {_answer(row)} |" for row in own)]
    lines += [_card(example)]
    return "\n\n".join(lines)


def _opened(views: list[View]) -> str:
    """Write which drugs a patient is on, what is due, and the cases of both."""
    asked = ", ".join(f"`{rule.topic}`" for rule in rules_for_hook(Hook.VIEW))
    cases = "\n".join(f"| {view.sentence} | {'; '.join(view.shows) or 'Silent'} |" for view in views)
    card = RENDERER.card(opened(views[0].patient)[0], "rules-page")
    text = f"**{card.indicator}** · {card.summary}\n\n{card.detail}" if card else ""
    quoted = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
    said = (
        f"Asked are {asked}; results that call for a hold are told at the order. Tests for the next dose alone make "
        "the card info, an LVEF that is missing or overdue makes it a warning."
    )
    return "\n\n".join(
        (
            " ".join((inspect.getdoc(on_treatment_module) or "").split()),
            " ".join((inspect.getdoc(due) or "").split()),
            said,
            f"| case | what the cards say |\n|---|---|\n{cases}",
            f"The card ({views[0].sentence}):\n\n{quoted}",
        )
    )


def _answer(row: Row) -> str:
    return _KINDS[row.expect] + (f", {row.indicator}" if row.indicator else "")


def _card(row: Row) -> str:
    verdict = row.verdict()
    card = RENDERER.card(verdict, "rules-page")
    if card is None:
        return ""
    text = f"**{card.indicator}** · {card.summary}\n\n{card.detail}"
    if card.suggestions:
        text += "\n\n" + "\n".join(f"- → {suggestion.label}" for suggestion in card.suggestions)
    return f"The card ({row.sentence}):\n\n" + "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _by(cited: Cited) -> str:
    return f"{cited.source}, {cited.section}{_CONFIDENCE[cited.confidence]}"


def _product(product: Product) -> str:
    brands = ", ".join(f"{b.name} ({', '.join(e.code for e in b.hcpcs) or 'no code'})" for b in product.brands)
    lines = [f"### {product.name}", f"{product.generic}; {product.route}; {product.basis}-based. {brands}."]
    lines.append("| what | value | source |\n|---|---|---|\n" + "\n".join(_numbers(product)))
    return "\n\n".join(lines)


def _numbers(product: Product) -> Iterator[str]:
    for regimen in product.regimens:
        which = f"{regimen.name}, {', '.join(regimen.cancers)}"
        for level in regimen.levels:
            reason = level.problem or (f"with {level.beside}" if level.beside else "")
            role = f"{level.role}, {reason}" if reason else level.role
            yield f"| {role} ({which}) | {level.dose}{_a_day(regimen.times_at(level))} | {_by(level.by)} |"
        yield f"| maximum ({which}) | {regimen.maximum.dose} | {_by(regimen.maximum.by)} |"
    for row in product.eligibility:
        since = f", since {row.since}" if row.since else ""
        yield f"| labeled for | {row.wording}{since} | {_by(row.by)} |"
        if row.prior is not None:
            yield f"| given before (not checked) | {' '.join(row.prior.text.split())} | {_by(row.prior.by)} |"
    for forbidden in product.forbidden_diluents:
        yield f"| never in | {forbidden.diluent}; use {forbidden.instead} | {_by(forbidden.by)} |"
    for reload in product.reload:
        schedule = f"{reload.interval_days}-day schedule"
        yield f"| loading dose again ({schedule}) | from day {reload.after_days} | {_by(reload.by)} |"
    for limit in product.cycle_limits:
        most = f"{limit.cycles} doses" if limit.cycles is not None else f"{limit.weeks} weeks"
        yield f"| at most, {limit.setting} {' or '.join(limit.cancers)} | {most} | {_by(limit.by)} |"
    if product.no_re_escalation is not None:
        yield f"| after a reduction | never raised again | {_by(product.no_re_escalation)} |"
    yield from _of_tablets(product)
    yield from _monitoring(product)
    for pair in KNOWN.kept_apart:
        for other in (each for each in pair.products if pair.separates(product.id, each)):
            until = f", before {pair.until}" if pair.until else ""
            yield f"| not with | {KNOWN.product(other).name}{until} | {_by(pair.by)} |"


def _of_tablets(product: Product) -> Iterator[str]:
    if product.tablets is not None:
        strengths = ", ".join(f"{plain(each)} mg" for each in product.tablets.strengths_mg)
        yield f"| tablets | {strengths} | {_by(product.tablets.by)} |"
    for required in product.prophylaxis:
        beside = f", with {' and '.join(required.with_classes)}" if required.with_classes else ""
        lasting = f"first {required.first_days} days" if required.first_days is not None else "first cycle"
        unless = ", unless the dose is stepped up" if required.unless_escalated else ""
        yield f"| prophylaxis{beside} | {required.what}, {lasting}{unless} | {_by(required.by)} |"
    for rule in product.interactions:
        yield f"| with {rule.drug_class} | {rule.then} | {_by(rule.by)} |"


def _a_day(times: int | None) -> str:
    return "" if times is None else ", once a day" if times == 1 else f", {times} times a day"


def _monitoring(product: Product) -> Iterator[str]:
    watched = product.monitoring
    if watched.lvef is not None:
        months = watched.lvef.interval_months
        interval = f"every {months} months" if months else "no interval on the label"
        yield f"| LVEF | {interval} | {_by(watched.lvef.by)} |"
    for wanted in watched.before_each_dose:
        when = "before each dose" if wanted.every_days is None else f"before, then every {wanted.every_days} days"
        if wanted.later_every_days is not None:
            when += f" and after {wanted.later_after_days} days every {wanted.later_every_days}"
        yield f"| {when} | {', '.join(wanted.tests)} | {_by(wanted.by)} |"
    for row in watched.lab_rows:
        band = f"{_band(row.times_uln)} × ULN" if row.times_uln else f"{_band(row.value)} × 10⁹/L"
        where = ", ".join(row.settings) or "any setting"
        yield f"| {', '.join(row.tests)} {band} ({where}) | {row.action}: {row.then} | {_by(row.by)} |"
    if watched.hepatic_pair is not None:
        pair, sign = watched.hepatic_pair, "≥" if watched.hepatic_pair.limits_count else ">"
        values = (
            f"AST or ALT {sign} {plain(pair.transaminase_above)} × ULN and "
            f"bilirubin {sign} {plain(pair.bilirubin_above)} × ULN"
        )
        yield f"| {values} | discontinue: {pair.then} | {_by(pair.by)} |"
    for heart in watched.lvef_rows:
        where = ", ".join(heart.settings) or "any setting"
        drop = f", drop {_band(heart.drop)} points" if heart.drop else ""
        normal = ", below normal" if heart.below_normal else ""
        yield f"| LVEF {_band(heart.lvef)} %{drop}{normal} ({where}) | {heart.action}: {heart.then} | {_by(heart.by)} |"
    for stop in watched.stops:
        yield f"| {stop.problem} | {stop.then} | {_by(stop.by)} |"


def _band(band: Band | None) -> str:
    if band is None:
        return ""
    marks = ((">", band.above), ("≥", band.at_least), ("<", band.below), ("≤", band.at_most))
    return " and ".join(f"{mark} {plain(limit)}" for mark, limit in marks if limit is not None) or "any"


def _thresholds() -> str:
    rows = [
        f"| `{name}` | {'none' if t.default is None else plain(t.default)} "
        f"| {plain(t.minimum)} to {plain(t.maximum)} {t.unit} | {t.meaning} |"
        for name, t in KNOWN.thresholds.items()
    ]
    return "| threshold | default | bounds | meaning |\n|---|---|---|---|\n" + "\n".join(rows)
