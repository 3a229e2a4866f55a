"""``her2-cds policy trial``: put an approved version on trial in the shadow, and end its trial.

Nobody sees what a trial finds, so one person is enough; the name is recorded as typed, and marked as coming from the
command line.
"""

from __future__ import annotations

from pathlib import Path

import click

from cds_service.commands.options import config_option, fail
from cds_service.commands.policy_store import opened_library
from cds_service.configuration.roles import Role
from cds_service.policies.lifecycle import StepKind, Wish
from cds_service.policies.people import Person

_LONGEST_NAME = 120
_number = click.argument("number", type=int)
_by = click.option("--by", required=True, help="Who says so.")
_comment = click.option("--comment", default="", help="Why.")


@click.group()
def trial() -> None:
    """Try an approved version in the shadow: it judges the same orders as the policy in force, and is never shown."""


@trial.command("begin")
@_number
@_by
@_comment
@config_option
def trial_begin(number: int, by: str, comment: str, config: Path | None) -> None:
    """Put an approved version on trial, on every machine within seconds; only one at a time."""
    _take(StepKind.TRIAL_BEGUN, number, by, comment, config)
    click.echo(f"version {number} is on trial; see 'her2-cds shadow report --version {number}'")


@trial.command("end")
@_number
@_by
@_comment
@config_option
def trial_end(number: int, by: str, comment: str, config: Path | None) -> None:
    """End the trial of a version; its findings stay on record."""
    _take(StepKind.TRIAL_ENDED, number, by, comment, config)
    click.echo(f"version {number} is on trial no more")


def _take(kind: StepKind, number: int, by: str, comment: str, config: Path | None) -> None:
    person = person_typed(by, Role.PUBLISHER)
    with opened_library(config) as library:
        seen = library.version(number).last.id
        library.step(person, number, seen, Wish(kind, comment))


def person_typed(by: str, role: Role) -> Person:
    """Return the person with the typed name, or exit with what is wrong with it."""
    name = by.strip()
    if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        fail(f"--by: write a name in one line of at most {_LONGEST_NAME} characters")
    # No OpenID provider has an issuer of this name, so nobody who signs in can be mistaken for this person.
    return Person(f"command line|{name}", f"{name} (command line)", frozenset({role}))
