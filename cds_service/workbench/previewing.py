"""Previews the cards of a request or a specimen with any settings. Nothing is stored or fetched."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from cards.engine import judge
from cards.facts.outcomes import CannotTell, Clear, Fired, NotApplicable
from cards.facts.topics import Topic
from cards.identification.recognizer import Recognizer, recognizer_for
from cards.knowledge.billing_setup import with_sources
from cards.presentation.grouping import CardContent
from cards.presentation.renderer import Renderer
from cards.values.caching import lazy
from cds_service.audit.explain import missing_data_text
from cds_service.decisions import failures
from cds_service.decisions.data_access import DataMissing
from cds_service.decisions.decider import Decider
from cds_service.decisions.rejudge import question
from cds_service.protocol.card_json import card_json, to_show, worded
from cds_service.protocol.services import SERVICES
from cds_service.store.record import order_name
from cds_service.workbench.specimens import specimens, typical
from fhir_mappings.request.hook_request import BadRequest, read_request
from fhir_mappings.wire.exact_json import Unreadable, decode_sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from cards.facts.outcomes import Verdict
    from cards.facts.policy import Policy
    from cards.facts.session import Session
    from cards.facts.topics import TopicCode
    from cards.knowledge.schema import Knowledge
    from cds_service.configuration.settings import Settings
    from cds_service.protocol.services import Service
    from cds_service.workbench.specimens import Specimen

Json = dict[str, Any]
_HOOK_INSTANCE = "00000000-0000-4000-8000-000000000000"
_SAID = {Fired: "fired", Clear: "checked-and-fine", CannotTell: "could-not-check", NotApplicable: "not-applicable"}
"""The words of ``her2-cds explain``."""


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check: ``order`` is its reference, ``says`` what is missing or why it does not apply."""

    topic: str
    order: str
    outcome: str
    mode: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The cards that a clinician would see, and the checks behind them.

    ``problem``: why the request could not be read; ``lacks``: what was not sent of a request that then gets 412.
    """

    cards: tuple[Json, ...] = ()
    checks: tuple[Check, ...] = ()
    problem: str = ""
    lacks: str = ""

    @property
    def shown(self) -> frozenset[tuple[str, str, str]]:
        """What is compared between answers: topic, indicator and summary of each card."""
        return frozenset((card["source"]["topic"]["code"], card["indicator"], card["summary"]) for card in self.cards)


class Previewer:
    """Judges with given settings."""

    def __init__(self, settings: Settings, today: Callable[[], date]) -> None:
        """Keep the settings. Files are read on first use."""
        self._settings, self._today = settings, today
        self._policy = settings.policy()

    @lazy
    def _decider(self) -> Decider:
        return Decider(self._settings, self._today)

    @lazy
    def _recognizer(self) -> Recognizer:
        return recognizer_for(self._decider.known)

    @lazy
    def cases(self) -> dict[str, Seen]:
        """What every case of the rules comes to."""
        return {name: self.of_specimen(each) for name, each in specimens().items()}

    @lazy
    def typical_cards(self) -> dict[TopicCode, Json]:
        """The card of each topic's typical specimen, whatever its mode."""
        found = {topic: self.card_of(case) for topic in Topic if (case := typical(topic)) is not None}
        return {topic: card for topic, card in found.items() if card is not None}

    def card_of(self, specimen: Specimen) -> Json | None:
        """Return the card on a specimen's topic, whatever its mode."""
        return self.card_about(specimen.session(), specimen.topic)

    def card_about(self, session: Session, topic: TopicCode) -> Json | None:
        """Return the card of a topic for given facts, whatever its mode."""
        shown = dataclasses.replace(self._policy, modes={})
        verdicts, _ = self._judged(session, shown)
        own = (each for each in verdicts if each.topic == topic and isinstance(each.outcome, Fired))
        return next(iter(self._worded(CardContent((each,)) for each in own)), None)

    @property
    def known(self) -> Knowledge:
        """The knowledge in force."""
        return self._decider.known

    def of_request(self, body: bytes, *, coverage: bool = False) -> Seen:
        """Answer a request by the clinical service of its hook, or by that of billing and coverage."""
        try:
            service = service_asked(body, coverage=coverage)
            # A pasted request must never cause a call to another machine.
            request = msgspec.structs.replace(read_request(body, service.hook), fhir_server="", fhir_authorization=None)
            decision = self._decider.decide(request, coverage=service.coverage)
        except BadRequest as error:
            return Seen(problem=f"{error.expression}: {error.message}" if error.expression else error.message)
        except DataMissing as error:
            return Seen(lacks=str(error))
        return Seen(decision.cards, tuple(_checks(decision.verdicts, self._policy)))

    def of_specimen(self, specimen: Specimen) -> Seen:
        """Judge a specimen as of its own day."""
        return self.of_session(specimen.session())

    def of_session(self, session: Session) -> Seen:
        """Judge facts as of their own day."""
        verdicts, judged = self._judged(session, self._policy)
        cards = self._worded(to_show(verdicts, judged, self._policy, self._recognizer, self._decider.wording))
        return Seen(cards, tuple(_checks(verdicts, self._policy)))

    def _judged(self, session: Session, policy: Policy) -> tuple[tuple[Verdict, ...], Session]:
        asked = question(session, self._decider.known, policy, self._decider.billing)
        verdicts = judge(asked.session, self._recognizer, policy, asked.identities, asked.rules, failures.check_failed)
        return verdicts, asked.session

    def _worded(self, contents: Iterable[CardContent]) -> tuple[Json, ...]:
        """Render cards; suggestions have only a label, because a specimen has no resources to act on."""
        sources = with_sources(self._decider.known, self._decider.billing)
        renderer = Renderer(self._settings.site_layer.wording, sources, self._policy.indicators)
        return tuple(
            card_json(card, self._settings.base_url, [{"label": each.label} for each in card.suggestions])
            for card in worded(contents, renderer, _HOOK_INSTANCE)
        )


