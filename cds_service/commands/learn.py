"""``her2-cds learn`` and ``her2-cds feedback``: how clinicians responded to cards, and whether rules fire as before."""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from cds_service.charts.csv_tables import spreadsheet_text
from cds_service.clock import now
from cds_service.commands.options import config_option, fail, moment, output_option, settings_of
from cds_service.commands.record import open_record
from cds_service.commands.window import nothing_on_record, warn_of_unknown_client, window_options
from cds_service.learning.control import PERIODS, begin_of
from cds_service.learning.feedback_export import COLUMNS, entries
from cds_service.learning.page import learning_page
from cds_service.learning.report import learning_report
from cds_service.learning.report_words import made, window_named
from cds_service.learning.text import learning_lines
from cds_service.learning.watch import last_whole_week, out_of_limits, watch_lines
from cds_service.page_words import page_words
from cds_service.store.selection import Window
from fhir_mappings.wire.exact_json import encode


@click.group()
def learn() -> None:
    """See whether the cards help clinicians."""


@learn.command("report")
@window_options
@click.option("--period", type=click.Choice(list(PERIODS)), default="week", show_default=True)
@output_option("text", "json", "html")
@config_option
def report(*, window: Window, period: str, output: str, config: Path | None) -> None:
    """Report on responses to cards, on rules that went silent or loud, and on clinicians' comments.

    The page (--format html) is in the language of the site (site.language).
    """
    settings = settings_of(config)
    engine = open_record(settings)
    try:
        found = learning_report(engine, window, period)
        if not found["decisions"] and output != "json":
            fail(nothing_on_record(engine, window))
    except SQLAlchemyError as error:
        fail(f"the record cannot be read: {type(error).__name__}")
    if output == "json":
        click.echo(json.dumps(found, indent=2))
    elif output == "html":
        words = page_words(settings.site.language)
        said = f"{window_named(window, words)}. {made(window, datetime.now(UTC), words)}"
        click.echo(learning_page(found, said, words), nl=False)
    else:
        click.echo("\n".join(learning_lines(found)))


@learn.command("watch")
@click.option("--week", type=moment, help="A day in the week to examine; by default the last whole week (UTC).")
@config_option
def watch(week: datetime | None, config: Path | None) -> None:
    """List the topics and drugs that were silent or loud in the last full week, one per line, for cron.

    The running service also does this by itself, unless audit.watch is false. Exit code: 0 none, 1 some, 2 the record
    cannot be read.
    """
    engine = open_record(settings_of(config))
    monday = begin_of(week.date(), PERIODS["week"]) if week else last_whole_week(now())
    try:
        found = out_of_limits(engine, monday)
    except SQLAlchemyError as error:
        fail(f"the record cannot be read: {type(error).__name__}")
    for line in watch_lines(found):
        click.echo(line)
    sys.exit(1 if found else 0)


@click.group()
def feedback() -> None:
    """Export clinicians' feedback on cards."""


@feedback.command("export")
@window_options
@output_option("csv", "ndjson")
@config_option
def export(*, window: Window, output: str, config: Path | None) -> None:
    """Write every feedback entry to standard output, with its card, drug, versions and hook.

    --service selects by the service that the feedback was sent to.
    """
    engine = open_record(settings_of(config))
    try:
        warn_of_unknown_client(engine, window.issuer, window.tenant)
        if output == "csv":
            _row(COLUMNS)
        for each in entries(engine, window):
            if output == "csv":
                _row([spreadsheet_text(each[name]) for name in COLUMNS])
            else:
                sys.stdout.buffer.write(encode(each) + b"\n")
    except SQLAlchemyError as error:
        fail(f"the record cannot be read: {type(error).__name__}")


def _row(values: list[str] | tuple[str, ...]) -> None:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(values)
    sys.stdout.buffer.write(line.getvalue().encode())
