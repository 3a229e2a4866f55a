"""``her2-cds asp import``: imports the quarterly CMS pricing file for Part B drugs."""

from __future__ import annotations

from pathlib import Path

import click

from cds_service.commands.options import FILE, fail
from cds_service.configuration.coverage_files import CoverageFileError, prices_in_scope, read_price_file


@click.group()
def asp() -> None:
    """Import the CMS pricing file for Part B drugs."""


@asp.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to write; by default asp-YYYY-QN.csv here."
)
def asp_import(file: Path, output: Path | None) -> None:
    """Read the CSV or ZIP that CMS publishes, and write the payment limits of the drugs in scope to a small file.

    Set that file as coverage.asp_file in the configuration; the CMS file itself also works.
    """
    try:
        prices = read_price_file(file)
    except CoverageFileError as error:
        fail(str(error))
    written, lacking = prices_in_scope(prices)
    output = output or Path(f"asp-{prices.quarter.replace(' ', '-')}.csv")
    try:
        output.write_text(written, encoding="utf-8")
    except OSError as error:
        fail(f"{output}: cannot be written ({error.strerror})")
    click.echo(f"{prices.quarter}: {prices.since} to {prices.until}")
    click.echo(written.partition("\n\n")[2].rstrip())
    if lacking:
        click.echo(f"not in the file: {', '.join(lacking)}")
    click.echo(f"written to {output}; put it into the configuration:\ncoverage:\n  asp_file: {output}")
