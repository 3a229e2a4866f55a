"""A case from a trial for a reviewer: the card that nobody saw, and the facts behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cards.engine import judge
from cards.failures import ignore_failure
from cards.identification.recognizer import recognizer_for
from cards.knowledge.billing_setup import with_sources
from cards.presentation.renderer import Renderer
from cds_service.configuration.coverage_files import setup_of_record
from cds_service.configuration.site_layer import layer_of_record
from cds_service.decisions.rejudge import question, recorded_session
from cds_service.decisions.reproduce import recorded_policy
from cds_service.learning.judgments import settings_of
from cds_service.store.reading import find
from cds_service.store.record import order_name

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cds_service.learning.trial import ReviewCase

Json = dict[str, Any]


def unseen_card(engine: Engine, case: ReviewCase) -> Json:
    """Write the card of a case with the policy that was on trial, the recorded facts and today's wording."""
    kept = find(engine, case.decision)
    if kept is None:
        return {}
    settings = kept.configuration
    if kept.shadow is not None:
        with engine.connect() as connection:
            settings = settings_of(connection, [kept.shadow.configuration_hash])[kept.shadow.configuration_hash]
    layer = layer_of_record(settings)
    known, policy = layer.known, recorded_policy(settings)
    billing = setup_of_record(settings.get("coverage"))
    renderer = Renderer(layer.wording, with_sources(known, billing), policy.indicators)
    asked = question(recorded_session(kept), known, policy, billing)
    written: Json = {
        "decision": case.decision,
        "topic": case.topic,
        "order": case.order,
        "at": kept.row.at.isoformat(),
        "service": kept.row.service,
        "facts": msgspec.json.decode(kept.row.facts),
    }
    for verdict in judge(asked.session, recognizer_for(known), policy, asked.identities, asked.rules, ignore_failure):
        if verdict.topic == case.topic and order_name(verdict) == case.order:
            card = renderer.card(verdict, kept.row.hook_instance)
            if card is not None:
                return {
                    **written,
                    "summary": card.summary,
                    "detail": card.detail,
                    "indicator": str(card.indicator),
                }
    return {**written, "summary": "does not fire any more by today's code and knowledge"}