@dataclass(frozen=True, slots=True)
class Changed:
    """A specimen for which two policies give different cards: topic, indicator and summary of each."""

    specimen: Specimen
    gone: tuple[tuple[str, str, str], ...]
    new: tuple[tuple[str, str, str], ...]


class Answering(Protocol):
    """Answers requests and specimens, with some settings."""

    @property
    def cases(self) -> dict[str, Seen]:
        """What every case of the rules comes to."""

    def of_request(self, body: bytes, *, coverage: bool = False) -> Seen:
        """Answer a request."""

    def of_specimen(self, specimen: Specimen) -> Seen:
        """Judge a specimen."""


def changed_cases(before: Answering, after: Answering) -> list[Changed]:
    """List the specimens whose cards differ."""
    pairs = ((each, before.cases[name].shown, after.cases[name].shown) for name, each in specimens().items())
    return [Changed(each, tuple(sorted(old - new)), tuple(sorted(new - old))) for each, old, new in pairs if old != new]


def service_asked(body: bytes, *, coverage: bool) -> Service:
    """Find the service for a request's hook.

    Raises:
        BadRequest: it is not JSON, or no service has its hook.

    """
    try:
        given = decode_sent(body)
    except Unreadable:
        raise BadRequest("not-json", "this is no JSON that can be read") from None
    hook = given.get("hook") if isinstance(given, dict) else None
    fitting = [each for each in SERVICES if each.coverage is coverage]
    found = next((each for each in fitting if each.hook == hook), None)
    if found is None:
        known = ", ".join(each.hook for each in fitting)
        raise BadRequest("wrong-hook", f"must be one of {known}", "hook")
    return found


def _checks(verdicts: Iterable[Verdict], policy: Policy) -> Iterator[Check]:
    for verdict in verdicts:
        outcome = verdict.outcome
        says = ""
        if isinstance(outcome, NotApplicable):
            says = outcome.because
        elif isinstance(outcome, CannotTell):
            says = "; ".join(missing_data_text(each, verdict) for each in outcome.missing)
        mode = str(policy.mode(verdict.topic))
        yield Check(str(verdict.topic), order_name(verdict), _SAID[type(outcome)], mode, says)
