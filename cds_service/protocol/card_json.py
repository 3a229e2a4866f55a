"""Cards in the CDS Hooks format: which are shown, and how each is serialized."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from cards.facts.outcomes import Fired
from cards.facts.policy import Mode
from cards.presentation.due import due_cards
from cards.presentation.grouping import CardContent, grouped
from cards.suggestion_checks import without_harmful_removals, without_removals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cards.facts.outcomes import Verdict
    from cards.facts.policy import Policy
    from cards.facts.session import Session
    from cards.failures import OnFailure
    from cards.identification.recognizer import Recognizer
    from cards.presentation.card import Card
    from cards.presentation.renderer import Renderer
    from cards.presentation.wording import Wording

_outcome = attrgetter("outcome")
_REASONS = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"


def live_findings(verdicts: Sequence[Verdict], policy: Policy) -> list[Verdict]:
    """List the verdicts that are to be shown: the findings of live topics."""
    if Fired not in map(type, map(_outcome, verdicts)):
        # Most calls.
        return []
    return [
        verdict
        for verdict in verdicts
        if verdict.outcome.__class__ is Fired and policy.mode(verdict.topic) is Mode.LIVE
    ]


def to_show(
    verdicts: Sequence[Verdict],
    session: Session,
    policy: Policy,
    recognizer: Recognizer,
    wording: Wording,
    on_failure: OnFailure | None = None,
) -> tuple[CardContent, ...]:
    """Select the findings of live topics, and group those that share a card.

    If the check of the offered removals fails, ``on_failure`` hears of it and none is offered; without it the exception
    is raised.
    """
    live = live_findings(verdicts, policy)
    if not live and session.hook.has_orders:
        return ()
    if not session.hook.has_orders:
        due = due_cards(live, session, recognizer.known)
        return grouped(due, due, session, policy, wording)
    contents = grouped(verdicts, live, session, policy, wording)
    try:
        return without_harmful_removals(contents, session, recognizer, policy, wording)
    except Exception as error:
        if on_failure is None:
            raise
        on_failure("removals", error)
        return without_removals(contents)


def worded(
    contents: Iterable[CardContent], renderer: Renderer, hook_instance: str, on_failure: OnFailure | None = None
) -> Iterator[Card]:
    """Render the cards. Orders that share a reference still get cards with different ids.

    ``on_failure`` hears of a card that cannot be worded, which is given in plain words; without it the exception is
    raised.
    """
    used: set[str] = set()
    for place, content in enumerate(contents):
        try:
            card = renderer.card_of(content, hook_instance)
            if card.uuid in used and content.lead.order is not None:
                card = renderer.card_of(content, f"{hook_instance}|{content.lead.order.path}")
        except Exception as error:
            if on_failure is None:
                raise
            card = _plainly(content, renderer, hook_instance, place, on_failure, error)
        used.add(card.uuid)
        yield card


def _plainly(
    content: CardContent, renderer: Renderer, hook_instance: str, place: int, on_failure: OnFailure, error: Exception
) -> Card:
    on_failure("wording", error)
    try:
        return renderer.plain.card_of(content, hook_instance)
    except Exception as again:  # noqa: BLE001 - what is left is to say that there is something
        on_failure("wording", again)
        return renderer.plain.minimal_card(hook_instance, place)


def suggestion_json(label: str, identifier: str, actions: list[dict[str, Any]], *, is_first: bool) -> dict[str, Any]:
    """Serialize a suggestion. The first one on a card is recommended if it only orders tests.

    A client may preselect a recommended suggestion. That is harmless for draft test orders; a changed dose or code, a
    hold or a removal must be the clinician's own choice.
    """
    is_recommended = is_first and all(
        action["type"] == "create" and action["resource"]["resourceType"] == "ServiceRequest" for action in actions
    )
    return {"label": label, "uuid": identifier, "isRecommended": is_recommended, "actions": actions}


def card_json(
    card: Card, base_url: str, suggestions: list[dict[str, Any]], links: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Serialize a card, without empty fields."""
    written: dict[str, Any] = {
        "uuid": card.uuid,
        "summary": card.summary,
        "detail": card.detail,
        "indicator": str(card.indicator),
        "source": {
            "label": card.source_label,
            "url": f"{base_url}{card.source_url}" if card.source_url[0] == "/" else card.source_url,
            "topic": {
                "system": f"{base_url}/CodeSystem/card-topic",
                "code": str(card.topic),
                "display": card.topic_display,
            },
        },
    }
    if suggestions:
        written["suggestions"] = suggestions
        written["selectionBehavior"] = "at-most-one"
    if card.override_reasons:
        written["overrideReasons"] = [
            {"system": _REASONS, "code": reason.code, "display": reason.display} for reason in card.override_reasons
        ]
    of_site = [{"label": label, "url": url, "type": "absolute"} for label, url in card.links]
    if links or of_site:
        written["links"] = [*of_site, *links]
    return written
