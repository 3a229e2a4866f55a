"""The input of the payer policy checks: one order's case, the billing facts, and the knowledge."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from cards.facts.billing import BillingFacts, BillingSession
from cards.facts.outcomes import Evidence
from cards.readings.case import dated

if TYPE_CHECKING:
    from cards.knowledge.schema.billing import BillingKnowledge
    from cards.readings.case import Case


class Status(StrEnum):
    """The status of a criterion. What is not known is never shown as met."""

    MET = "met"
    NOT_MET = "not-met"
    NOT_KNOWN = "not-known"
    DOES_NOT_APPLY = "does-not-apply"
    """The policy applies this criterion only to other orders."""


class Assessment(msgspec.Struct, frozen=True):
    """The status of a criterion and its evidence."""

    status: Status
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class View:
    """One order from a payer's view."""

    case: Case
    known: BillingKnowledge

    @property
    def facts(self) -> BillingFacts:
        """The billing facts; nothing if the session was read for another service."""
        session = self.case.session
        return session.billing if isinstance(session, BillingSession) else BillingFacts()

    @property
    def setting_lines(self) -> tuple[Evidence, ...]:
        """The evidence for metastatic or early disease; one line is enough."""
        lines = tuple(
            Evidence("setting", dated(each.label, each.on), each.origin, values=(("setting", each.setting),))
            for each in self.case.stagings
            if each.setting is self.case.setting
        )
        return lines[:1] or (Evidence("lacks-setting", ""),)

    @property
    def treatments_are_complete(self) -> bool:
        """Whether every earlier treatment that was sent could be read."""
        return not any(gap.about in (None, "treatment") for gap in self.case.patient.gaps)


def met(*evidence: Evidence) -> Assessment:
    """Say that the criterion is met."""
    return Assessment(Status.MET, evidence)


def not_met(*evidence: Evidence) -> Assessment:
    """Say that the criterion is not met."""
    return Assessment(Status.NOT_MET, evidence)


def not_known(*evidence: Evidence) -> Assessment:
    """Say that it is not known whether the criterion is met."""
    return Assessment(Status.NOT_KNOWN, evidence)


def does_not_apply(*evidence: Evidence) -> Assessment:
    """Say that the criterion does not apply to the order."""
    return Assessment(Status.DOES_NOT_APPLY, evidence)


def decided(holds: bool | None, *evidence: Evidence) -> Assessment:  # noqa: FBT001 - the answer to a question
    """Say that a criterion is met, not met or not known, for True, False and None."""
    return not_known(*evidence) if holds is None else met(*evidence) if holds else not_met(*evidence)
