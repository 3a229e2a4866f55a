"""The criteria of payer policies for the order and the chart, for prior-authorization nurses."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cards.coverage.checks import assess, assess_one_of
from cards.coverage.paths import choose, policies_for
from cards.coverage.view import Assessment, Status, View
from cards.facts.outcomes import Evidence, Fired, NotApplicable, Outcome, Section
from cards.knowledge.schema.coverage import OneOf

if TYPE_CHECKING:
    from cards.coverage.paths import Chosen
    from cards.knowledge.billing_setup import BillingSetup
    from cards.knowledge.schema import Cited
    from cards.knowledge.schema.coverage import ApprovalPath, Check
    from cards.readings.case import Case


class Answered(NamedTuple):
    """The lines of one path, the status of each criterion, and the documents still needed."""

    lines: tuple[Evidence, ...]
    standings: tuple[Status, ...]
    documents: tuple[str, ...]
    cited: tuple[Cited, ...]


class CoverageCriteria:
    """Checks orders against the payer policies of one setup."""

    def __init__(self, setup: BillingSetup) -> None:
        """Keep the setup of the site."""
        self._setup = setup

    def judge(self, case: Case) -> Outcome:
        """Fire when a payer policy covers the product: each criterion is met, not met or not known, with its evidence.

        The policy is that of the payer on record; without one, or without a policy of that payer, the site's first for
        the product.
        """
        view = View(case, self._setup.known)
        chosen = [choose(policy, view) for policy in policies_for(self._setup.policies, view)]
        if not chosen:
            return NotApplicable("no payer policy for the product")
        answers = [answer_path(each.path, view) if each.path else None for each in chosen]
        first, answer = chosen[0], answers[0]
        sections = [
            Section(heading, lines)
            for each, own in zip(chosen, answers, strict=True)
            for heading, lines in (
                ("policy", _policy_lines(each, view)),
                ("criteria", own.lines if own else ()),
                ("documents", tuple(Evidence("document", name) for name in own.documents) if own else ()),
            )
            if lines
        ]
        cited = [by for each in chosen for by in (each.policy.by, *(note.by for note in each.policy.notes))]
        cited += [by for own in answers if own for by in own.cited]
        counts = {status: answer.standings.count(status) if answer else 0 for status in Status}
        return Fired(
            values={
                "policy": first.policy.id,
                "payer": first.policy.payer,
                "path": first.path.name if first.path else "",
                "met": str(counts[Status.MET]),
                "not_met": str(counts[Status.NOT_MET]),
                "not_known": str(counts[Status.NOT_KNOWN]),
            },
            variant="default" if answer else "no-path",
            evidence=tuple(Evidence("payer", payer.name, payer.origin) for payer in view.facts.payers),
            cited=tuple(dict.fromkeys(cited)),
            sections=tuple(sections),
        )


def _policy_lines(chosen: Chosen, view: View) -> tuple[Evidence, ...]:
    """Describe the policy and path, why they were chosen, how long an approval lasts, and further notes."""
    policy, path = chosen.policy, chosen.path
    lines = [Evidence("policy", policy.id, values=(("title", policy.title), ("payer", policy.payer)), by=policy.by)]
    if not view.facts.payers:
        lines.append(Evidence("payer-unknown", ""))
    elif not policy.payer_names or not any(
        name.casefold() in payer.name.casefold() for name in policy.payer_names for payer in view.facts.payers
    ):
        lines.append(Evidence("payer-without-policy", ""))
    if path is not None:
        lines.append(Evidence("path", path.name, values=(("ref", path.ref),)))
        lines += [Evidence(f"path-open-{point}", "") for point in chosen.open_points]
        if path.months is not None:
            lines.append(Evidence("approval", str(path.months), by=path.by))
    return (*lines, *(Evidence("policy-note", note.text, by=note.by) for note in policy.notes))


def answer_path(path: ApprovalPath, view: View) -> Answered:
    """Assess every criterion of a path for the order and the chart."""
    lines: list[Evidence] = []
    standings: list[Status] = []
    documents: dict[str, None] = {}
    for criterion in path.criteria:
        if isinstance(criterion, OneOf):
            whole, each = assess_one_of(criterion, view)
            held = list(zip(criterion.of, each, strict=True)) if each else []
            below = tuple(_line(alternative, assessment) for alternative, assessment in held)
            lines.append(_line(criterion, whole, below))
            for alternative, assessment in held:
                # One alternative suffices, so a settled group needs no documents.
                if whole.status in (assessment.status, Status.NOT_MET):
                    documents |= dict.fromkeys(_wanted(alternative, assessment))
        else:
            whole = assess(criterion, view)
            lines.append(_line(criterion, whole))
            documents |= dict.fromkeys(_wanted(criterion, whole))
        standings.append(whole.status)
    cited = (path.by, *(line.by for each in lines for line in (each, *each.below) if line.by is not None))
    return Answered(tuple(lines), tuple(standings), tuple(documents), cited)


def _line(criterion: Check | OneOf, assessment: Assessment, below: tuple[Evidence, ...] = ()) -> Evidence:
    """Write one criterion with its status and evidence, and its alternatives below it."""
    return Evidence(
        f"criterion-{assessment.status}",
        criterion.text,
        values=(("ref", criterion.ref),),
        by=criterion.by,
        parts=assessment.evidence,
        below=below,
    )


def _wanted(criterion: Check | OneOf, assessment: Assessment) -> list[str]:
    """List the documents still to be attached."""
    if assessment.status is Status.DOES_NOT_APPLY:
        return []
    return [each.name for each in criterion.documents if each.always or assessment.status is not Status.MET]
