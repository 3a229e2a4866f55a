"""``her2-cds record report``: the monthly report for a committee, as a page, a PDF and tables."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy.exc import SQLAlchemyError

from cds_service.audit.committee import committee_report, month_in
from cds_service.audit.committee_page import committee_page, committee_sections, committee_tables
from cds_service.charts.pdf import as_pdf, can_print
from cds_service.commands.options import config_option, fail, settings_of
from cds_service.commands.record import open_record
from cds_service.commands.window import nothing_on_record, one_service_options
from cds_service.learning.report_words import made
from cds_service.page_words import page_words

if TYPE_CHECKING:
    from cds_service.store.selection import Window


@click.group()
def record() -> None:
    """Report on what is on record."""


@record.command("report")
@click.option("--month", required=True, help="The month, in the site's time zone: 2026-11.")
@click.option(
    "--out", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder to write into."
)
@one_service_options
@config_option
def report(*, month: str, folder: Path, window: Window, config: Path | None) -> None:
    """Write the monthly report: report.html, report.pdf, and every table as CSV under tables/.

    It is in the language of the site (site.language).
    """
    settings = settings_of(config)
    try:
        chosen = month_in(month, settings.site.timezone)
    except ValueError:
        fail(f"--month: {month!r} is no month; write 2026-11")
    engine = open_record(settings)
    try:
        found = committee_report(engine, window, chosen)
        if not found["decisions"]:
            fail(nothing_on_record(engine, window))
    except SQLAlchemyError as error:
        fail(f"the record cannot be read: {type(error).__name__}")
    words = page_words(settings.site.language)
    sections = committee_sections(found, words)
    page = committee_page(found, sections, made(window, datetime.now(UTC), words), words)
    try:
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        (folder / "report.html").write_text(page, encoding="utf-8", newline="\n")
        for name, text in committee_tables(sections):
            (folder / "tables" / name).write_text(text, encoding="utf-8-sig", newline="")
        printed = as_pdf(page)
        if printed is not None:
            (folder / "report.pdf").write_bytes(printed)
    except OSError as error:
        fail(f"{folder}: cannot be written ({type(error).__name__})")
    click.echo(f"{folder}: report.html{', report.pdf' if printed is not None else ''} and tables/")
    if printed is None:
        why = "the PDF could not be made" if can_print() else "no PDF: it needs her2-cds[charts] and Pango"
        click.echo(f"{why}, or print report.html from a browser", err=True)
