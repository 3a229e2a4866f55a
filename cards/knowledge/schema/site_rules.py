"""The schema of a site's own rules: conditions on facts, and the text of the card. Not a programming language."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Literal

import msgspec

from cards.knowledge.schema.kinds import Cancer, Setting, Tier
from cards.knowledge.schema.sourced import Cited, KnowledgeRecord

HookName = Literal["order-select", "order-sign", "order-dispatch", "patient-view"]
ORDER_HOOKS: tuple[HookName, ...] = ("order-select", "order-sign", "order-dispatch")


class Expected(StrEnum):
    """What a rule should answer in one of its cases."""

    FIRES = "fires"
    SILENT = "silent"
    CANNOT_TELL = "cannot-tell"


class AgeRange(KnowledgeRecord, frozen=True, kw_only=True):
    """An age in completed years on the day of the dose."""

    at_least: int | None = None
    below: int | None = None


class When(KnowledgeRecord, frozen=True, kw_only=True):
    """The orders that a rule is about; omitted fields do not matter.

    ``products`` are ids of products or brands, ``on_drug`` those, drug classes, any other names, or codes of RxNorm or
    ATC ("http://www.whocc.no/atc|L01DB"). ``has_problem`` are problems that the service knows, or codes. ``hooks``
    are hooks; without them the rule runs at every order hook.
    """

    products: tuple[str, ...] = ()
    cancers: tuple[Cancer, ...] = ()
    settings: tuple[Setting, ...] = ()
    tiers: tuple[Tier, ...] = ()
    hooks: tuple[HookName, ...] = msgspec.field(default=(), name="moments")
    first_dose: bool | None = None
    age: AgeRange | None = None
    sex: tuple[Literal["female", "male", "other", "unknown"], ...] = ()
    on_drug: tuple[str, ...] = ()
    has_problem: tuple[str, ...] = ()


class ResultCondition(KnowledgeRecord, frozen=True, kw_only=True):
    """Results that a rule looks for, by code ("http://loinc.org|5196-1") or by the name of a test ("lvef").

    A number must satisfy every bound that is given, in ``unit``; a coded or written result must be one of ``values``.
    ``newest``: only the newest result counts.
    """

    codes: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    display: str | None = None
    within_days: int | None = None
    below: Decimal | None = None
    at_most: Decimal | None = None
    at_least: Decimal | None = None
    above: Decimal | None = None
    unit: str | None = None
    values: tuple[str, ...] = ()
    newest: bool = False

    @property
    def compares(self) -> bool:
        """Whether it depends on the value of a result, not just on its presence."""
        return self.has_bounds or bool(self.values)

    @property
    def has_bounds(self) -> bool:
        """Whether it compares a number."""
        return any(each is not None for each in (self.below, self.at_most, self.at_least, self.above))

    @property
    def is_empty(self) -> bool:
        """Whether no number satisfies the bounds."""
        low = max((each for each in (self.at_least, self.above) if each is not None), default=None)
        high = min((each for each in (self.at_most, self.below) if each is not None), default=None)
        if low is None or high is None:
            return False
        return low > high or (low == high and (low == self.above or high == self.below))


class OrderedTest(KnowledgeRecord, frozen=True, kw_only=True):
    """The test that the card offers to order. ``concept`` is its name in the terminology, set by the reader."""

    code: str
    display: str
    concept: str = ""


class CaseResult(KnowledgeRecord, frozen=True, kw_only=True):
    """A result in the chart of a case: a number with its unit, or what it ``says``.

    Without ``days_ago`` it has no date.
    """

    code: str | None = None
    test: str | None = None
    days_ago: int | None = None
    value: Decimal | None = None
    unit: str | None = None
    says: str | None = None


class RuleCase(KnowledgeRecord, frozen=True, kw_only=True):
    """A made-up patient and what the rule should answer. Cases run whenever the file is read.

    ``drug`` is a product or brand, by default the first one in the rule; ``hook`` is by default signing, or the first
    one in the rule. ``not_sent`` are prefetch keys that the client did not send. ``where`` is its place in the file,
    set by the reader.
    """

    name: str
    expect: Expected
    drug: str | None = None
    hook: HookName | None = msgspec.field(default=None, name="moment")
    first_dose: bool = True
    cancer: Cancer | None = None
    setting: Setting | None = None
    tier: Tier | None = None
    age: int | None = None
    sex: str = ""
    drugs: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    results: tuple[CaseResult, ...] = ()
    not_sent: tuple[str, ...] = ()
    where: str = ""


class SiteRule(KnowledgeRecord, frozen=True, kw_only=True):
    """A site rule: it fires for the orders of ``when`` if every condition holds.

    ``any_result``: a matching result is on record. ``no_result`` and ``unless_result``: none is. ``unless_drug``: the
    patient is on none of these drugs. ``has_problem``: the patient has one of these problems. ``where`` is its place in
    the file, set by the reader.
    """

    topic: str
    display: str
    indicator: Literal["info", "warning", "critical"] = "warning"
    when: When = When()
    any_result: ResultCondition | None = None
    no_result: ResultCondition | None = None
    unless_result: ResultCondition | None = None
    unless_drug: tuple[str, ...] = ()
    has_problem: tuple[str, ...] = ()
    summary: str
    rule: str
    order_test: OrderedTest | None = None
    override_reasons: tuple[str, ...] = ("action-completed", "cds-not-applicable", "risk-benefit-ratio")
    cases: tuple[RuleCase, ...] = ()
    by: Cited
    where: str = ""

    @property
    def results(self) -> tuple[ResultCondition, ...]:
        """The results that it depends on."""
        return tuple(each for each in (self.any_result, self.no_result, self.unless_result) if each is not None)

    @property
    def tests(self) -> tuple[str, ...]:
        """The tests whose results it reads, each once."""
        return tuple(dict.fromkeys(name for condition in self.results for name in condition.tests))

    @property
    def problems(self) -> tuple[str, ...]:
        """The problems of which the patient must have one."""
        return (*self.when.has_problem, *self.has_problem)

    @property
    def hooks(self) -> tuple[HookName, ...]:
        """The hooks at which it runs."""
        return self.when.hooks or ORDER_HOOKS

    @property
    def on_view(self) -> bool:
        """Whether it runs when a chart is opened."""
        return "patient-view" in self.when.hooks

    @property
    def ages(self) -> bool:
        """Whether it asks for a test that expires."""
        absent = (each for each in (self.no_result, self.unless_result) if each is not None)
        return self.order_test is not None and any(True for _ in absent)

    @property
    def valid_days(self) -> int | None:
        """For how many days a requested result is valid; ``None`` if not stated."""
        days = [each.within_days for each in (self.no_result, self.unless_result) if each and each.within_days]
        return min(days, default=None)
