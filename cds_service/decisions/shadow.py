"""A policy on trial: applied to the same facts as the one in force, recorded with the decision, and never shown.

Coverage is judged by the payer policies and prices in force; a trial has none of its own. At an opened chart a trial
may find other drugs that the patient is on. If the policy in force found none, nothing is judged and nothing is tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from cards.engine import judge
from cards.facts.outcomes import CannotTell, Fired
from cards.identification.recognizer import recognizer_for
from cds_service.decisions import failures
from cds_service.decisions.decision import Decision, Tried
from cds_service.decisions.rejudge import question
from cds_service.decisions.versions import Versions, versions
from cds_service.protocol.caller import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.facts.outcomes import Verdict
    from cards.facts.policy import Policy
    from cards.facts.session import Session
    from cards.knowledge.billing_setup import BillingSetup
    from cards.knowledge.schema import Knowledge
    from cards.presentation.wording import Wording
    from cds_service.configuration.profile_settings import ProfileMatch
    from cds_service.configuration.settings import Settings
    from cds_service.protocol.caller import Caller, Circumstances

Json = dict[str, Any]
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A policy on trial, ready to judge."""

    policy: Policy
    versions: Versions


class Shadow:
    """Judges with the candidate that would answer a call if the trial were in force."""

    def __init__(self, tried: Settings, known: Knowledge, wording: Wording, billing: BillingSetup) -> None:
        """Take the settings on trial."""
        self._recognizer = recognizer_for(known)
        self._known, self._billing = known, billing
        self._base = Candidate(tried.policy(), versions(tried, known, wording, billing))
        self._profiles: list[tuple[ProfileMatch, Candidate]] = []
        for match, profile in tried.by_profile():
            self._profiles.append((match, Candidate(profile.policy(), versions(profile, known, wording, billing))))

    def judged(
        self,
        decision: Decision,
        session: Session,
        caller: Caller | None,
        service: str,
        circumstances: Circumstances = UNKNOWN,
    ) -> Decision:
        """Return a decision with the trial's verdicts added."""
        candidate = self.candidate(caller, service, circumstances)
        verdicts = self.verdicts(session, candidate)
        if verdicts is None:
            return decision
        return msgspec.structs.replace(decision, tried=Tried(candidate.versions, verdicts))

    def candidate(self, caller: Caller | None, service: str, circumstances: Circumstances = UNKNOWN) -> Candidate:
        """Return the candidate for a call."""
        fitting = (each for match, each in self._profiles if match.holds(caller, service, circumstances))
        return next(fitting, self._base)

    def verdicts(self, session: Session, candidate: Candidate) -> Json | None:
        """Judge facts with a candidate; an error here must never cost a clinician the answer."""
        try:
            asked = question(session, self._known, candidate.policy, self._billing)
            verdicts = judge(
                asked.session, self._recognizer, candidate.policy, asked.identities, asked.rules, failures.check_failed
            )
        except Exception as error:  # noqa: BLE001 - a trial that fails is a trial that fails
            _log.error("shadow_failed", reason=type(error).__name__)
            return None
        return {"fired": list(_fired(verdicts, candidate.policy)), "cannot-tell": list(_open(verdicts))}


def _fired(verdicts: Iterable[Verdict], policy: Policy) -> Iterable[Json]:
    for verdict in verdicts:
        if isinstance(verdict.outcome, Fired):
            yield {**_place(verdict), "product": verdict.product, "mode": policy.mode(verdict.topic)}


def _open(verdicts: Iterable[Verdict]) -> Iterable[Json]:
    for verdict in verdicts:
        if isinstance(verdict.outcome, CannotTell):
            yield {**_place(verdict), "missing": [{"what": each.what} for each in verdict.outcome.missing]}


def _place(verdict: Verdict) -> Json:
    order = (verdict.order.reference or verdict.order.path) if verdict.order else ""
    return {"topic": verdict.topic, "order": order}
