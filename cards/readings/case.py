"""One order with everything a rule may read; shared readings are computed once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from cards.facts.outcomes import Evidence
from cards.facts.patient import TreatmentState, counting_preliminary, setting_of
from cards.facts.results import hormone_receptor_positive
from cards.facts.session import planned_day
from cards.knowledge.label_doses import Ceiling, Labeled, ceiling, for_patient, near
from cards.knowledge.schema import Basis, Cancer, Eligibility, Product, Regimen, Setting
from cards.readings.doses_given import one_a_day
from cards.readings.session_orders import SessionOrders
from cards.values.caching import lazy
from cards.values.quantities import in_print, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from cards.facts.order import DrugOrder
    from cards.facts.origins import Gap
    from cards.facts.patient import Patient, PresentProblem, Staging, Treatment
    from cards.facts.results import CodedHer2, LabResult, Lvef, PregnancyTest, Weight
    from cards.facts.session import Session
    from cards.identification.identity import Identity
    from cards.identification.recognizer import Recognizer
    from cards.knowledge.schema import Knowledge, Problem, TestsBeforeDose
    from cards.values.quantities import Kg


_BRIEF = 48
_TENTH, _HOURS = Decimal("0.1"), 24
# Reasons for which a relevant result is unusable. For other reasons (another patient, not final) it counts as absent.
CODES_ALONE = frozenset({"codes-not-known", "code-alone"})
"""Reasons of gaps for diagnoses that nothing but a code names."""
UNREAD = frozenset(
    {
        "value",
        "unit",
        "no-unit",
        "implausible",
        "her2-in-text",
        "lvef-in-text",
        "unit-unknown",
        "unit-missing",
        "comparator",
        "code-system",
        "named-only",
        "in-report",
        "in-order",
        "named-otherwise",
        "flagged",
        "flag-alone",
        "note-alone",
        "value-and-absent",
        "value-withheld",
        "voided",
        "note-cut",
        "modified",
        "result-misshapen",
        "no-status",
        "result-no-status",
        "status-unknown",
        "result-status-unknown",
    }
)
# Reasons for which there may be more in a list of the chart than was sent.
INCOMPLETE_LIST = frozenset({"full-page", "list-cut", "next-page", "partial", "short", "withheld"})

# The evidence line for a gap that is about a place of the request. For any other reason, an order there was not
# checked, and an entry of the chart was not used.
_PLACED = {
    **dict.fromkeys(INCOMPLETE_LIST, "list-incomplete"),
    **dict.fromkeys(
        (
            "concept-as-text",
            "denied-in-note",
            "instructions-cut",
            "instructions-unknown",
            "medication-void",
            "misshapen",
            "order-modified",
            "text-cut",
        ),
        "understood-in-part",
    ),
}
_OF_ORDERS = ("context.draftOrders", "context.dispatchedOrders", "context.selections")


@dataclass(frozen=True)
class Case:
    """An order in scope, its identity, its session, the knowledge and the policy."""

    order: DrugOrder
    identity: Identity
    session: Session
    orders: SessionOrders
    recognizer: Recognizer
    thresholds: Mapping[str, Decimal | None]
    completes_dose: Callable[[Case], bool]
    """Whether an order completes a dose of which a part was given that day; a reading of the case itself."""

    @lazy
    def known(self) -> Knowledge:
        """The knowledge."""
        return self.recognizer.known

    @lazy
    def others(self) -> tuple[tuple[DrugOrder, Identity], ...]:
        """The other orders in the session; a rule that runs on every order should use ``orders`` instead."""
        return self.orders.others(self.order)

    def as_only_order(self, order: DrugOrder) -> Case:
        """Return the case of another order for the same drug by itself."""
        kept: dict[object, Case] = self.orders.worked_out.setdefault("alone", {})
        key = (self.identity.product and self.identity.product.id, self.identity.brand and self.identity.brand.id)
        if (key, id(order)) not in kept:
            none = SessionOrders((), self.session.today, self.recognizer)
            kept[key, id(order)] = replace(self, order=order, orders=none)
        return kept[key, id(order)]

    @lazy
    def patient(self) -> Patient:
        """The patient's chart."""
        return self.session.patient

    @lazy
    def product(self) -> Product:
        """The identified product; rules that need it run only if the drug is identified."""
        product = self.identity.product
        if product is None:
            msg = "the identity is not settled"
            raise ValueError(msg)
        return product

    @lazy
    def drug(self) -> str:
        """The drug name for cards: the brand if the order names one."""
        if self.identity.product is None:
            return " / ".join(product.name for product in self.identity.named)
        return self.identity.brand.name if self.identity.brand else self.product.name

    @lazy
    def planned(self) -> date:
        """The day of the planned dose: the order's start if in the future, else today."""
        return planned_day(self.order.start, self.session.today)

    @property
    def is_for_later_day(self) -> bool:
        """Whether a dose is ordered for a later day: an age on that day is not the age today."""
        return self.session.hook.has_orders and self.planned > self.session.today

    @lazy
    def tomorrow(self) -> date:
        """The day after today: in another time zone it may already be that day."""
        return self.session.today + timedelta(days=1)

    @property
    def dose_is_near(self) -> bool:
        """Whether tests are due for a planned dose: always for an order; for an opened chart, near its day."""
        return self.session.hook.has_orders or self.order.start is not None

    def threshold(self, name: str) -> Decimal:
        """Return a threshold that must have a value.

        Raises:
            LookupError: the threshold has none.

        """
        value = self.thresholds[name]
        if value is None:
            raise LookupError(name)
        return value

    def weight_at(self, on: date) -> Weight | None:
        """Return the body weight nearest to a day, of two the one before it; none if the nearest is too far away."""
        nearest, least = None, int(self.threshold("earlier_weight_max_days"))
        for weight in self.patient.weights:
            if weight.on is None:
                continue
            days = abs((weight.on - on).days)
            # A dose is worked out from a weight that is known already. Of one day, the newest comes first.
            is_before = nearest is not None and nearest.on is not None and weight.on <= on < nearest.on
            if days < least or (days == least and (nearest is None or is_before)):
                nearest, least = weight, days
        return nearest

    def weight_before(self, on: date) -> Weight | None:
        """Return the last body weight on or before a day; none if it is too far away."""
        first = on - timedelta(days=int(self.threshold("earlier_weight_max_days")))
        return next((each for each in self.patient.weights if each.on is not None and first <= each.on <= on), None)

    @lazy
    def weight_based(self) -> bool:
        """Whether the product is dosed by weight."""
        return self.product.basis is Basis.WEIGHT

    @lazy
    def weight_bounds(self) -> tuple[Decimal, ...]:
        """The body weights, in kilograms, at which a fixed dose of the product changes."""
        bounds = (bound for each in self.product.regimens for bound in (each.from_kg, each.below_kg))
        return tuple(dict.fromkeys(bound for bound in bounds if bound is not None))

    @lazy
    def needs_weight(self) -> bool:
        """Whether the dose depends on the body weight."""
        return self.weight_based or bool(self.weight_bounds)

    @lazy
    def weight(self) -> Weight | None:
        """The newest body weight, kg; a recent measured one takes precedence over a stated one that agrees."""
        newest = self.patient.weights[0] if self.patient.weights else None
        if newest is None or not newest.stated:
            return newest
        measured = next((each for each in self.patient.weights if not each.stated and each.on is not None), None)
        if measured is None or measured.on is None:
            return newest
        is_recent = self.age_in_days(measured.on) <= self.threshold("weight_max_age_days")
        agrees = near(newest.kg.value, measured.kg.value, self.threshold("weight_change_percent"))
        return measured if is_recent and agrees else newest

    @lazy
    def kg(self) -> Kg | None:
        """The value of the newest body weight."""
        return self.weight.kg if self.weight else None

    @lazy
    def cancers(self) -> frozenset[Cancer]:
        """The cancers the order is for: by its own reason, else all on record. Empty: not known."""
        reasons = self.order.reasons or self.patient.diagnoses
        return frozenset(diagnosis.cancer for diagnosis in reasons)

    @lazy
    def lab_days(self) -> Decimal:
        """The days for which a laboratory result is valid: the label's own interval, else the site's threshold."""
        for wanted in self.product.monitoring.before_each_dose:
            if wanted.every_days is not None:
                return Decimal(self._label_days(wanted, wanted.every_days))
        return self.threshold("lab_max_age_days")

    def _label_days(self, wanted: TestsBeforeDose, at_first: int) -> int:
        if wanted.later_after_days is None or wanted.later_every_days is None:
            return at_first
        first = min((each.on for each in self.history if each.on is not None), default=None)
        is_later = first is not None and self.age_in_days(first) > wanted.later_after_days
        return wanted.later_every_days if is_later else at_first

    @lazy
    def labs_since(self) -> date:
        """The first day on which a laboratory result is recent enough for the planned dose."""
        return self.days_before(self.lab_days)

    @lazy
    def labs_current_from(self) -> date:
        """The first day from which a laboratory result is recent enough for today or the planned dose."""
        return min(self.labs_since, self.session.today - timedelta(days=int(self.lab_days)))

    @lazy
    def regimens(self) -> tuple[Regimen, ...]:
        """The regimens that fit the cancers and the ordered interval, as far as either is known."""
        return self._labeled.regimens

    @lazy
    def _labeled(self) -> Labeled:
        if not self.product.is_oral:
            return self.recognizer.labeled(self.product.id, self.cancers, self.order.interval_days)
        labeled = self.recognizer.labeled(self.product.id, self.cancers, None).regimens
        problems = {each.problem for each in self.patient.problems if each.is_present(self.session.today)}
        regimens = for_patient(labeled, self.kg.value if self.kg else None, self.concurrent_names, problems)
        return Labeled(regimens, ceiling(regimens))

    @lazy
    def concurrent_names(self) -> frozenset[str]:
        """The classes and products of the drugs ordered in the same session or active in the chart."""
        own = self.orders.classes_of(self.order)
        ordered = {name for name, count in self.orders.classes.items() if count > (name in own)}
        named: list[str] = []
        for treatment in self.patient.treatments:
            if treatment.is_active(self.session.today) and treatment.product != self.product.id:
                named += treatment.names
                ordered.add(treatment.product)
        classes = (group.id for name in named for group in self.recognizer.read_classes(name))
        return frozenset(ordered).union(self.orders.products, classes) - {self.product.id}

    @lazy
    def ceiling(self) -> Ceiling | None:
        """The maximum that applies to the order."""
        return self._labeled.ceiling

    @lazy
    def eligibility(self) -> tuple[Eligibility, ...]:
        """The rows of the product's labeled indications in force on the planned day."""
        return tuple(row for row in self.product.eligibility if row.since is None or row.since <= self.planned)

    @lazy
    def stagings(self) -> tuple[Staging, ...]:
        """The evidence for metastatic or early disease: the order's own reasons first, then the chart."""
        return (*self.order.stagings, *self.patient.stagings)

    @lazy
    def setting(self) -> Setting | None:
        """The setting of the cancer, as far as it is on record."""
        return setting_of(self.stagings)

    @lazy
    def eligibility_for_cancers(self) -> tuple[Eligibility, ...]:
        """The rows for the cancers on record; all rows if no cancer is."""
        if not self.cancers:
            return self.eligibility
        return tuple(row for row in self.eligibility if not self.cancers.isdisjoint(row.cancers))

    @lazy
    def depends_on_her2(self) -> bool:
        """Whether a HER2 tissue result matters.

        It does not if the cancer is not labeled at all, or if the indication depends on a mutation.
        """
        mutation = {cancer for row in self.eligibility if row.erbb2_mutation for cancer in row.cancers}
        if self.cancers and self.cancers <= mutation:
            return False
        return any(row.tiers or row.ihc_3_only for row in self.eligibility_for_cancers)

    @lazy
    def settings(self) -> tuple[Setting, ...]:
        """The possible settings: the one on record, or both."""
        return (self.setting,) if self.setting else tuple(Setting)

    @lazy
    def hormone_receptor_positive(self) -> bool | None:
        """Whether the tumor is hormone receptor-positive, as far as that is known."""
        return hormone_receptor_positive((*self.order.receptors, *self.patient.receptors))

    @lazy
    def coded_her2(self) -> tuple[CodedHer2, ...]:
        """The HER2 status in diagnosis codes, which supports a pathology result but never replaces it."""
        return tuple(dict.fromkeys((*self.order.coded_her2, *self.patient.coded_her2)))

    @lazy
    def history(self) -> tuple[Treatment, ...]:
        """The earlier doses of this product, newest first: those given, or completed orders where none was recorded."""
        return self.doses_of(frozenset({self.product.id}))

    def doses_of(self, products: frozenset[str]) -> tuple[Treatment, ...]:
        """Return the earlier doses of some products, newest first; everything given on one day is one dose.

        A part of the dose that the order completes is not an earlier one.
        """
        if not self.patient.treatments:
            return ()
        doses = self.doses_recorded(products)
        if not doses or not self.completes_dose(self):
            return doses
        return tuple(each for each in doses if each.on != self.planned or each.product != self.product.id)

    def doses_recorded(self, products: frozenset[str]) -> tuple[Treatment, ...]:
        """Return the doses of some products on record, newest first, with those of the planned day."""
        own = [each for each in self.patient.treatments if each.product in products and each.on is not None]
        if not own:
            return ()
        if self.product.is_oral:
            # Tablets are taken at home: an order of an earlier day says that they are being taken.
            return tuple(each for each in own if each.on is not None and each.on < self.session.today)
        given = tuple(each for each in own if each.state is TreatmentState.GIVEN)
        if len(given) > 1:
            return one_a_day(given)
        return given or tuple(each for each in own if each.state is TreatmentState.COMPLETED)

    def undated_doses_of(self, products: frozenset[str]) -> tuple[Treatment, ...]:
        """Return doses of some products on an unknown day: those given, or completed orders if none is on record."""
        if not self.patient.treatments:
            return ()
        own = [each for each in self.patient.treatments if each.product in products]
        given = any(each.state is TreatmentState.GIVEN for each in own)
        counted = TreatmentState.GIVEN if given else TreatmentState.COMPLETED
        return tuple(each for each in own if each.on is None and each.state is counted)

    @lazy
    def is_first_dose(self) -> bool:
        """Whether no earlier dose of the product is on record, dated or not."""
        return not self.history and not self.undated_doses_of(frozenset({self.product.id}))

    def has(self, problem: Problem) -> tuple[PresentProblem, ...]:
        """List the chart entries for a problem that is present."""
        if not self.patient.problems:
            return ()
        today = self.session.today
        return tuple(each for each in self.patient.problems if each.problem is problem and each.is_present(today))

    def had(self, problem: Problem) -> tuple[PresentProblem, ...]:
        """List the chart entries for a problem that has ended."""
        if not self.patient.problems:
            return ()
        today = self.session.today
        return tuple(each for each in self.patient.problems if each.problem is problem and not each.is_present(today))

    def age_in_days(self, on: date) -> int:
        """Count the days from a result to the planned dose."""
        return (self.planned - on).days

    def days_before(self, days: Decimal) -> date:
        """Return the day a number of days before the planned dose."""
        return self.planned - timedelta(days=int(days))

    @lazy
    def if_preliminary_counted(self) -> Case:
        """Return the case as it would be if its preliminary results were final."""
        patient = counting_preliminary(self.patient)
        return replace(self, session=msgspec.structs.replace(self.session, patient=patient))

    def weight_evidence(self) -> tuple[Evidence, ...]:
        """Return the evidence line of the body weight, if there is one."""
        if self.weight is None or not self.needs_weight:
            return ()
        line = with_date(self.weight, str(self.weight.kg))
        return (Evidence("weight", line, self.weight.origin, parts=at_same_time(self.weight)),)

    def unusable(self, concepts: frozenset[str]) -> tuple[Evidence, ...]:
        """Return an evidence line for each unusable result about some concepts."""
        return tuple(gap_line(self.known, gap) for gap in self.patient.gaps if gap.about in concepts)

    def unread_since(self, concept: str, since: date) -> bool:
        """Return whether the chart has an unreadable result from ``since`` or later.

        One that is older than a readable result does not count.
        """
        unread = [gap for gap in self.patient.gaps if gap.about == concept and gap.reason in UNREAD]
        if not unread:
            return False
        results = self.patient.lvefs if concept == "lvef" else self.patient.labs.get(concept, ())
        read = max((each.on for each in results if each.on is not None), default=since)
        return any(gap.last_day is None or gap.last_day >= max(read, since) for gap in unread)

    def unread(self, concepts: frozenset[str]) -> bool:
        """Return whether the chart has an unreadable result about some concepts that would count."""
        return any(gap.about in concepts and gap.reason in UNREAD for gap in self.patient.gaps)

    def in_future(self, concepts: frozenset[str]) -> str:
        """Return the first future date among the results about some concepts, or an empty string."""
        days = [gap.on for gap in self.patient.gaps if gap.about in concepts and gap.reason == "future" and gap.on]
        return min(days).isoformat() if days else ""


