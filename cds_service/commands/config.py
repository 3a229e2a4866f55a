"""``her2-cds config``: check, compare and show configuration files."""

from __future__ import annotations

import dataclasses
import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import NoReturn

import click
from sqlalchemy.exc import SQLAlchemyError

from cds_service.commands.deciding import decider_of
from cds_service.commands.options import FILE, config_option, fail, output_option, settings_of
from cds_service.commands.record import open_record
from cds_service.configuration.diff import Difference, differences
from cds_service.configuration.json_schema import json_schema
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.configuration.overlay import PublishedPolicy, with_policy
from cds_service.configuration.settings import Settings
from cds_service.configuration.show import as_yaml, lines
from cds_service.configuration.stopped import with_stops
from cds_service.policies.library import Library
from fhir_mappings.code_maps.notes import notes

SAME, DIFFERENT = 0, 1
_DEFAULT = "default"


@click.command("diff")
@click.argument("before")
@click.argument("after")
@output_option("text", "json")
def config_diff(before: str, after: str, output: str) -> None:
    """Say what is different in AFTER and what effect it has; ``default`` stands for a configuration that sets nothing.

    Environment variables are ignored. Exit code: 0 they are the same, 1 they are different, 2 one cannot be used.
    """
    print_differences(differences(_settings(before), _settings(after)), output)


def print_differences(found: list[Difference], output: str) -> NoReturn:
    """Print the differences, and exit with 1 if there are any."""
    if output == "json":
        click.echo(json.dumps([dataclasses.asdict(each) for each in found], indent=2))
    else:
        for each in found:
            click.echo(each.says)
            if each.effect:
                click.echo(f"    {each.effect}")
        if not found:
            click.echo("no difference")
    sys.exit(DIFFERENT if found else SAME)


@click.command("show")
@config_option
@click.option(
    "--with-policy",
    "policy",
    is_flag=True,
    help="Include the policy version in force and the stopped topics, from the database.",
)
@output_option("yaml", "json")
def config_show(config: Path | None, output: str, *, policy: bool) -> None:
    """Print the effective configuration, each value with the layer that set it."""
    settings = settings_of(config)
    if policy:
        settings = _over_the_files(settings)
    if output == "yaml":
        click.echo(as_yaml(settings), nl=False)
        return
    listed = [{"key": ".".join(place), "value": value, "setBy": layer} for place, value, layer in lines(settings)]
    click.echo(json.dumps(listed, indent=2))


def _over_the_files(settings: Settings) -> Settings:
    engine = open_record(settings)
    try:
        library = Library(engine)
        found, stopped = library.in_force(), [each.stop for each in library.stops.open()]
        if found is not None:
            settings = with_policy(settings, PublishedPolicy(found.content, found.version, found.hash))
        return with_stops(settings, stopped)
    except SQLAlchemyError as error:
        fail(f"the versions cannot be read: {type(error).__name__}")
    except ConfigurationError as error:
        fail("\n".join(error.problems))
    finally:
        engine.dispose()


def _settings(name: str) -> Settings:
    if name == _DEFAULT:
        return Settings()
    path = Path(name)
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no such file"
        fail(f"{name}: {what}; name two configuration files, or 'default'")
    try:
        return load_settings(path, {})
    except ConfigurationError as error:
        fail("\n".join(error.problems))


@click.group()
def config() -> None:
    """Check and print configuration files."""


@config.command("check")
@click.argument("file", type=FILE)
def config_check(file: Path) -> None:
    """Validate a configuration file; report every problem with its line, and code map entries that have no effect."""
    decider = decider_of(file)
    for note in notes(decider.settings.site.code_maps, decider.known):
        click.echo(f"note: {note}")
    click.echo(f"{file}: valid")


@config.command("schema")
@click.option("--config", type=FILE, help="A configuration whose own rules add topics.")
def config_schema(config: Path | None) -> None:
    """Print the JSON Schema of the configuration, for editors."""
    known = settings_of(config).site_layer.known if config is not None else None
    click.echo(json.dumps(json_schema(known), indent=2))


@config.command("demo")
def config_demo() -> None:
    """Print the demonstration configuration, as a starting point for your own."""
    click.echo((files("her2_cds_examples") / "demo.yaml").read_text(encoding="utf-8"), nl=False)


for command in (config_diff, config_show):
    config.add_command(command)
