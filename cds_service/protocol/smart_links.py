"""The context of a card's SMART link: which card it was on. No patient data; the launch provides that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from cards.facts.topics import TopicCode

if TYPE_CHECKING:
    from cards.presentation.card import Card

_LONGEST = 1000


class _Context(msgspec.Struct):
    # A topic of this service or of a site rule.
    topic: Annotated[TopicCode, msgspec.Meta(pattern="^[a-z0-9-]{1,80}$")]


def smart_links(card: Card, base_url: str) -> list[dict[str, Any]]:
    """Build the link that launches the app from a card."""
    return [
        {
            "label": "HER2 therapy on one timeline",
            "url": f"{base_url}/smart/launch",
            "type": "smart",
            "appContext": app_context(card.topic),
        }
    ]


def app_context(topic: TopicCode) -> str:
    """Build the context of a card's link."""
    return msgspec.json.encode(_Context(topic)).decode()


def topic_of(context: str) -> str:
    """Read the topic of the card that the app was launched from; empty for anything else."""
    try:
        return str(msgspec.json.decode(context[:_LONGEST], type=_Context).topic)
    except msgspec.MsgspecError:
        return ""
