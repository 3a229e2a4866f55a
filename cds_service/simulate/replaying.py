"""Replays one patient's orders with the service's own code, each as of its own time: a pure function of its input."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cards.facts.outcomes import Fired
from cards.presentation.renderer import Renderer
from cds_service.configuration.layers import ConfigurationError
from cds_service.decisions.decider import Decider
from cds_service.protocol.caller import Circumstances
from cds_service.simulate.rows import Rows
from fhir_mappings.as_of.caching_reader import CachingChartReader
from fhir_mappings.as_of.history import INSTANCE, PatientHistory
from fhir_mappings.as_of.searches import searches
from fhir_mappings.as_of.signers import encounter_class, roles_by_user, signed_by
from fhir_mappings.as_of.sites import site_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from cards.facts.origins import Origin
    from cards.facts.outcomes import Verdict
    from cds_service.configuration.settings import Settings
    from cds_service.decisions.decision import Decision
    from fhir_mappings.as_of.history import SignedTogether
    from fhir_mappings.as_of.searches import Search
    from fhir_mappings.request.hook_request import HookRequest

_DIGEST_LENGTH = 16
_SERVICE = "her2-order-sign"
DAY = "day "
"""The prefix of counts of calls per day, which show when orders of any drug were last signed."""


def digest(patient_id: str) -> str:
    """Return a patient's digest, for grouping and sorting; it is not anonymous to anyone who knows the ids."""
    return hashlib.sha256(patient_id.encode()).hexdigest()[:_DIGEST_LENGTH]


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding on an order, as its card says it."""

    order: str
    topic: str
    indicator: str
    mode: str
    shown: bool
    summary: str


class _Configured:
    """One configuration, ready to answer as of any day."""

    def __init__(self, settings: Settings) -> None:
        self.today: date | None = None
        self.decider = Decider(settings, self._day, suggestions=False, chart_reader=CachingChartReader)
        self.wanted = searches(self.decider.templates)
        self._renderer = Renderer(self.decider.wording, self.decider.known, self.decider.policy.indicators)

        self.profiles = [(match, _Configured(each)) for match, each in settings.by_profile()]
        self._caller = settings.client

    def for_call(self, user: str, roles: frozenset[str], encounter: frozenset[str]) -> _Configured:
        """Return the decider for a call by a given user in an encounter of a given class."""
        known = Circumstances(user, roles, encounter)
        fitting = (each for match, each in self.profiles if match.holds(self._caller, _SERVICE, known))
        return next(fitting, self)

    def _day(self) -> date:
        if self.today is None:
            msg = "no order is being replayed"
            raise ValueError(msg)
        return self.today

    def forget(self) -> None:
        """Drop the cached patient."""
        if isinstance(self.decider.chart_reader, CachingChartReader):
            self.decider.chart_reader.forget()
        for _, profile in self.profiles:
            profile.forget()

    def answer(self, request: HookRequest, today: date) -> Decision:
        self.today = today
        return self.decider.decide(request)

    def findings(self, decision: Decision) -> list[Finding]:
        """List the findings, on live topics and on those in the shadow."""
        fired = [verdict for verdict in decision.verdicts if verdict.outcome.__class__ is Fired]
        if not fired:
            return []
        first = next((v.order.reference for v in decision.verdicts if v.order is not None), "")
        # A finding folded into another card is shown there.
        shown = {(each.topic, each.order) for content in decision.shown for each in content.all_verdicts}
        return [self._finding(verdict, first, (verdict.topic, verdict.order) in shown) for verdict in fired]

    def _finding(self, verdict: Verdict, first: str, shown: bool) -> Finding:  # noqa: FBT001 - a field of the row
        card = self._renderer.card(verdict, INSTANCE)
        if card is None:
            msg = "a verdict that fired has a card"
            raise ValueError(msg)
        # A finding about the whole request is counted with the first order in scope.
        order = verdict.order.reference if verdict.order is not None else first
        mode = str(self.decider.policy.mode(verdict.topic))
        return Finding(order, str(verdict.topic), str(card.indicator), mode, shown, card.summary)


class Replayer:
    """Replays patients with one configuration, or with two side by side."""

    def __init__(self, settings: Settings, against: Settings | None = None) -> None:
        """Prepare both.

        Raises:
            CodeMapError: a code map of a site cannot be used.
            ConfigurationError: the two have different time zones.

        """
        self._a = _Configured(settings)
        self._both = [self._a] if against is None else [self._a, _Configured(against)]
        if len({each.decider.settings.site.timezone for each in self._both}) > 1:
            msg = "site.timezone must be the same in both configurations: it says on which day an order was signed"
            raise ConfigurationError([msg])
        self._zone = ZoneInfo(settings.site.timezone)
        self._roles: tuple[Mapping[str, str], dict[str, frozenset[str]]] = ({}, {})

    @property
    def wanted(self) -> list[Search]:
        """The queries of both configurations."""
        return [search for configured in self._both for search in configured.wanted.values()]

    @property
    def asks_roles(self) -> bool:
        """Whether a profile of either depends on the role of the signer."""
        return any(match.depends_on_role for each in self._both for match, _ in each.profiles)

    def replay_patient(self, patient_id: str, resources: Sequence[bytes], names: Mapping[str, str]) -> Rows:
        """Replay every order of a patient; ``names`` has the names of places and the roles of people."""
        history = PatientHistory(patient_id, resources, self._a.wanted, self._zone)
        histories = [
            history if each.wanted == self._a.wanted else PatientHistory(patient_id, resources, each.wanted, self._zone)
            for each in self._both
        ]
        rows, patient = Rows(), digest(patient_id)
        rows.left_out = [(patient, each.order, each.reason) for each in history.left_out]
        for number, session in enumerate(history.sessions):
            requests = [each.request(each.sessions[number]) for each in histories]
            self._replay(session, requests, history, (patient, names), rows)
        for configured in self._both:
            configured.forget()
        rows.left_out.sort()
        rows.count(
            {
                "patients": 1,
                "orders": sum(len(session.orders) for session in history.sessions) + len(history.left_out),
                "in scope": len(rows.orders),
                **{f"undated {kind}": number for kind, number in sorted(history.undated.items())},
                **Counter(f"{DAY}{session.moment.day}" for session in history.sessions),
            }
        )
        return rows

    def _roles_of(self, user: str, names: Mapping[str, str]) -> frozenset[str]:
        if self._roles[0] is not names:
            self._roles = names, roles_by_user(names)
        return self._roles[1].get(user, frozenset())

    def _replay(
        self,
        session: SignedTogether,
        requests: Sequence[HookRequest],
        history: PatientHistory,
        known: tuple[str, Mapping[str, str]],
        rows: Rows,
    ) -> None:
        patient, names = known
        today = session.moment.day
        asked = [each.content for each in session.orders]
        user = signed_by(asked)
        # Most replays have no profiles.
        roles = self._roles_of(user, names) if self.asks_roles else frozenset()
        encounter = encounter_class(asked, history.resource)
        both = [each.for_call(user, roles, encounter) for each in self._both]
        answers = [each.answer(request, today) for each, request in zip(both, requests, strict=True)]
        drugs: dict[str, tuple[str, str]] = {}
        for answer in answers:
            told: Origin | None = None
            for verdict in answer.verdicts:
                # Verdicts are grouped by order and name the same drug.
                if verdict.order is not None and verdict.order is not told:
                    told = verdict.order
                    drugs.setdefault(told.reference, (verdict.product or "", verdict.drug))
        found = [each.findings(answer) for each, answer in zip(both, answers, strict=True)]
        for order in session.orders:
            if order.reference not in drugs:
                if history.lacks_medication_of(order.content):
                    rows.left_out.append((patient, order.reference, "drug-unknown"))
                continue
            site = site_of(order.content, history.resource, names)
            about = (patient, order.reference, today, f"{today:%Y-%m}", *drugs[order.reference], site)
            own = [[each for each in findings if each.order == order.reference] for findings in found]
            shown = [sum(each.shown for each in findings) for findings in own]
            rows.orders.append((*about, session.dated_by, *shown, *[None] * (2 - len(shown))))
            for configuration, findings in zip("AB", own, strict=False):
                rows.firings += [
                    (*about, configuration, each.topic, each.indicator, each.mode, each.shown, each.summary)
                    for each in findings
                ]
