"""``/workbench/sources``: the documents of each drug, their age, and what is due for review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from cds_service.web.answers import decider
from cds_service.web.pages import later
from cds_service.workbench.access import shown
from cds_service.workbench.current import today
from cds_service.workbench.sources import due_for_review, sources_by_drug

if TYPE_CHECKING:
    from flask import Response


def add_to(blueprint: Blueprint) -> None:
    """Add the route."""
    blueprint.get("/sources")(sources)


def sources() -> Response:
    """Show the documents of every drug."""
    now = decider()
    months = now.settings.site.review_months
    groups = later(lambda: sources_by_drug(now.known, today(), months))
    due = later(lambda: due_for_review(groups()))
    total = later(lambda: len({each.id for group in groups() for each in group.sources}))
    return shown("sources.html", groups=groups, due=due, total=total, months=months)
