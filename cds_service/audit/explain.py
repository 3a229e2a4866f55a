"""Why a card fired, or did not: one recorded decision, explained.

Everything comes from the record. The recorded facts are judged again, to show whether the same cards result and which
thresholds were used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cards.facts.outcomes import CannotTell, Clear, Fired, NotApplicable
from cards.facts.policy import Mode
from cards.presentation.renderer import Renderer
from cards.presentation.wording import default_wording
from cds_service.decisions.reproduce import recorded_policy, replay
from cds_service.learning.judgments import settings_of
from cds_service.learning.trial import version_tried
from cds_service.store import feedback as kept_feedback
from cds_service.store.reading import find
from cds_service.store.record import order_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine, Row

    from cards.facts.outcomes import Missing, Verdict
    from cards.knowledge.schema import Knowledge
    from cds_service.decisions.reproduce import Replay
    from cds_service.store.reading import StoredDecision

Json = dict[str, Any]


def explain(engine: Engine, identifier: str) -> Json | None:
    """Explain the decision with this id, or the one that sent the card with this id; ``None`` if there is neither."""
    kept = find(engine, identifier)
    if kept is None:
        return None
    again = replay(kept)
    row = kept.row
    return {
        "decision": {
            "id": row.id,
            "at": row.at.isoformat(),
            "service": row.service,
            "hookInstance": row.hook_instance,
            "caller": {"issuer": row.issuer, "tenant": row.tenant},
            "patient": row.patient,
            "user": row.user,
            "durationMs": row.duration_ms,
            "recordedLate": row.late,
        },
        "versions": {
            "code": row.code_version,
            "knowledge": row.knowledge_version,
            "wording": row.wording_version,
            "configuration": row.configuration_hash,
        },
        "policy": kept.configuration.get("policy"),
        "stopped": kept.configuration.get("stopped", {}),
        "facts": msgspec.json.decode(row.facts),
        "checks": list(_checks(kept, again)),
        "cards": [{**card, "feedback": _feedback(engine, card["uuid"])} for card in kept.cards],
        "stated": msgspec.json.decode(row.verdicts).get("stated", []),
        "suppressed": [_suppressed(each) for each in kept.suppressed],
        "shadow": _shadow(engine, kept),
        "replay": {"identical": again.identical, "otherVersionsNow": list(again.changed)},
    }


def _checks(kept: StoredDecision, again: Replay) -> Iterable[Json]:
    known, wording = again.known, again.wording
    policy = recorded_policy(kept.configuration)
    renderer = Renderer(wording, known, policy.indicators)
    for verdict in again.verdicts:
        topic = kept.configuration["topics"].get(str(verdict.topic), {})
        yield {
            "topic": str(verdict.topic),
            "display": wording.topics[verdict.topic].display,
            "order": order_name(verdict),
            "mode": topic.get("mode"),
            "setBy": topic.get("set_by"),
            **_outcome(verdict, renderer, kept.row.hook_instance),
            "thresholds": [
                {
                    "name": name,
                    **(kept.configuration["thresholds"].get(name) or _default(known, name)),
                    "unit": known.thresholds[name.partition(".")[0]].unit,
                    "meaning": known.thresholds[name.partition(".")[0]].meaning,
                    "source": known.sources[known.thresholds[name.partition(".")[0]].by.source].title,
                }
                for name in again.thresholds.get(verdict.topic, ())
            ],
        }


def _default(known: Knowledge, name: str) -> Json:
    """Return a threshold that was added after the decision, or that is not set for a product."""
    threshold = known.thresholds.get(name)
    default = threshold.default if threshold is not None else None
    return {"value": None if default is None else str(default), "set_by": "default"}


def _outcome(verdict: Verdict, renderer: Renderer, hook_instance: str) -> Json:
    match verdict.outcome:
        case Fired():
            card = renderer.card(verdict, hook_instance)
            said = {"says": card.summary, "detail": card.detail, "indicator": str(card.indicator)} if card else {}
            return {"outcome": "fired", **said}
        case CannotTell(missing=missing):
            return {"outcome": "could-not-check", "missing": [missing_data_text(each, verdict) for each in missing]}
        case NotApplicable(because=because):
            return {"outcome": "not-applicable", "because": because}
        case Clear():
            return {"outcome": "checked-and-fine"}


def missing_data_text(missing: Missing, verdict: Verdict) -> str:
    """Say in words which missing data a check needed."""
    sentence = default_wording().evidence.get(f"missing-{missing.what}", missing.what)
    return sentence.format(text=verdict.drug, **missing.values)


def _suppressed(row: Row[Any]) -> Json:
    return {
        "uuid": row.uuid,
        "topic": row.topic,
        "order": row.order_name,
        "summary": msgspec.json.decode(row.content)["summary"],
        "because": {
            "overriddenCard": row.overridden_card,
            "receivedAt": row.overridden_at.isoformat(),
            **msgspec.json.decode(row.reason),
        },
    }


def _shadow(engine: Engine, kept: StoredDecision) -> Json | None:
    """Say what the policy on trial, if any, would have shown, and which version it was."""
    if kept.shadow is None:
        return None
    fired = msgspec.json.decode(kept.shadow.verdicts)["fired"]
    digest = kept.shadow.configuration_hash
    with engine.connect() as connection:
        tried = settings_of(connection, [digest])[digest]
    return {
        "configuration": digest,
        "version": version_tried(kept.configuration, tried),
        "wouldShow": [f"{each['topic']} {each['order']}".rstrip() for each in fired if each["mode"] == Mode.LIVE],
    }


def _feedback(engine: Engine, card: str) -> Json:
    entries = kept_feedback.history(engine, card)
    latest = kept_feedback.current(entries)
    return {
        "state": latest.outcome if latest else "no feedback",
        "history": [
            {
                "outcome": entry.outcome,
                "at": entry.outcome_at.isoformat(),
                "receivedAt": entry.received_at.isoformat(),
                **entry.content,
            }
            for entry in entries
        ],
    }
