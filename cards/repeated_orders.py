"""Orders of a plan that differ only in id and day: what depends on neither is computed once.

That is what is read of the doses, the regimens, the HER2 results and the label's table, and the silence of the rules
that read nothing else. What a rule finds, or cannot tell, is worked out for each order, as it names the order.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec

from cards.facts.order import DrugOrder
from cards.facts.origins import Origin
from cards.facts.outcomes import Clear, NotApplicable
from cards.planned_doses import LATER
from cards.readings.course import interval_of_order
from cards.readings.day_total import day_total
from cards.readings.dosing import over_maximum, read_doses, usable_doses
from cards.readings.her2 import her2_of, her2_of_another_tumor
from cards.readings.lab_table import read_table
from cards.readings.parts_of_dose import judged_levels, with_chart
from cards.readings.stated_doses import dose_conflict
from cards.values.caching import kept_under

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cards.facts.outcomes import Outcome
    from cards.facts.topics import Topic
    from cards.readings.case import Case
    from cards.rules import Rule


_OWN = frozenset({"origin", "start", "schedule", "replaces", "evidence", "billing", "ndcs"})
_WITH_ORIGIN = ("reasons", "stagings", "receptors", "coded_her2")
_said = attrgetter(*(name for name in DrugOrder.__struct_fields__ if name not in _OWN.union(_WITH_ORIGIN)))
_of_chart = attrgetter(*_WITH_ORIGIN)
_ANYWHERE = Origin("", "")
_READINGS = (
    *map(
        kept_under,
        (
            day_total,
            dose_conflict,
            her2_of,
            her2_of_another_tumor,
            interval_of_order,
            judged_levels,
            over_maximum,
            read_doses,
            read_table,
            usable_doses,
            with_chart,
        ),
    ),
    *("_labeled", "cancers", "ceiling", "concurrent_names", "depends_on_her2", "drug", "eligibility_for_cancers"),
    *("history", "hormone_receptor_positive", "is_first_dose", "kg", "known", "needs_weight", "patient", "product"),
    *("regimens", "setting", "settings", "stagings", "weight_based", "weight_bounds"),
)
_KEPT = 4
"""How many different orders of one product are compared with."""


class _Answered:
    """What was computed for one order and holds for all that say the same: readings of its case, and silent rules."""

    def __init__(self, said: object, rules: Sequence[Rule], case: Case, outcomes: Sequence[Outcome]) -> None:
        self.said, self.rules = said, rules
        found = case.__dict__
        self._readings = {name: found[name] for name in _READINGS if name in found}
        self._silent = {
            rule.topic: outcome
            for rule, outcome in zip(rules, outcomes, strict=True)
            if rule.ignores_day and outcome is not LATER and isinstance(outcome, Clear | NotApplicable)
        }
        self._begun: dict[frozenset[Topic], tuple[list[Outcome], list[tuple[int, Rule]]]] = {}

    def outcomes_of(self, case: Case, later: frozenset[Topic]) -> list[Outcome]:
        """Judge another order that says the same, by the rules that are left."""
        case.__dict__.update(self._readings)
        if later not in self._begun:
            known = [LATER if rule.topic in later else self._silent.get(rule.topic) for rule in self.rules]
            left = [(place, self.rules[place]) for place, outcome in enumerate(known) if outcome is None]
            self._begun[later] = [outcome or LATER for outcome in known], left
        begun, left = self._begun[later]
        outcomes = begun.copy()
        for place, rule in left:
            outcomes[place] = rule.judge(case)
        return outcomes


def outcomes_alike(case: Case, rules: Sequence[Rule], later: frozenset[Topic]) -> list[Outcome]:
    """Judge an order by each rule, reusing what was computed for an equal one before it.

    Rules of the topics ``later`` are not asked.
    """
    if not _may_be_repeated(case):
        return _outcomes(case, rules, later)
    said = _content(case)
    kept: list[_Answered] = case.orders.worked_out.setdefault(f"alike {case.product.id}", [])
    for answered in kept:
        if answered.said == said and answered.rules is rules:
            return answered.outcomes_of(case, later)
    outcomes = _outcomes(case, rules, later)
    if len(kept) < _KEPT:
        kept.append(_Answered(said, rules, case, outcomes))
    return outcomes


def _outcomes(case: Case, rules: Iterable[Rule], later: frozenset[Topic]) -> list[Outcome]:
    if not later:
        return [rule.judge(case) for rule in rules]
    return [LATER if rule.topic in later else rule.judge(case) for rule in rules]


def _may_be_repeated(case: Case) -> bool:
    """Return whether an order is one of several infusions of its product, and the only one of its day."""
    if case.product.is_oral or not case.session.hook.has_orders or case.orders.is_alone(case.order):
        return False
    return len(case.orders.of_same_day(case.order, case.product.id).orders) == 1 and with_chart(case) is None


def _content(case: Case) -> object:
    """Return what an order says, and what changes with its day: labeled indications, and results until then."""
    order = case.order
    named = tuple((each.kind, each.system, each.value) for each in order.evidence)
    billed = tuple((each.code, each.modifiers, each.display, each.beside_drug) for each in order.billing)
    packages = tuple((each.text, each.display) for each in order.ndcs)
    of_chart = tuple(msgspec.structs.replace(each, origin=_ANYWHERE) for facts in _of_chart(order) for each in facts)
    later = case.planned > case.tomorrow
    return _said(order), named, billed, packages, of_chart, id(case.weight), len(case.eligibility), later
