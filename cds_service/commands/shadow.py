"""``her2-cds shadow``: report on what is on trial in the shadow, sample cases from it, and review them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy.exc import SQLAlchemyError

from cards.facts.topics import Topic
from cds_service.commands.options import config_option, fail, output_option, settings_of
from cds_service.commands.record import open_record
from cds_service.commands.stop import topics_known
from cds_service.commands.window import nothing_on_record, window_options
from cds_service.configuration.section import nearest
from cds_service.learning.cases import unseen_card
from cds_service.learning.promotion import promotion_report
from cds_service.learning.report import stopped_now
from cds_service.learning.text import stopped_lines
from cds_service.learning.trial import sample, trials
from cds_service.policies.library import Library
from cds_service.store.listing import listed
from cds_service.store.reviews import VERDICTS, is_on_record, keep_review
from cds_service.store.selection import Window
from fhir_mappings.wire.exact_json import encode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

    from cds_service.configuration.settings import Settings

_SHOWN = 20
_OF_SITE = re.compile(r"[a-z][a-z0-9-]{2,59}")


def _topic(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    """Accept a topic that ships, or one that a site's rule may have had when a decision was recorded."""
    if name is not None and name not in set(Topic) and not _OF_SITE.fullmatch(name):
        raise click.BadParameter(f"{name!r} is no topic{nearest(name, [str(each) for each in Topic])}")
    return name


def _must_be_known(topic: str | None, engine: Engine, settings: Settings) -> None:
    """Refuse a topic of which nothing is on record and that no rule has: it is misspelled."""
    known = topics_known(Library(engine), settings)
    if topic is not None and topic not in known:
        fail(f"--topic: {topic!r} is no topic{nearest(topic, known)}")


version_option = click.option(
    "--version", type=click.IntRange(min=1), help="Only decisions in which this version was on trial."
)
topic_option = click.option("--topic", callback=_topic, help="Only this topic.")


@click.group()
def shadow() -> None:
    """See what a topic or a policy would do before it is shown."""


@shadow.command("report")
@topic_option
@version_option
@window_options
@output_option("text", "json")
@config_option
def report(*, topic: str | None, version: int | None, window: Window, output: str, config: Path | None) -> None:
    """Report what would have fired, how often and for whom, and whether that meets the site's promotion criteria."""
    settings = settings_of(config)
    engine = open_record(settings)
    try:
        found = promotion_report(engine, window, settings.promotion, topic, version)
        asked = {"service": window.service, "issuer": window.issuer, "tenant": window.tenant}
        stopped = stopped_now(engine)
        if not found:
            _must_be_known(topic, engine, settings)
        if output == "json":
            click.echo(json.dumps({**asked, "stopped": stopped, "topics": found}, indent=2))
            return
        for line in stopped_lines(stopped):
            click.echo(line)
        if not found:
            judged = listed(engine, window, count=1).decisions
            click.echo(f"nothing is on trial{'' if judged else f'; {nothing_on_record(engine, window)}'}")
        else:
            click.echo("\n\n".join("\n".join(_lines(each)) for each in found))
    except SQLAlchemyError as error:
        fail(f"the record cannot be read: {type(error).__name__}")


@shadow.command("sample")
@topic_option
@version_option
@window_options
@click.option("--count", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed draws the same cases.")
@output_option("text", "ndjson")
@config_option
def draw(  # noqa: PLR0913 - one for each option
    *,
    topic: str | None,
    version: int | None,
    window: Window,
    count: int,
    seed: int,
    output: str,
    config: Path | None,
) -> None:
    """Draw a random sample of cases for reviewers: cards that nobody saw, with their facts."""
    settings = settings_of(config)
    engine = open_record(settings)
    try:
        found = trials(engine, window, topic, version)
        if not found:
            _must_be_known(topic, engine, settings)
        cases = sample((case for tally in found.values() for case in tally.cases), count, seed)
        for case in cases:
            written = unseen_card(engine, case)
            click.echo(encode(written) if output == "ndjson" else _case(written))
        if not cases and output == "text":
            click.echo("no card stayed unseen in this time")
    except SQLAlchemyError as error:
        fail(f"the record cannot be read: {type(error).__name__}")


@shadow.command("review")
@click.argument("decision")
@click.argument("topic", callback=_topic, metavar="TOPIC")
@click.option("--verdict", type=click.Choice(VERDICTS), required=True, help="Whether the card would have been right.")
@click.option("--by", required=True, help="Who says so.")
@click.option("--comment", default="", help="Why; name no patient.")
@config_option
def review(decision: str, topic: str, verdict: str, by: str, comment: str, config: Path | None) -> None:
    """Record whether the card of a sampled case would have been right; earlier reviews stay on record."""
    engine = open_record(settings_of(config))
    try:
        if not is_on_record(engine, decision):
            fail(f"no decision {decision!r} on record")
        keep_review(engine, (decision, topic), verdict, by, comment, datetime.now(UTC))
    except SQLAlchemyError as error:
        fail(f"the record cannot be changed: {type(error).__name__}")
    click.echo(f"{topic} on {decision}: {verdict}, by {by}")


def _lines(each: dict[str, Any]) -> Iterable[str]:
    low, high = each["interval95"]
    yield f"{each['topic']}: {each['display']}"
    for what in ("mode", "indicator"):
        if what in each:
            yield f"  {what} {each[what]['onTrial']} instead of {each[what]['inForce']}"
    rate = f"{each['per100Orders']} per 100 ({low} to {high})"
    yield f"  would fire on {each['wouldFire']} of {each['orders']} orders: {rate}"
    yield f"  new to clinicians {each['new']}, gone for clinicians {each['gone']}, shown now {each['firesNow']}"
    for title, name in (("drug", "byDrug"), ("prescriber", "byPrescriber"), ("client", "byClient")):
        groups = each[name]
        for group in groups[:_SHOWN]:
            count = f"{group['wouldFire']} of {group['orders']}"
            yield f"  {title:<10} {group['name']:<28} {count:>14}  {group['per100Orders']:>6} per 100"
        if len(groups) > _SHOWN:
            yield f"  {title:<10} and {len(groups) - _SHOWN} more; --format json has all"
    for gap in each["couldNotCheck"]:
        yield f"  could not be checked for lack of {gap['what']}: {gap['decisions']}"
    said = each["reviewed"]
    yield f"  {each['cases']} cases; reviewed: {said['right']} right, {said['wrong']} wrong, {said['unsure']} unsure"
    yield f"  gate: {each['gate']['result']}"
    yield from (f"    {reason}" for reason in each["gate"]["reasons"])


def _case(case: dict[str, Any]) -> str:
    detail = "\n".join(f"    {line}" for line in case.get("detail", "").splitlines() if line)
    head = f"{case['decision']}  {case['topic']}  {case['order']}  {case['at']}"
    return f"{head}\n  {case.get('indicator', '')} {case['summary']}\n{detail}\n"
