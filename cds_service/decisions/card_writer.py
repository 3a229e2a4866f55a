"""Writes cards as CDS Hooks JSON, with their suggestions on the EHR's own resources. A part that fails is left out."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from cds_service.decisions import failures
from cds_service.protocol.card_json import card_json, suggestion_json, worded
from cds_service.protocol.smart_links import smart_links

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cards.presentation.card import Card
    from cards.presentation.grouping import CardContent
    from cards.presentation.renderer import Renderer
    from cds_service.configuration.settings import Settings
    from fhir_mappings.medications.actions import ActionWriter
    from fhir_mappings.request.hook_request import HookRequest
    from fhir_mappings.wire.lenient import Json


class CardWriter:
    """Writes the cards of one configuration."""

    def __init__(self, settings: Settings, renderer: Renderer, actions: ActionWriter | None) -> None:
        """Take what words the cards, and what writes suggestions; without it, cards only say what is wrong."""
        self._base_url = settings.base_url
        self._has_links = settings.smart.links
        self._renderer = renderer
        self._actions = actions
        self._unchecked = card_json(renderer.plain.minimal_card(""), self._base_url, [])

    def unchecked(self) -> dict[str, Any]:
        """Return the card of a call of which nothing could be read, not even what it is about."""
        return {**self._unchecked, "uuid": str(uuid.uuid4())}

    def cards(
        self, contents: Iterable[CardContent], resources: Mapping[str, Json], request: HookRequest
    ) -> Iterator[dict[str, Any]]:
        """Write each card; ``resources`` are the orders as the EHR sent them, by their place in the request."""
        for card in worded(contents, self._renderer, request.hook_instance, failures.check_failed):
            try:
                suggestions = list(self._suggestions(card, resources, request.patient_id))
                yield card_json(card, self._base_url, suggestions, self._links(card))
            except Exception as error:  # noqa: BLE001 - one card must not cost the others
                failures.part_failed("card", error)
                yield self.unchecked()

    def _links(self, card: Card) -> list[dict[str, Any]]:
        if not self._has_links or card.order is None:
            return []
        try:
            return smart_links(card, self._base_url)
        except Exception as error:  # noqa: BLE001 - a card without its link is better than none
            failures.part_failed("links", error)
            return []

    def _suggestions(self, card: Card, resources: Mapping[str, Json], patient_id: str) -> Iterator[dict[str, Any]]:
        if self._actions is None:
            return
        is_first = True
        for suggestion in card.suggestions:
            try:
                actions = self._actions.actions(suggestion.changes, resources, patient_id)
            except Exception as error:  # noqa: BLE001 - a card without a button is better than none
                failures.part_failed("suggestion", error)
                continue
            if actions:
                yield suggestion_json(suggestion.label, suggestion.uuid, actions, is_first=is_first)
                is_first = False
