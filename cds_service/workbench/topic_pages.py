"""``/workbench``: the list of topics as they are in force, and a page for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort

from cds_service.configuration.roles import Role
from cds_service.policies.lifecycle import COMMENT_LIMIT
from cds_service.smart.markdown import html
from cds_service.web.answers import decider
from cds_service.web.pages import later
from cds_service.workbench.access import me, shown
from cds_service.workbench.banners import on_trial, refused
from cds_service.workbench.current import changes_of, library, previewer
from cds_service.workbench.specimens import specimens
from cds_service.workbench.stop_pages import emergency
from cds_service.workbench.topics import families, topic_row, typical_card

if TYPE_CHECKING:
    from flask import Response

    from cds_service.policies.views import Version


def add_to(blueprint: Blueprint) -> None:
    """Add the routes."""
    blueprint.get("")(topics)
    blueprint.get("/topics/<name>")(topic)


def topics() -> Response:
    """List every topic."""
    listed = later(lambda: families(decider().settings, previewer()))
    return shown(
        "topics.html",
        families=listed,
        changes=later(lambda: changes_of([row for _, rows in listed() for row in rows])),
        version=later(_version),
        refused=later(refused),
        trial=later(on_trial),
    )


def _version() -> Version | None:
    found = library().in_force()
    return library().version(found.version) if found is not None else None


def topic(name: str) -> Response:
    """Show one topic: its texts, thresholds, source, history, cases and card."""
    settings, now = decider().settings, previewer()
    words = settings.site_layer.wording
    if name not in words.topics:
        abort(404)
    found = next(topic for topic in words.topics if topic == name)
    row = topic_row(found, settings, now)
    return shown(
        "topic.html",
        row=row,
        card=later(lambda: typical_card(found, settings, now)),
        cases=later(lambda: [each for each in specimens().values() if each.topic == found]),
        reasons=later(lambda: [words.override_reasons[each] for each in words.topics[found].override_reasons]),
        changes=later(lambda: changes_of([row])[found]),
        emergency=later(lambda: emergency(row)),
        version=later(library().in_force),
        may_draft=Role.EDITOR in me().roles,
        comment_limit=COMMENT_LIMIT,
        markdown=html,
    )
