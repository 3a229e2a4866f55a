"""Stopping a topic in an emergency, on its page: one person stops it, and two settle it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, abort, redirect, request, url_for
from sqlalchemy import func, select

from cards.facts.outcomes import Indicator
from cards.facts.policy import Mode
from cards.facts.topics import Topic, topics_of
from cds_service.configuration.policy_settings import TopicSettings
from cds_service.configuration.stopped import profiles_with_mode
from cds_service.policies.library import TITLE_LIMIT
from cds_service.policies.lifecycle import StepRefusedError
from cds_service.policies.rows import StepConflictError
from cds_service.policies.stops import OpenStop, StopKind, StopStep, possible_steps
from cds_service.store.tables import decision_cards, decisions
from cds_service.web.answers import decider, in_force, store
from cds_service.web.pages import say
from cds_service.workbench.access import is_signed_in_afresh, me, not_done, refusal, refused_draft, stale_sign_in
from cds_service.workbench.banners import refused
from cds_service.workbench.current import base_settings, content_in_force, library
from cds_service.workbench.forms import number_in, text_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.wrappers import Response as AnyResponse

    from cds_service.configuration.settings import Settings
    from cds_service.workbench.topics import TopicRow

_DAYS = 28


@dataclass(frozen=True, slots=True)
class Emergency:
    """What a topic's page says about stopping it, and what the current person may do.

    ``cards`` were shown in the last ``days``; ``set_beside`` are the profiles and variables that also set the mode, and
    take effect again once the stop is settled.
    """

    now: OpenStop | None
    history: Sequence[StopStep]
    possible: tuple[StopKind, ...]
    is_critical: bool
    is_off: bool
    tells_what_was_not_checked: bool
    cards: int
    set_beside: tuple[str, ...]
    days: int = _DAYS


def add_to(blueprint: Blueprint) -> None:
    """Add the routes."""
    blueprint.post("/topics/<name>/stop")(take)
    blueprint.post("/topics/<name>/keep-quiet")(stop_topic)


def emergency(row: TopicRow) -> Emergency:
    """Return what stopping a topic would mean, or the state of its stop."""
    topic = str(row.topic)
    now, history = library().stops.topic(topic)
    return Emergency(
        now=now,
        history=history,
        possible=possible_steps(me(), now),
        is_critical=row.indicator is Indicator.CRITICAL,
        is_off=row.mode is not Mode.LIVE,
        tells_what_was_not_checked=row.topic == Topic.CHECKS_INCOMPLETE,
        cards=_cards(topic),
        set_beside=_set_beside(topic, base_settings()),
    )


def take(name: str) -> AnyResponse:
    """Stop a topic, ask to restore it, agree or decline."""
    if name not in {str(topic) for topic in topics_of(decider().known)}:
        abort(404)
    kind = request.form.get("kind", "")
    if kind not in set(StopKind):
        abort(400)
    if not is_signed_in_afresh():
        return not_done(stale_sign_in(), 403)
    seen = number_in(request.form.get("seen", ""))
    try:
        library().stops.step(me(), name, StopKind(kind), text_in(request.form, "comment"), seen)
    except StepConflictError:
        said = say("Somebody else has taken a step meanwhile. Look at the topic again.")
        return not_done(said, 409)
    except StepRefusedError as error:
        return not_done(refusal(error), 403 if error.reason in ("role", "author") else 400)
    return redirect(url_for("workbench.topic", name=name))


def stop_topic(name: str) -> AnyResponse:
    """Create a draft that keeps a topic in the shadow: what is in force, with this topic's mode changed."""
    topic = next((each for each in topics_of(decider().known) if each == name), None)
    if topic is None:
        abort(404)
    if refused() is not None:
        said = say("What is published is refused by this release. Begin a version from the files.")
        return not_done(said, 409)
    now, content = library().in_force(), content_in_force()
    quiet = content.cards.get(topic, TopicSettings()).model_copy(update={"mode": Mode.SHADOW})
    content = content.model_copy(update={"cards": {**content.cards, topic: quiet}})
    try:
        title = f"Keeps {name} in the shadow"[:TITLE_LIMIT]
        begun = library().draft(me(), title, content, based_on=now.version if now is not None else None)
    except StepRefusedError as error:
        return refused_draft(error)
    return redirect(url_for("workbench.version", number=begun.number))


def _cards(topic: str) -> int:
    begin = in_force().clock() - timedelta(days=_DAYS)
    counted = select(func.count()).select_from(decision_cards.join(decisions))
    counted = counted.where(decision_cards.c.topic == topic, decisions.c.at >= begin)
    with store().engine.connect() as connection:
        return int(connection.scalar(counted) or 0)


def _set_beside(topic: str, settings: Settings) -> tuple[str, ...]:
    """Return the profiles and the variable that set a topic's mode."""
    found = [say("profile {name}", name=name) for name in profiles_with_mode(settings, topic)]
    if topic in settings.cards and settings.is_by_variable("cards", topic, "mode"):
        found.append(say("variable {name}", name=settings.place_of("cards", topic, "mode")))
    return tuple(found)
