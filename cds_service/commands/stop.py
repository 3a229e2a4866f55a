"""``her2-cds policy stop`` and ``stops``: stop a topic in an emergency, and see what is stopped.

Stopping only makes the service quieter, so one person is enough, and the name is as typed. Restoring a topic takes two
people who have signed in, so it can only be done in the workbench.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from cards.facts.topics import topics_of
from cds_service.commands.options import config_option, fail, output_option, settings_of
from cds_service.commands.policy_store import opened_library
from cds_service.commands.trial import person_typed
from cds_service.configuration.roles import Role
from cds_service.configuration.section import nearest
from cds_service.configuration.site_content import with_texts
from cds_service.policies.stops import OpenStop, StopKind

if TYPE_CHECKING:
    from pathlib import Path

    from cds_service.configuration.settings import Settings
    from cds_service.policies.library import Library


@click.command("stop")
@click.argument("topic")
@click.option("--by", required=True, help="Who says so.")
@click.option("--reason", required=True, help="Why. Name no patient.")
@config_option
def stop(topic: str, by: str, reason: str, config: Path | None) -> None:
    """Stop showing the cards of a topic, on every machine within seconds, until two people settle it."""
    person = person_typed(by, Role.PUBLISHER)
    settings = settings_of(config)
    with opened_library(config) as library:
        known = topics_known(library, settings)
        if topic not in known:
            fail(f"{topic}: no such topic{nearest(topic, known)}")
        library.stops.step(person, topic, StopKind.STOPPED, reason)
    click.echo(f"{topic} is stopped: still checked and recorded, and shown to nobody")
    click.echo("Tell those who order. Two people settle it in the workbench, on the page of the topic.")


@click.command("stops")
@output_option("text", "json")
@config_option
def stops(output: str, config: Path | None) -> None:
    """List the topics that are stopped now."""
    with opened_library(config) as library:
        found = library.stops.open()
    if output == "json":
        click.echo(json.dumps([_written(each) for each in found], indent=2, ensure_ascii=False))
        return
    for each in found:
        asked = f"; {each.asked.actor_name} has asked to put it back" if each.asked is not None else ""
        click.echo(f"{each.stopped.topic}  {each.stop.says}{asked}")
    if not found:
        click.echo("no topic is stopped")


def topics_known(library: Library, settings: Settings) -> list[str]:
    """Return the topics that ship, and those of site rules in the files and in the version in force."""
    layer = settings.site_layer
    found = library.in_force()
    if found is not None:
        layer = with_texts(layer, found.content.site, f"version {found.version}")
    return [str(topic) for topic in topics_of(layer.known)]


def _written(each: OpenStop) -> dict[str, Any]:
    return {
        "topic": each.stopped.topic,
        "number": each.stopped.id,
        "since": each.stopped.at.isoformat(),
        "by": each.stopped.actor_name,
        "reason": each.stopped.comment,
        "putBackAskedBy": each.asked.actor_name if each.asked is not None else None,
    }