def gap_line(known: Knowledge, gap: Gap) -> Evidence:
    """Return the evidence line for a gap; a measurement is named with its date."""
    if gap.reason == "deceased":
        label = "deceased" if gap.on else "deceased-undated"
        return Evidence(label, gap.on.isoformat() if gap.on else "", gap=gap)
    if gap.reason in ("suspected", "named-elsewhere"):
        label = gap.reason if gap.on else f"{gap.reason}-undated"
        return Evidence(label, gap.on.isoformat() if gap.on else "", gap=gap, values=gap.values)
    if gap.reason == "noted":
        return Evidence(gap.reason, "", gap=gap, values=gap.values)
    if gap.reason in CODES_ALONE:
        label = f"{gap.reason}-{gap.about}" if gap.reason == "code-alone" else gap.reason
        return Evidence(label, gap.path, gap=gap, values=gap.values)
    concept = known.terminology.concepts.get(gap.about or "")
    if concept is None:
        label = _PLACED.get(gap.reason, "not-checked" if gap.path.startswith(_OF_ORDERS) else "set-aside")
        named = tuple(each for each in gap.values if each[0] == "entry")
        return Evidence(f"{label}-entry" if named else label, gap.path, gap=gap, values=named)
    return Evidence("not-read", dated(concept.display, gap.on), gap=gap)


