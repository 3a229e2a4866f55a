"""Chooses the policy for an order, and the path in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cards.coverage.payers import kind_of, kinds_on_record
from cards.knowledge.schema.coverage import ApprovalPath, PayerPolicy, Phase
from cards.readings.her2 import her2_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.coverage.view import View
    from cards.facts.billing import Payer


class Chosen(NamedTuple):
    """A policy and one of its paths; ``open_points`` are the unknown facts that the choice depends on."""

    policy: PayerPolicy
    path: ApprovalPath | None
    open_points: tuple[str, ...] = ()


def policies_for(policies: Iterable[PayerPolicy], view: View) -> tuple[PayerPolicy, ...]:
    """Choose the policies of the payers on record.

    If no payer has a policy on file, the site's first policy for the product is used: not one limited to a state, and
    for the payer's kind of plan, or any kind if no payer is on record.
    """
    fitting = [policy for policy in policies if view.case.product.id in policy.products]
    if of_payer := policies_of_payers(fitting, view):
        return of_payer
    kinds = kinds_on_record(view)
    general = [
        policy
        for policy in fitting
        if policy.state is None and (not kinds or not policy.kinds or not kinds.isdisjoint(policy.kinds))
    ]
    return tuple(general[:1])


def policies_of_payers(policies: Iterable[PayerPolicy], view: View) -> tuple[PayerPolicy, ...]:
    """Choose the policies for the product from the payers on record."""
    return tuple(
        policy
        for policy in policies
        if view.case.product.id in policy.products
        and any(_is_of_payer(policy, payer, view) for payer in view.facts.payers)
    )


def _is_of_payer(policy: PayerPolicy, payer: Payer, view: View) -> bool:
    """Return whether a policy is that of a payer: by name, and by the kind of plan if the policy limits it."""
    named = any(name.casefold() in payer.name.casefold() for name in policy.payer_names or (policy.payer,))
    return named and (not policy.kinds or kind_of(payer, view.known) in policy.kinds)


def choose(policy: PayerPolicy, view: View) -> Chosen:
    """Choose the path: of those that nothing on record rules out, the one with the fewest open points.

    If only the setting or the HER2 tier rules out all paths for the cancer, the first of them is used: its criteria
    then say what is not met.
    """
    phase = Phase.CONTINUATION if view.case.history else Phase.INITIAL
    paths = [path for path in policy.paths if path.phase in (None, phase)]
    for_cancer = [path for path in paths if _is_for_cancer(path, view) is not False and not path.applies.other]
    if not for_cancer:
        return Chosen(policy, next((path for path in paths if path.applies.other), None))
    possible = [(points, path) for path in for_cancer if (points := _open_points(path, view)) is not None]
    if not possible:
        return Chosen(policy, for_cancer[0])
    open_points, path = min(possible, key=lambda each: len(each[0]))
    return Chosen(policy, path, open_points)


def _is_for_cancer(path: ApprovalPath, view: View) -> bool | None:
    """Return whether a path is for the cancer; nothing if no cancer is on record."""
    applies, case = path.applies, view.case
    if not applies.cancers and not applies.icd10:
        return True
    if any(code.code.startswith(applies.icd10) for code in view.facts.codes if applies.icd10):
        return True
    return not case.cancers.isdisjoint(applies.cancers) if case.cancers else None


def _open_points(path: ApprovalPath, view: View) -> tuple[str, ...] | None:
    """List the unknown facts about a path's patients; nothing if the setting or the tier rules out the path."""
    applies, case = path.applies, view.case
    open_points = ["cancer"] if _is_for_cancer(path, view) is None else []
    if applies.settings:
        if case.setting is None:
            open_points.append("setting")
        elif case.setting not in applies.settings:
            return None
    if applies.tiers:
        if her2_of(case).possible and her2_of(case).possible.isdisjoint(applies.tiers):
            return None
        if not her2_of(case).possible or not her2_of(case).possible <= set(applies.tiers):
            open_points.append("her2")
    return tuple(open_points)
