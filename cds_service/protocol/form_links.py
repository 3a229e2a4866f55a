"""Adds the form with a policy's open questions to its criteria card: a link, and a suggestion that prefills it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from fhir_mappings.coverage.questionnaires import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cards.coverage.form import Form

Json = dict[str, Any]
_FORM = "|form"


def suggestion_id(card_id: str) -> str:
    """Return the id of the suggestion that starts a form; stable for the same card."""
    return str(uuid.uuid5(uuid.UUID(card_id), _FORM))


def with_form(card: Json, form: Form, words: Mapping[str, str], base_url: str, begun: Json | None) -> Json:
    """Add the link to a form, and if possible the suggestion that starts it."""
    named = {"policy": form.policy.id}
    link = {"label": words["form-link"].format(**named), "url": canonical(form, base_url), "type": "absolute"}
    changed = {**card, "links": [*card.get("links", ()), link]}
    if begun is None:
        return changed
    label = words["form-start"].format(**named)
    action = {"type": "create", "description": label, "resource": begun}
    begin = {"label": label, "uuid": suggestion_id(card["uuid"]), "isRecommended": False, "actions": [action]}
    return {**changed, "suggestions": [*card.get("suggestions", ()), begin], "selectionBehavior": "at-most-one"}
