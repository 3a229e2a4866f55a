"""What a card's link tells the app: which card it was. No data of a patient, the launch brings that."""

from __future__ import annotations

import msgspec

from cards.topics import Topic

_LONGEST = 1000


class _Context(msgspec.Struct):
    topic: Topic


def app_context(topic: Topic) -> str:
    """Write the context of a card's link."""
    return msgspec.json.encode(_Context(topic)).decode()


def topic_of(context: str) -> str:
    """Read the topic of the card that the app was launched from; empty for anything else."""
    try:
        return str(msgspec.json.decode(context[:_LONGEST], type=_Context).topic)
    except msgspec.MsgspecError:
        return ""
