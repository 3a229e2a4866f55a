"""The label's actions in the words of the page."""

from __future__ import annotations

from collections.abc import Callable

from cards.knowledge.schema import Action

SHOWN = (Action.HOLD, Action.DISCONTINUE, Action.RECHECK)
"""The actions that are drawn."""
Say = Callable[..., str]
"""Returns a sentence in a language, with its values."""


def action_text(action: Action | None, say: Say) -> str:
    """Name an action of the label; ``None`` is one that depends on data that are not on record."""
    words = {
        Action.HOLD: say("hold"),
        Action.DISCONTINUE: say("discontinue"),
        Action.RECHECK: say("repeat soon"),
        None: say("more data decides"),
    }
    return words.get(action, str(action))
