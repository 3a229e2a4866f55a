"""``her2-cds policy``: read policy versions. Nothing is published here: that takes two people who have signed in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml

from cds_service.commands.config import print_differences
from cds_service.commands.options import config_option, fail, output_option
from cds_service.commands.policy_store import opened_library
from cds_service.commands.stop import stop, stops
from cds_service.commands.trial import trial
from cds_service.configuration.policy_content import NOTHING, PolicyContent, content_differences

if TYPE_CHECKING:
    from cds_service.policies.library import Library
    from cds_service.policies.lifecycle import Step

_DEFAULT = "default"


@click.group()
def policy() -> None:
    """List policy versions, try one in the shadow, stop a topic. Writing and publishing is done in the workbench."""


@policy.command("list")
@config_option
def policy_list(config: Path | None) -> None:
    """List the versions, newest first."""
    with opened_library(config) as library:
        every = library.versions()
    for version in every:
        based_on = f"  (based on {version.based_on})" if version.based_on is not None else ""
        at = version.last.at.isoformat(timespec="minutes")
        click.echo(f"{version.number:>4}  {version.state:<10}  {at}  {version.title}{based_on}")
    if not every:
        click.echo("no version; the configuration files alone are in force")


@policy.command("show")
@click.argument("number", type=int)
@output_option("yaml", "json")
@config_option
def policy_show(number: int, output: str, config: Path | None) -> None:
    """Print a version: its state, its steps, and its content."""
    with opened_library(config) as library:
        version = library.version(number)
    shown = {
        "version": version.number,
        "title": version.title,
        "state": str(version.state),
        **({"based_on": version.based_on} if version.based_on is not None else {}),
        "hash": version.content_hash,
        "steps": [_step(step) for step in version.steps],
        # As stored, so that content that this release does not accept can be shown too.
        "content": json.loads(version.contents[version.content_hash]),
    }
    if output == "json":
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        click.echo(yaml.safe_dump(shown, sort_keys=False, allow_unicode=True), nl=False)


@policy.command("diff")
@click.argument("before")
@click.argument("after")
@output_option("text", "json")
@config_option
def policy_diff(before: str, after: str, output: str, config: Path | None) -> None:
    """Say what is different in version AFTER and what effect it has; ``default`` stands for one that sets nothing.

    Exit code: 0 they are the same, 1 they are different, 2 one cannot be used.
    """
    with opened_library(config) as library:
        found = content_differences(_content(library, before), _content(library, after))
        stopped = library.stops.open()
    for each in stopped:
        click.echo(f"{each.stopped.topic} is stopped now, whatever a version says: {each.stop.says}", err=True)
    print_differences(found, output)


@policy.command("export")
@click.argument("number", type=int)
@config_option
def policy_export(number: int, config: Path | None) -> None:
    """Print the content of a version as a configuration file, for ``simulate``, ``config diff`` and ``check``."""
    with opened_library(config) as library:
        version = library.version(number)
        written = version.content.as_yaml()
    click.echo(f"# Version {version.number}, {version.state}: {json.dumps(version.title, ensure_ascii=False)}")
    click.echo(written, nl=False)


for command in (trial, stop, stops):
    policy.add_command(command)


def _content(library: Library, name: str) -> PolicyContent:
    if name == _DEFAULT:
        return NOTHING
    if not (name.isascii() and name.isdigit()):
        fail(f"{name}: name two versions by their numbers, or 'default'")
    return library.version(int(name)).content


def _step(step: Step) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "step": str(step.kind),
        "at": step.at.isoformat(),
        "by": step.actor_name,
        "subject": step.actor,
        "comment": step.comment,
        "hash": step.content_hash,
        "effective_from": step.effective_from.isoformat() if step.effective_from else None,
        "effective_until": step.effective_until.isoformat() if step.effective_until else None,
    }
    return {name: value for name, value in shown.items() if value not in (None, "")}
