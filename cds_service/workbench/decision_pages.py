"""``/workbench/decisions``: decisions as a list, and one of them explained, with the same patient's next ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from cards.facts.outcomes import Indicator
from cards.facts.topics import topics_of
from cds_service.audit.explain import explain
from cds_service.protocol.services import BY_ID, SERVICES
from cds_service.smart.markdown import html
from cds_service.store.listing import HORIZON, ListPage, listed, next_of_patient, place_in
from cds_service.store.reading import find
from cds_service.store.selection import NO_FEEDBACK, CardFilter, Window
from cds_service.web.answers import decider, store
from cds_service.web.pages import later, say
from cds_service.workbench.access import shown
from cds_service.workbench.forms import text_in
from cds_service.workbench.windows import client_choice, window_of_client

_LONGEST_ID = 64
_LONGEST_PSEUDONYM = 256
OUTCOMES = ("accepted", "overridden", NO_FEEDBACK)
_ASKED = ("from", "to", "service", "topic", "product", "indicator", "outcome", "issuer", "tenant", "patient")


def add_to(blueprint: Blueprint) -> None:
    """Add the routes."""
    blueprint.get("/decisions")(decisions)


def decisions() -> Response:
    """Explain one decision, found by its id or by the id of one of its cards; without an id, list them."""
    asked = text_in(request.args, "id").strip()[:_LONGEST_ID]
    if not asked:
        return _list()
    engine = store().engine
    found, kept = explain(engine, asked), find(engine, asked)
    following = later(lambda: next_of_patient(engine, kept.row) if kept is not None else ())
    return shown("decision.html", 200 if found else 404, asked=asked, found=found, following=following, markdown=html)


def _list() -> Response:
    known = decider().known
    products = {product.id: product.name for product in known.products}
    given = {name: text_in(request.args, name).strip()[:_LONGEST_PSEUDONYM] for name in _ASKED}
    cards = CardFilter(
        _one_of(given["topic"], [str(topic) for topic in topics_of(known)]),
        _one_of(given["indicator"], list(Indicator)),
        outcome=_one_of(given["outcome"], list(OUTCOMES)),
    )
    drug = _one_of(given["product"], list(products))
    cards = replace(cards, product=drug) if cards.asks else replace(cards, drug=drug)
    window, problem = _window(given)
    before = place_in(text_in(request.args, "before"))
    return shown(
        "decisions.html",
        page=later(
            lambda: ListPage(()) if problem else listed(store().engine, window, cards, given["patient"] or None, before)
        ),
        problem=problem,
        given=given,
        query={name: value for name, value in given.items() if value},
        is_later_page=before is not None,
        horizon=HORIZON,
        services=SERVICES,
        topics=[str(topic) for topic in topics_of(known)],
        products=products,
        indicators=[str(each) for each in Indicator],
        outcomes=OUTCOMES,
        client=client_choice(),
    )


def _one_of(asked: str, choices: list[Any]) -> str | None:
    return asked if asked in choices else None


def _window(given: dict[str, str]) -> tuple[Window, str]:
    """Read the first and last day, in the site's zone, both included; return any error."""
    window = window_of_client(given["service"])
    window = replace(window, service=_one_of(given["service"], list(BY_ID)))
    try:
        first, last = (date.fromisoformat(given[name]) if given[name] else None for name in ("from", "to"))
        begin = _midnight(first) if first is not None else None
        end = _midnight(last + timedelta(days=1)) if last is not None else None
    except (ValueError, OverflowError):
        return window, say("Write a day as 2026-11-30.")
    return replace(window, begin=begin, end=end), ""


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(decider().settings.site.timezone))
