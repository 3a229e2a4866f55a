"""``her2-cds simulate``: what would these configurations have said about past orders?"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cds_service.commands.options import FILE, client_of, client_options, fail, settings_of
from cds_service.configuration.coverage_files import CoverageFileError
from cds_service.configuration.environment import CONFIG_VARIABLE
from cds_service.configuration.layers import ConfigurationError
from cds_service.learning.control import PERIODS
from cds_service.simulate.cohort.courses import SITES, WEEKS
from cds_service.simulate.cohort.site_faults import SITE_FAULTS, SiteFault
from fhir_mappings.codings import CodeMapError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import NoReturn

    from cds_service.simulate.partitioning import Counts
    from cds_service.simulate.plan import Plan
    from cds_service.simulate.running import Summary

INCOMPLETE, NO_ROOM = 1, 3
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_ANY_FOLDER = click.Path(file_okay=False, path_type=Path)
_INSTALLED_BY = {
    "duckdb": ("simulate", "scripts/install .venv requirements-simulate.lock"),
    "spark": ("spark", ".venv/bin/pip install -e '.[spark]'"),
}
_EXTRAS = {"duckdb": ("duckdb", "pyarrow"), "spark": ("duckdb", "pyarrow", "pyspark")}


@click.group("simulate", invoke_without_command=True)
@click.option("--input", "folder", type=_FOLDER, help="A Bulk FHIR export: NDJSON files, compressed or not.")
@click.option(
    "--config", "config", type=FILE, envvar=CONFIG_VARIABLE, help="Configuration A; without it, the defaults."
)
@click.option("--against", type=FILE, help="Configuration B, compared with A case by case.")
@click.option("--labels", type=FILE, help="What is right: a CSV file with order, topic and expected (yes or no).")
@click.option(
    "--output", type=_ANY_FOLDER, default=Path("simulation"), show_default=True, help="Where the result goes."
)
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; without it, one for each processor.")
@client_options
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True)
@click.option("--master", help="With --engine spark, the cluster: spark://HOST:7077. Without it, this machine.")
@click.pass_context
def simulate(  # noqa: PLR0913, PLR0917 - the options of the command
    context: click.Context,
    folder: Path | None,
    config: Path | None,
    against: Path | None,
    labels: Path | None,
    output: Path,
    workers: int | None,
    issuer: str | None,
    tenant: str | None,
    engine: str,
    master: str | None,
) -> None:
    """Replay the orders of an export as of their own time, and report which cards would have come up.

    Exit code: 0 done, 1 done but lines or orders could not be read, 2 the input or a configuration cannot be used, 3
    the output cannot be written. An interrupted run continues when it is started again.
    """
    if context.invoked_subcommand is not None:
        return
    if folder is None:
        fail("say which export to replay: --input DIR (or make one up: her2-cds simulate generate)")
    if master is not None and engine != "spark":
        fail("--master goes with --engine spark")
    _must_have(engine)
    import duckdb  # noqa: PLC0415 - what an extra brings is loaded when asked for

    from cds_service.simulate.inputs import ExportError  # noqa: PLC0415
    from cds_service.simulate.plan import open_work, plan  # noqa: PLC0415

    console = Console(stderr=True, highlight=False)
    try:
        if labels is not None:
            _check(labels)
        client = client_of(issuer, tenant)
        both = [(config.name if config else "the defaults", settings_of(config, whole=False).as_called_by(client))]
        both += [(against.name, settings_of(against, whole=False).as_called_by(client))] if against else []
        run = plan(folder, output, both, labels)
        if open_work(run):
            click.echo(f"{output}: going on where the last run was broken off", err=True)
        summary = _run(run, _engine(engine, workers or os.cpu_count() or 1, master), console)
    except (ExportError, ConfigurationError, CoverageFileError) as error:
        fail(str(error))
    except CodeMapError as error:
        fail("\n".join(f"site.code_maps: {each}" for each in error.problems))
    except (OSError, duckdb.Error, BrokenProcessPool) as error:
        _cannot_write(output, error)
    if not summary.totals.get("orders"):
        fail("; ".join([f"{folder}: no orders (MedicationRequest) in it", *summary.warnings()]))
    for warning in summary.warnings():
        click.echo(warning, err=True)
    whole = summary.figures.whole
    rates = f"{whole.rate_a:g}" if whole.rate_b is None else f"{whole.rate_a:g} (A), {whole.rate_b:g} (B)"
    click.echo(f"{whole.orders} orders in scope, {rates} cards per 100 orders: {output / 'report.html'}")
    sys.exit(INCOMPLETE if summary.incomplete else 0)


@simulate.command("generate")
@click.option("--patients", type=click.IntRange(1, 10_000_000), default=1000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option(
    "--errors", type=click.IntRange(0, 100), default=25, show_default=True, help="Courses with an error, in %."
)
@click.option(
    "--weeks", type=click.IntRange(1, 520), default=WEEKS, show_default=True, help="How long the cohort runs."
)
@click.option("--fault", type=click.Choice(list(SITE_FAULTS)), help="A fault of the whole site; labels do not change.")
@click.option("--fault-from", "begin", type=click.DateTime(["%Y-%m-%d"]), help="The first day of the fault.")
@click.option("--fault-site", "site", type=click.Choice(SITES), help="Only this site; by default all.")
@click.option("--plans", "whole_plans", is_flag=True, help="Every further dose of a course is signed at once.")
@click.option("--output", type=_ANY_FOLDER, required=True)
def generate(  # noqa: PLR0913, PLR0917 - the options of the command
    patients: int,
    seed: int,
    errors: int,
    weeks: int,
    fault: str | None,
    begin: datetime | None,
    site: str | None,
    whole_plans: bool,  # noqa: FBT001 - an option of the command
    output: Path,
) -> None:
    """Generate a made-up cohort with known kinds of errors, and labels that say which orders have them.

    With --plans each patient has one plan, signed all at once, and plans.csv says what is wrong with it.
    """
    from cds_service.simulate.cohort.generate import (  # noqa: PLC0415 - loaded when asked for
        LABELS,
        PLANS,
        generate,
        generate_plans,
    )

    if whole_plans and fault is not None:
        fail("--plans and --fault do not go together")
    if (fault is None) != (begin is None) or (site is not None and fault is None):
        fail("--fault and --fault-from go together, and --fault-site goes with them")
    put = SiteFault(fault, begin.date(), site) if fault is not None and begin is not None else None
    try:
        if whole_plans:
            orders, wrong = generate_plans(patients, seed, output, errors)
            click.echo(
                f"{orders} orders in {patients} plans, {wrong} with an error: {output}, errors in {output / PLANS}"
            )
            return
        orders, wrong = generate(patients, seed, output, errors, put, weeks)
    except OSError as error:
        _cannot_write(output, error)
    click.echo(f"{orders} orders of {patients} patients, {wrong} with an error: {output}, labels in {output / LABELS}")


@simulate.command("plans")
@click.option("--patients", type=click.IntRange(1, 1_000_000), default=2000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--errors", type=click.IntRange(0, 100), default=50, show_default=True, help="Plans with an error, in %.")
@click.option("--config", "config", type=FILE, envvar=CONFIG_VARIABLE, help="The configuration; else the defaults.")
def plans(patients: int, seed: int, errors: int, config: Path | None) -> None:
    """Sign made-up plans, and report how many cards a plan gets: without an error, and with one error of each kind."""
    from cds_service.simulate.cohort.plans import plans as made_up  # noqa: PLC0415 - loaded when asked for
    from cds_service.simulate.plan_cards import cards_of_plans  # noqa: PLC0415

    try:
        found = cards_of_plans(made_up(patients, seed, errors), settings_of(config, whole=False))
    except (CodeMapError, CoverageFileError, ConfigurationError) as error:
        fail(str(error))
    table = Table("what is wrong", "plans", "cards, median", "most", "cards by topic", box=None)
    for each in found:
        topics = ", ".join(
            f"{topic} {count}" for topic, count in sorted(each.topics.items(), key=lambda item: -item[1])
        )
        table.add_row(
            each.error or "nothing", str(len(each.counts)), f"{each.median:g}", str(each.most), topics or "none"
        )
    Console(width=140, highlight=False).print(table)


@simulate.command("signals")
@click.argument("result", type=_FOLDER)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="The day of a change: how soon was it noticed?")
@click.option("--period", type=click.Choice(list(PERIODS)), default="week", show_default=True)
@click.option("--configuration", type=click.Choice(["A", "B"]), default="A", show_default=True)
def signals(result: Path, since: datetime | None, period: str, configuration: str) -> None:
    """Report which drugs and topics went silent or loud in the RESULT of a simulation, by `learn report`'s charts."""
    _must_have("duckdb")
    import duckdb  # noqa: PLC0415 - what an extra brings is loaded when asked for

    from cds_service.learning.volume_page import left_out  # noqa: PLC0415
    from cds_service.simulate.signal_detection import noticed, signal_lines, volume_noticed, volume_of  # noqa: PLC0415

    try:
        day = since.date() if since else None
        found = noticed(result, configuration, PERIODS[period], day)
        orders = volume_of(result)
    except duckdb.Error as error:
        has_orders = (result / "orders.parquet").is_file()
        why = str(error).splitlines()[0] if has_orders else "there is no orders.parquet in it"
        fail(f"{result}: no result of a simulation: {why}")
    lines = [*volume_noticed(orders, day), *signal_lines(found, period)]
    # Each line begins with its date; orders come before topics, which may have changed because of them.
    click.echo("\n".join([*sorted(lines, key=lambda line: line[: len("2026-01-01")]), left_out(orders)]))


