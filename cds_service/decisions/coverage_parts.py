"""The parts of an answer that only billing and coverage have: statements on orders, forms, and a CRD client's options.

A part that fails is left out, and the cards are still returned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cards.billing.coverage_statement import form_for, statements
from cards.engine import cases_in_scope
from cards.facts.topics import Topic
from cards.knowledge.billing_setup import with_sources
from cds_service.decisions import failures
from cds_service.protocol import crd
from cds_service.protocol.form_links import with_form
from fhir_mappings.coverage.coverage_information import CoverageWriter
from fhir_mappings.coverage.questionnaires import response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.coverage.form import Form
    from cards.facts.origins import Origin
    from cards.facts.policy import Policy
    from cards.facts.session import Session
    from cards.identification.recognizer import Recognizer
    from cards.knowledge.billing_setup import BillingSetup
    from cards.presentation.grouping import CardContent
    from cards.presentation.wording import Wording
    from cards.readings.case import Case
    from fhir_mappings.request.orders import Orders

Json = dict[str, Any]


class CoverageParts:
    """Writes coverage statements and forms with one configuration."""

    def __init__(
        self,
        recognizer: Recognizer,
        policy: Policy,
        billing: BillingSetup,
        wording: Wording,
        base_url: str,
        *,
        offers_answers: bool,
    ) -> None:
        """Take what all answers share; ``offers_answers``: a form comes with a prefilled answer."""
        self._recognizer, self._policy, self._billing = recognizer, policy, billing
        self._wording, self._base_url, self._offers_answers = wording, base_url, offers_answers
        self._writer = CoverageWriter(wording.statements, with_sources(recognizer.known, billing).sources, base_url)

    def statements(self, session: Session, orders: Orders) -> Iterator[Json]:
        """Write the coverage statement of each order on the order itself, if it is new."""
        try:
            cases = cases_in_scope(session, self._recognizer, self._policy, orders.identities)
        except Exception as error:  # noqa: BLE001 - nothing is stated, and the cards are given
            failures.part_failed("coverage-information", error)
            return
        for case in cases:
            try:
                action = self._statement(case, session, orders)
            except Exception as error:  # noqa: BLE001 - nothing is stated of this order, and the cards are given
                failures.part_failed("coverage-information", error)
                continue
            if action is not None:
                yield action

    def _statement(self, case: Case, session: Session, orders: Orders) -> Json | None:
        stated = statements(case, self._billing)
        resource = orders.resources.get(case.order.origin.path)
        if not stated or resource is None:
            return None
        return self._writer.update(stated, resource, session.today, self._wording.actions["coverage-information"])

    def with_forms(
        self,
        cards: Iterable[Json],
        shown: Iterable[CardContent],
        session: Session | None,
        orders: Orders,
    ) -> Iterator[Json]:
        """Add a form to the card with a policy's criteria: what is not known, prefilled from the chart."""
        for card, content in zip(cards, shown, strict=True):
            order = content.lead.order
            if content.lead.topic is not Topic.COVERAGE_CRITERIA or session is None or order is None:
                yield card
                continue
            try:
                yield self._with_form(card, order, session, orders)
            except Exception as error:  # noqa: BLE001 - a card without its form is better than none
                failures.part_failed("form", error)
                yield card

    def _with_form(self, card: Json, order: Origin, session: Session, orders: Orders) -> Json:
        cases = cases_in_scope(session, self._recognizer, self._policy, orders.identities)
        form = next((form_for(case, self._billing) for case in cases if case.order.origin == order), None)
        if form is None:
            return card
        words, base_url = self._wording.statements, self._base_url
        return with_form(card, form, words, base_url, self._prefilled(form, orders, order, session))

    def _prefilled(self, form: Form, orders: Orders, order: Origin, session: Session) -> Json | None:
        """Prefill the answer to a form; not offered if the order has no reference."""
        if not order.reference or not self._offers_answers:
            return None
        words, base_url = self._wording.statements, self._base_url
        return response(form, words, base_url, orders.patient_id, order, session.today)


def cards_wanted(shown: tuple[CardContent, ...], session: Session) -> tuple[CardContent, ...]:
    """Leave out what a client of the CRD profile does not want; if that fails, every card is shown."""
    try:
        return crd.contents_for(shown, session)
    except Exception as error:  # noqa: BLE001 - a card too many is better than none
        failures.part_failed("coverage-profile", error)
        return shown


def card_as_wanted(card: Json, content: CardContent, session: Session) -> Json:
    """Name payer and orders on a card as the profile requires; if that fails, the card is shown without them."""
    try:
        return crd.card_for(card, content, session)
    except Exception as error:  # noqa: BLE001 - the card names no payer, and is given
        failures.part_failed("coverage-profile", error)
        return card
