"""What other settings would have shown for the newest recorded decisions, judged again both ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cds_service.decisions.rejudge import recorded_session
from cds_service.store.reading import newest

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cds_service.store.selection import Window
    from cds_service.workbench.previewing import Previewer

AT_MOST = 500
_EXAMPLES = 3


@dataclass(slots=True)
class TopicOnRecord:
    """The number of decisions in which a topic's cards would be new, gone, or only worded differently."""

    new: int = 0
    gone: int = 0
    reworded: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class OnRecord:
    """The result: decisions examined, cards with both settings, and the topics that differ."""

    decisions: int = 0
    cards_now: int = 0
    cards_then: int = 0
    topics: dict[str, TopicOnRecord] = field(default_factory=dict)


def on_record(engine: Engine, now: Previewer, then: Previewer, window: Window) -> OnRecord:
    """Judge the facts of the newest decisions in a window with both, with today's code, knowledge and wording.

    Billing uses the payer policies and prices in force, and profiles are ignored.
    """
    found = OnRecord()
    for kept in newest(engine, window, AT_MOST):
        session = recorded_session(kept)
        before, after = now.of_session(session), then.of_session(session)
        found.decisions += 1
        found.cards_now += len(before.cards)
        found.cards_then += len(after.cards)
        gone, new = before.shown - after.shown, after.shown - before.shown
        for topic in sorted({each[0] for each in gone | new}):
            of_topic = found.topics.setdefault(topic, TopicOnRecord())
            is_gone, is_new = (any(each[0] == topic for each in some) for some in (gone, new))
            of_topic.reworded += is_gone and is_new
            of_topic.gone += is_gone and not is_new
            of_topic.new += is_new and not is_gone
            if len(of_topic.examples) < _EXAMPLES:
                of_topic.examples.append(kept.row.id)
    return found