def with_date(result: Weight | Lvef | LabResult | PregnancyTest, text: str) -> str:
    """Append the date to a result, as written if it is only a month or year."""
    text = in_print(text)
    return f"{text}, {result.time.taken}" if result.within and result.time else dated(text, result.on)


def at_same_time(result: Weight | Lvef | LabResult | PregnancyTest) -> tuple[Evidence, ...]:
    """Return the other values of exactly the same time, so that it is unknown which is newest."""
    return tuple(Evidence("same-time", each) for each in result.beside)


def shortened(text: str) -> str:
    """Shorten a chart text for a summary."""
    return text if len(text) <= _BRIEF else f"{text[: _BRIEF - 1].rstrip()}…"


def is_bare_code(label: str) -> bool:
    """Return whether the text is only a code, which means nothing to a reader."""
    return " " not in label and any(character.isdigit() for character in label)


def counted(number: int | Decimal, noun: str) -> str:
    """Return a number with its noun: 1 day, 2 days."""
    return f"{plain(Decimal(number))} {noun}{'' if number == 1 else 's'}"


def spacing_text(days: Decimal) -> str:
    """Return the time between two doses, in hours if less than a day."""
    if days >= 1:
        return counted(days.quantize(_TENTH) if days != int(days) else days, "day")
    return counted((days * _HOURS).quantize(_TENTH).normalize(), "hour")


def dated(text: str, on: date | None) -> str:
    """Append the date to a value, or say that it has none."""
    return f"{text}, {on.isoformat()}" if on else f"{text}, undated"