def _run(run: Plan, engine: Callable[..., tuple[Counts, list[Path]]], console: Console) -> Summary:
    from cds_service.simulate.running import finish  # noqa: PLC0415 - loaded when asked for

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks = {name: progress.add_task(name, total=None) for name in ("reading", "replaying")}

        def show(name: str, done: int, total: int) -> None:
            progress.update(tasks[name], completed=done, total=total)

        counts, parts = engine(run, progress=show)
        return finish(run, counts, parts)


def _engine(name: str, workers: int, master: str | None) -> Callable[..., tuple[Counts, list[Path]]]:
    if name == "spark":
        from cds_service.simulate import on_spark  # noqa: PLC0415 - loaded when asked for

        return partial(on_spark.replay, workers=workers, master=master)
    from cds_service.simulate import embedded  # noqa: PLC0415 - loaded when asked for

    return partial(embedded.replay, workers=workers)


def _check(labels: Path) -> None:
    from cds_service.simulate.accuracy import check_labels  # noqa: PLC0415 - loaded when asked for

    check_labels(labels)


def _must_have(engine: str) -> None:
    """Say which extra is missing, and how to install it."""
    if [name for name in _EXTRAS[engine] if find_spec(name) is None]:
        extra, how = _INSTALLED_BY[engine]
        fail(f"the simulation needs more than the service: install the extra {extra!r} (in a clone: {how})")
    if engine == "spark" and shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        fail("--engine spark needs Java 17 or later, and there is no java on the path")


def _cannot_write(output: Path, error: Exception) -> NoReturn:
    if isinstance(error, OSError):
        why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or type(error).__name__
    elif isinstance(error, BrokenProcessPool):
        why = "a process was ended from outside, for want of memory perhaps"
    else:
        why = str(error).splitlines()[0]
    click.echo(f"{output}: cannot be written: {why}; start again when that is put right, and the run goes on", err=True)
    sys.exit(NO_ROOM)
